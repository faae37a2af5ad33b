"""Whether a model's answer may be used: what Gemini refused, and what it did not finish."""

from __future__ import annotations

from typing import Any

from google.genai.types import HarmBlockThreshold, HarmCategory, SafetySetting

from vividly.model.errors import ContentBlocked, UnusableAnswer

SAFETY_SETTINGS = [
    SafetySetting(category=category, threshold=threshold)
    for category, threshold in (
        (HarmCategory.HARM_CATEGORY_HATE_SPEECH, HarmBlockThreshold.BLOCK_LOW_AND_ABOVE),
        (HarmCategory.HARM_CATEGORY_HARASSMENT, HarmBlockThreshold.BLOCK_LOW_AND_ABOVE),
        # One step less strict, as these are school matter too: how cells, plants and people
        # reproduce, what acids, explosions and radiation do. Whatever is neither is refused
        # by this package's own rules before a model sees it, and by the prompts.
        (HarmCategory.HARM_CATEGORY_SEXUALLY_EXPLICIT, HarmBlockThreshold.BLOCK_MEDIUM_AND_ABOVE),
        (HarmCategory.HARM_CATEGORY_DANGEROUS_CONTENT, HarmBlockThreshold.BLOCK_MEDIUM_AND_ABOVE),
    )
]
"""Gemini's own filters, for readers who are minors."""
_CATEGORY_OF_HARM = {
    "HARM_CATEGORY_HATE_SPEECH": "hate",
    "HARM_CATEGORY_HARASSMENT": "hate",
    "HARM_CATEGORY_SEXUALLY_EXPLICIT": "sexual",
}
"""Ours for Gemini's. "Dangerous content" may be any of several: it is `unsafe`."""
_CATEGORY_OF_REASON = {"SPII": "personal_data"}
_BLOCKED = ("SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "MODEL_ARMOR")
"""Finish reasons that are about what was asked or said, not about how."""
_PROBABILITY = ("NEGLIGIBLE", "LOW", "MEDIUM", "HIGH")


def check_allowed(what: str, response: Any) -> None:
    """Raise unless Gemini let the prompt and its own answer pass.

    Args:
        what: the service for people.
        response: a `GenerateContentResponse`.

    Raises:
        ContentBlocked: with the category of the harm that was most likely.
        UnusableAnswer: there is no candidate, or it ended for any reason but being done or
            out of tokens.
    """
    feedback = response.prompt_feedback
    if feedback is not None and feedback.block_reason is not None:
        reason = feedback.block_reason.value
        raise ContentBlocked(
            f"{what} refused the prompt: {reason}",
            category=_category(reason, feedback.safety_ratings),
        )
    candidate = (response.candidates or [None])[0]
    if candidate is None:
        raise UnusableAnswer(f"{what}: the answer has no candidates")
    reason = finish_reason(response)
    if reason in _BLOCKED:
        raise ContentBlocked(
            f"{what} refused to answer: {reason}",
            category=_category(reason, candidate.safety_ratings),
        )
    if reason not in ("STOP", "MAX_TOKENS"):
        raise UnusableAnswer(f"{what}: the answer is unfinished: {reason}")


def finish_reason(response: Any) -> str:
    """Why the first candidate ended; `FINISH_REASON_UNSPECIFIED` where it does not say."""
    reason = response.candidates[0].finish_reason
    return str(reason.value) if reason is not None else "FINISH_REASON_UNSPECIFIED"


def text_of(what: str, response: Any) -> str:
    """What the first candidate says, without its thoughts.

    Raises:
        UnusableAnswer: it says nothing.
    """
    content = response.candidates[0].content
    parts = (content.parts if content is not None else None) or ()
    text = "".join(part.text for part in parts if part.text and not part.thought)
    if not text.strip():
        raise UnusableAnswer(f"{what}: the answer is empty")
    return text


def _category(reason: str, ratings: Any) -> str:
    """One of our categories, from the rating that blocked, else from the most likely harm."""
    if reason in _CATEGORY_OF_REASON:
        return _CATEGORY_OF_REASON[reason]
    likely = [r for r in ratings or () if r.category is not None and _rank(r) > 0]
    if not likely:
        return "unsafe"
    worst = max(likely, key=_rank)
    return _CATEGORY_OF_HARM.get(worst.category.value, "unsafe")


def _rank(rating: Any) -> float:
    """The higher, the likelier; 0 for a harm that is negligible and blocked nothing."""
    known = rating.probability is not None and rating.probability.value in _PROBABILITY
    return 10.0 * bool(rating.blocked) + (
        _PROBABILITY.index(rating.probability.value) if known else 0
    )
