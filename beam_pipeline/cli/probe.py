"""A test request whose lesson is made from scratch: its question, its result, its faults."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from beam_pipeline.cli.context import Context
from beam_pipeline.cli.leftovers import until
from beam_pipeline.cli.requests import publish
from vividly.library.corpus import load_topics
from vividly.platform.ledger import queries
from vividly.platform.ledger.schema import ACTIVE, ENDED
from vividly.text.interests import EVERYDAY

TOPICS = (
    "chemical-bonds", "electric-circuits", "food-webs", "friction", "moon-phases",
    "natural-selection", "periodic-table", "photosynthesis", "plate-tectonics", "probability",
    "states-of-matter", "water-cycle",
)  # fmt: skip
"""Topics to ask about, each for any grade and interest that the corpus has for it."""
DEAR = {
    "text": ("understand", "write_script"),
    "audio": ("understand", "write_script", "speak"),
    "video": ("understand", "write_script", "speak", "render"),
}
"""Stages that call a model or a voice, or render: their results must not be reused ones."""


@dataclass(frozen=True)
class Question:
    """A question with its grade and interest."""

    query: str
    grade: int
    interest: str

    def __str__(self) -> str:
        return f"“{self.query}”, grade {self.grade}, {self.interest}"


def draw() -> Question:
    """A random one of several hundred questions."""
    topic = load_topics()[random.choice(TOPICS)]
    grade = random.randint(*topic.grades)
    bridge = random.choice(topic.bridges)
    return Question(f"Explain {topic.title}", grade, bridge.interest)


@dataclass(frozen=True)
class Part:
    """What a stage did for the request.

    Attributes:
        how: `made`, `made before` (by an earlier attempt of the same request), `found` (reused
            from another request), `failed`, `at work`, `waiting`, or `skipped`.
        by: the provider, empty if the stage does not say.
    """

    stage: str
    how: str
    seconds: float | None
    by: str
    error: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Part:
        """A stage's row as a part."""
        told: Mapping[str, Any] = row["stage_metadata"] or {}
        how = {"in_progress": "at work", "pending": "waiting"}.get(row["status"], row["status"])
        if how == "completed":
            own = "made before" if told.get("fresh") else "found"
            how = own if told.get("reused") else "made"
        by = str(told.get("provider") or told.get("encoder") or "")
        took = row["duration_seconds"]
        seconds = None if took is None else round(took, 3)
        return cls(row["stage_name"], how, seconds, by, row["error_message"] or "")


@dataclass(frozen=True)
class Probe:
    """The result of the test request.

    Attributes:
        row: its row in the database; empty if it was removed.
        patience: seconds that the command waited.
    """

    request_id: str
    question: Question
    modality: str
    patience: float
    row: Mapping[str, Any]
    parts: Sequence[Part]

    @property
    def status(self) -> str:
        """Status of the request; `gone` if it was removed."""
        return str(self.row.get("status", "gone"))

    @property
    def dear(self) -> list[Part]:
        """Its parts by the stages in `DEAR`."""
        return [part for part in self.parts if part.stage in DEAR[self.modality]]

    @property
    def faults(self) -> list[str]:
        """Faults; none if the lesson was made with every part of `DEAR`."""
        return list(self._faults())

    def seconds_to(self, what: str) -> float | None:
        """Seconds from the request to its `text` or `end`."""
        value = self.row.get(f"seconds_to_{what}")
        return None if value is None else round(float(value), 2)

    def _faults(self) -> Iterator[str]:
        if self.status != "completed":
            yield self._why()
        for part in self.dear:
            if part.how == "found":
                yield (
                    f"{part.stage} was found, not made: the job looks for stored results though "
                    "it is told not to; it may be of an older version"
                )
            elif self.status == "completed" and part.how not in ("made", "made before"):
                yield f"{part.stage} was left out"

    def _why(self) -> str:
        row, after = self.row, f"after {self.patience:.0f} s"
        if self.status == "gone":
            return "somebody has removed the request"
        if self.status == "pending":
            return f"{after} nobody has begun it: is the job running?"
        if self.status == "failed":
            return f"it failed in {row['error_stage']}: {row['error_message']}"
        if self.status not in ACTIVE:
            answer = row["request_metadata"].get("answer", {}).get("message", "")
            return f"it ended as {self.status}" + (f": {answer}" if answer else "")
        if row["next_attempt_at"] is not None:
            return f"{after} it waits to try {row['error_stage']} again: {row['error_message']}"
        at_work = [part.stage for part in self.parts if part.how == "at work"]
        stage = f" ({at_work[-1]})" if at_work else ""
        return f"{after} it is not done: {row['current_stage']}{stage}"


def new_id() -> str:
    """A new request id."""
    return str(uuid.uuid4())


def send(
    context: Context, request_id: str, modality: str, *, question: Question, test: str
) -> None:
    """Record and publish the request, marked as a test that reuses no results."""
    fields: dict[str, Any] = {
        "request_id": request_id,
        "student_id": test,
        "student_query": question.query,
        "grade_level": question.grade,
        "requested_modalities": [modality],
    }
    if question.interest != EVERYDAY:
        fields["interest"] = question.interest
    publish(context, fields, test=test, fresh=True)


def await_end(
    context: Context, request_id: str, modality: str, *, question: Question, patience: float
) -> Probe:
    """The result of the request after its end, or after `patience` seconds."""
    row: Mapping[str, Any] = {}

    def ended() -> bool:
        nonlocal row
        row = queries.by_id(context.engine, [request_id]).get(request_id, {})
        return not row or row["status"] in ENDED

    until(ended, patience)
    parts = [Part.of(one) for one in queries.stages(context.engine, request_id)]
    return Probe(request_id, question, modality, patience, row, parts)
