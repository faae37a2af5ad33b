"""Checks whether a model's answer can be used: not refused by Gemini, and finished."""

from __future__ import annotations

from typing import Any

from google.genai.types import HarmBlockThreshold, HarmCategory, SafetySetting

from vividly.model.errors import ContentBlocked, UnusableAnswer

SAFETY_SETTINGS = [
    SafetySetting(category=category, threshold=threshold)
    for category, threshold in (
        (HarmCategory.HARM_CATEGORY_HATE_SPEECH, HarmBlockThreshold.BLOCK_LOW_AND_ABOVE),
        (HarmCategory.HARM_CATEGORY_HARASSMENT, HarmBlockThreshold.BLOCK_LOW_AND_ABOVE),
        # One step less strict, since schools teach how cells, plants and people reproduce, and
        # what acids, explosions and radiation do. Our own rules refuse other such questions
        # before a model sees them, and so do the prompts.
        (HarmCategory.HARM_CATEGORY_SEXUALLY_EXPLICIT, HarmBlockThreshold.BLOCK_MEDIUM_AND_ABOVE),
        (HarmCategory.HARM_CATEGORY_DANGEROUS_CONTENT, HarmBlockThreshold.BLOCK_MEDIUM_AND_ABOVE),
    )
]
"""Settings of Gemini's own filters, for minors."""
_CATEGORY_OF_HARM = {
    "HARM_CATEGORY_HATE_SPEECH": "hate",
    "HARM_CATEGORY_HARASSMENT": "hate",
    "HARM_CATEGORY_SEXUALLY_EXPLICIT": "sexual",
}
"""Gemini's category -> ours. "Dangerous content" may be several of ours: it is `unsafe`."""
_CATEGORY_OF_REASON = {"SPII": "personal_data"}
_BLOCKED = ("SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "MODEL_ARMOR")
"""Finish reasons that concern the content, not its form."""
_PROBABILITY = ("NEGLIGIBLE", "LOW", "MEDIUM", "HIGH")


def check_allowed(what: str, response: Any) -> None:
    """Raise unless Gemini let the prompt and its own answer pass.

    Args:
        what: the service for people.
        response: a `GenerateContentResponse`.

    Raises:
        ContentBlocked: with the category of the most likely harm.
        UnusableAnswer: there is no candidate, or it ended neither normally nor by
            `MAX_TOKENS`.
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
    """Why the first candidate ended; `FINISH_REASON_UNSPECIFIED` if it does not say."""
    reason = response.candidates[0].finish_reason
    return str(reason.value) if reason is not None else "FINISH_REASON_UNSPECIFIED"


def text_of(what: str, response: Any) -> str:
    """The text of the first candidate, without its thoughts.

    Raises:
        UnusableAnswer: the text is empty.
    """
    content = response.candidates[0].content
    parts = (content.parts if content is not None else None) or ()
    text = "".join(part.text for part in parts if part.text and not part.thought)
    if not text.strip():
        raise UnusableAnswer(f"{what}: the answer is empty")
    return text


def _category(reason: str, ratings: Any) -> str:
    """Our category of the rating that blocked, otherwise of the most likely harm."""
    if reason in _CATEGORY_OF_REASON:
        return _CATEGORY_OF_REASON[reason]
    likely = [r for r in ratings or () if r.category is not None and _rank(r) > 0]
    if not likely:
        return "unsafe"
    worst = max(likely, key=_rank)
    return _CATEGORY_OF_HARM.get(worst.category.value, "unsafe")


def _rank(rating: Any) -> float:
    """Rank of a rating, higher for likelier harm; 0 if it is negligible and blocked nothing."""
    known = rating.probability is not None and rating.probability.value in _PROBABILITY
    return 10.0 * bool(rating.blocked) + (
        _PROBABILITY.index(rating.probability.value) if known else 0
    )
