"""A model that understands questions: it reads the prompt and chooses by words."""

from __future__ import annotations

import re

from tests.support.google_server import Call, GoogleServer, Json, Refusal
from tests.support.google_vertex import asks_for, prompt_of, student_texts

_TOPIC = re.compile(r"^(\S+) \| (.+) \| ([a-z-]+)$", re.MULTILINE)
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at by do does explain for from how i in is it me my of on or please s "
        "tell that the to using what when where which who why with work works",
    )
)


def understands(server: GoogleServer) -> GoogleServer:
    """Make the server answer the calls about a question.

    `vividly.lesson.understanding.gemini` makes them and, if a model writes only the scripts,
    `vividly.lesson.safety.judge`.
    """
    server.generates(asks_for("outcome", "topic_id"), sort)
    server.generates(lambda call: _properties(call) == _ASKED, judge)
    return server


def judge(call: Call) -> Json:
    """The model's judgement of safety: bruises are abuse."""
    (typed,) = student_texts(prompt_of(call))
    return {"category": "abuse" if "bruise" in typed else "safe"}


_ASKED = {"category"}


def _properties(call: Call) -> set[str]:
    schema = call.body.get("generationConfig", {}).get("responseSchema", {})
    return set(schema.get("properties", {}))


def sort(call: Call) -> Json:
    """The listed topic whose title shares most words with the question.

    A tie gives a question back; no shared word is out of scope.
    """
    prompt = prompt_of(call)
    topics = {id: title for id, title, _ in _TOPIC.findall(prompt)}
    typed = student_texts(prompt)
    if not topics or len(typed) != 1:
        raise Refusal(400, "The prompt has no list of topics, or no text of one student.")
    asked = _words(typed[0])
    scores = {id: _share(asked, _words(title)) for id, title in topics.items()}
    best = max(scores.values())
    close = [id for id, score in scores.items() if score and score == best]
    if not close:
        return _answer(
            "out_of_scope", 0.8, "not_school", message="I can only help with school topics."
        )
    if len(close) > 1:
        questions = [f"Explain {topics[id]}" for id in close[:4]]
        return _answer(
            "clarification", 0.5, "ambiguous", message="Which do you mean?", questions=questions
        )
    return _answer("topic", round(best, 3), "none", topic_id=close[0])


def _answer(outcome: str, confidence: float, category: str, **more: object) -> Json:
    return {
        "outcome": outcome,
        "topic_id": "",
        "confidence": confidence,
        "category": category,
        "language": "en",
        "message": "",
        "questions": [],
    } | more


def _words(text: str) -> set[str]:
    found = re.findall(r"[a-zà-ÿ]+", text.casefold().replace("'s", ""))
    return {word.removesuffix("s") for word in found if word not in _COMMON}


def _share(asked: set[str], title: set[str]) -> float:
    """The share of the title in the question, plus a little of the reverse."""
    shared = len(asked & title)
    return 0.9 * shared / len(title) + 0.1 * shared / len(asked) if shared else 0.0
