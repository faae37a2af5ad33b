"""Measures messages per second of the validator, relative to parsing their JSON.

    python bench/validate.py                     # 1,000,000 messages
    python bench/validate.py --messages 100000

Valid and hostile messages are mixed. All methods are measured on the same messages, interleaved
in one run: `json.loads` of the same bytes is the baseline.
"""

from __future__ import annotations

import argparse
import json
import random
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from transforms.parse import Parse
from vividly.execution.failures import dead_letter_attributes, failure_of
from vividly.model.errors import InvalidRequest
from vividly.model.request import Message, parse_request

BATCH = 20_000
HOSTILE = (
    lambda draw: draw.randbytes(draw.randrange(200)),
    lambda draw: b"[" * draw.randrange(1, 5_000),
    lambda draw: b'{"request_id": "test-smoke-001", "grade_level": 1e400}',
    lambda draw: json.dumps(_fields(draw) | {"grade_level": "10"}).encode(),
    lambda draw: json.dumps(_fields(draw) | {"student_query": "'; DROP TABLE x; --\0"}).encode(),
    lambda draw: json.dumps(_fields(draw) | {"student_id": "x" * 5_000}).encode(),
)


def _fields(draw: random.Random) -> dict[str, object]:
    return {
        "request_id": str(uuid.UUID(int=draw.getrandbits(128), version=4)),
        "student_id": f"student-{draw.randrange(100_000)}",
        "student_query": "Explain photosynthesis " + "really " * draw.randrange(20),
        "grade_level": draw.randrange(1, 13),
        "interest": draw.choice((None, "basketball", "música")),
        "requested_modalities": ["text", "video"],
    }


def messages(number: int, seed: int) -> list[bytes]:
    """Three of four valid, one hostile."""
    draw = random.Random(seed)
    return [
        draw.choice(HOSTILE)(draw) if draw.random() < 0.25 else json.dumps(_fields(draw)).encode()
        for _ in range(number)
    ]


def read_json(batch: Sequence[bytes]) -> int:
    """The baseline."""
    good = 0
    for data in batch:
        try:
            json.loads(data)
            good += 1
        except (ValueError, RecursionError):
            pass
    return good


def validate(batch: Sequence[bytes]) -> int:
    """The complete validation: a request, or the attributes of a dead letter."""
    good = 0
    for data in batch:
        try:
            parse_request(data, environment="dev")
            good += 1
        except InvalidRequest as error:
            failure = failure_of(error, stage="validate", message=Message(data))
            dead_letter_attributes(failure, job="bench")
    return good


def validate_from(seed: int) -> tuple[int, float]:
    """Make a batch in another process; returns the seconds that it takes."""
    batch = messages(BATCH, seed)
    began = time.perf_counter()
    return validate(batch), time.perf_counter() - began


def in_beam(batch: Sequence[bytes]) -> int:
    """The step of the job on the bundled runner."""
    with beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"])) as pipeline:
        parsed = pipeline | beam.Create([Message(data) for data in batch]) | Parse("dev")
        _ = parsed.main | beam.combiners.Count.Globally()
    return len(batch)


def timed(work: Callable[[Sequence[bytes]], int], batch: Sequence[bytes]) -> tuple[float, int]:
    """Seconds, and how many were good."""
    began = time.perf_counter()
    good = work(batch)
    return time.perf_counter() - began, good


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    rounds = -(-parser.parse_args().messages // BATCH)
    spent = {"json.loads alone": 0.0, "validated": 0.0}
    good = 0
    for seed in range(rounds):
        batch = messages(BATCH, seed)
        seconds, _ = timed(read_json, batch)
        spent["json.loads alone"] += seconds
        seconds, valid = timed(validate, batch)
        spent["validated"] += seconds
        good += valid
    number = rounds * BATCH
    print(f"{number:,} messages, {good:,} valid, {number - good:,} dead letters\n")
    print("| way | messages/s | x the baseline's time |\n|---|---|---|")
    base = spent["json.loads alone"]
    for way, seconds in spent.items():
        print(f"| {way} | {number / seconds:,.0f} | {seconds / base:.1f} |")
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(validate_from, range(2)))  # both have started
        began = time.perf_counter()
        found = list(pool.map(validate_from, range(10)))
        wall = time.perf_counter() - began
    inside = sum(seconds for _, seconds in found) / 2
    print(f"| validated in two processes | {10 * BATCH / inside:,.0f} | |")
    seconds, _ = timed(in_beam, messages(BATCH, 0))
    print(f"| the Beam step, {BATCH:,} messages | {BATCH / seconds:,.0f} | |")
    print(f"\nMaking and validating in two processes took {wall:.1f} s of wall time.")


if __name__ == "__main__":
    main()
