"""What of a passage is read by whoever makes vectors of meaning."""


def passage_text(heading: str, section: str, body: str) -> str:
    """What of a passage becomes its vector: it means more with the headings it stands under."""
    return f"{section}. {heading}. {body}"
