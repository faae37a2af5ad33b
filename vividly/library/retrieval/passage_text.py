"""The text of a passage that embedders read."""


def passage_text(heading: str, section: str, body: str) -> str:
    """The text to embed for a passage. Its headings add meaning."""
    return f"{section}. {heading}. {body}"
