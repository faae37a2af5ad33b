"""Makes requests and faults from a seed."""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass, field

QUESTIONS = (
    "Explain photosynthesis",
    "Explain Newton's second law",
    "Explain electric circuits",
    "Explain plate tectonics",
    "Explain cellular respiration",
    "Explain moon phases",
    "Explain momentum",
    "Explain gravity",
    "Explain sound waves",
    "Explain friction",
)
FAMILIAR = ("Explain photosynthesis", "Explain gravity", "Explain momentum")
"""Questions for lessons with sound and pictures: few, so that most lessons are shared."""
INTERESTS = (None, "basketball", "music", "cooking", "gardening")
CLASS_SIZE = 30
OUT_OF_SCOPE = "Who won the game last night?"
POISON = "Explain heat transfer"
"""The question that the model never answers usefully."""
BAD = (
    b"not json",
    b"\xff\xfe\x00",
    b"[]",
    b'{"request_id": "test-smoke-001"}',
    b'{"request_id": 7, "student_query": {}}',
    b"",
)


@dataclass(frozen=True)
class Sending:
    """A message that is published.

    Attributes:
        at: seconds from the beginning.
        copies: seconds from the beginning at which it is published again.
        submitted: whether its `pending` row is written first, as an API gateway does.
        cancelled_at: seconds from the beginning at which it is cancelled; 0 if it is not.
    """

    at: float
    data: bytes
    request_id: str = ""
    copies: tuple[float, ...] = ()
    submitted: bool = False
    cancelled_at: float = 0.0

    @property
    def valid(self) -> bool:
        """Whether the job should process it."""
        return bool(self.request_id)


@dataclass(frozen=True)
class Fault:
    """A fault of the system.

    Attributes:
        at: seconds from the beginning.
        kind: a method of `tests.chaos.faults.Faults`.
        seconds: how long it lasts.
        draw: 0 to 1, for its random choices.
    """

    at: float
    kind: str
    seconds: float
    draw: float


WEIGHTS = {
    "kill_text_job": 9,
    "kill_media_job": 9,
    "freeze_text_job": 5,
    "freeze_media_job": 4,
    "kill_requeue": 3,
    "restart_postgres": 3,
    "crash_postgres": 2,
    "restart_pubsub": 2,
    "reset_postgres": 9,
    "hang_postgres": 3,
    "reset_pubsub": 8,
    "model_429": 7,
    "model_503": 7,
    "model_hang": 5,
    "model_garbage": 7,
    "speech_429": 4,
    "speech_503": 4,
    "speech_garbage": 3,
    "full_disk": 3,
    "skew_clock": 3,
    "cancel_first": 5,
}


@dataclass(frozen=True)
class Plan:
    """Requests and faults, in order of time."""

    seed: int
    seconds: float
    sendings: tuple[Sending, ...]
    faults: tuple[Fault, ...] = field(default=())


def make_plan(seed: int, *, requests: int, faults: int, seconds: float, bursts: int = 0) -> Plan:
    """The plan of a seed: the same one every time.

    Args:
        requests: number of messages, including invalid ones; copies are extra.
        seconds: the time over which they and the faults are spread.
        bursts: number of classes of `CLASS_SIZE` students who all ask for one lesson with sound
            or pictures within two seconds; their requests are extra.
    """
    draw = random.Random(seed)
    single = [_sending(draw, seconds) for _ in range(requests)]
    classes = [one for _ in range(bursts) for one in _class(draw, seconds)]
    sendings = sorted(single + classes, key=lambda s: s.at)
    kinds = list(WEIGHTS)
    done = sorted(
        (
            Fault(
                at=draw.uniform(0.02, 1.0) * seconds,
                kind=kind,
                seconds=draw.uniform(0.5, 6.0),
                draw=draw.random(),
            )
            for kind in _kinds(draw, kinds, faults)
        ),
        key=lambda fault: fault.at,
    )
    return Plan(seed, seconds, tuple(sendings), tuple(done))


def _kinds(draw: random.Random, kinds: list[str], number: int) -> list[str]:
    """Every kind at least once if the number allows, then random kinds by weight."""
    first = draw.sample(kinds, min(number, len(kinds)))
    weights = [WEIGHTS[kind] for kind in kinds]
    return first + draw.choices(kinds, weights, k=number - len(first))


def _class(draw: random.Random, seconds: float) -> list[Sending]:
    at = draw.random() * seconds
    lesson = {
        "student_query": draw.choice(QUESTIONS),
        "grade_level": 9,
        "interest": draw.choice(INTERESTS),
        "requested_modalities": [draw.choice(("video", "video", "audio"))],
    }
    return [_student(draw, at + draw.uniform(0, 2), lesson) for _ in range(CLASS_SIZE)]


def _sending(draw: random.Random, seconds: float) -> Sending:
    at = draw.random() * seconds
    if draw.random() < 0.04:
        mark = f" {draw.getrandbits(64):x}".encode()
        return Sending(at, draw.choice(BAD) + mark, copies=_copies(draw, at))
    kind = draw.choices(("text", "audio", "video", "odd", "poison"), (72, 8, 14, 4, 2))[0]
    lesson = {
        "student_query": draw.choice(QUESTIONS),
        "grade_level": draw.choice((5, 9)),
        "interest": draw.choice(INTERESTS),
        "requested_modalities": ["text"],
    }
    if kind in ("audio", "video"):
        lesson = {
            "student_query": draw.choice(FAMILIAR),
            "grade_level": 9,
            "interest": draw.choice(INTERESTS[:2]),
            "requested_modalities": [kind],
        }
    elif kind == "odd":
        lesson["student_query"] = OUT_OF_SCOPE
    elif kind == "poison":
        lesson["student_query"] = POISON
    return _student(draw, at, lesson)


def _student(draw: random.Random, at: float, lesson: dict[str, object]) -> Sending:
    """A student's request for a lesson; one in twenty is cancelled within 20 seconds."""
    request_id = str(uuid.UUID(int=draw.getrandbits(128), version=4))
    student = {"request_id": request_id, "student_id": f"student-{draw.randrange(200)}"}
    return Sending(
        at,
        json.dumps(student | lesson).encode(),
        request_id,
        _copies(draw, at),
        submitted=draw.random() < 0.5,
        cancelled_at=at + draw.uniform(0.1, 20.0) if draw.random() < 0.05 else 0.0,
    )


def _copies(draw: random.Random, at: float) -> tuple[float, ...]:
    return tuple(at + draw.uniform(0.0, 60.0) for _ in range(draw.choice((0, 0, 0, 0, 1, 2))))
