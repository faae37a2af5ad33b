"""Every metric of the job: names, kinds, units. Dashboards and tests read this table.

In Beam (and so in Cloud Monitoring, as `dataflow.googleapis.com/job/user_counter`) a metric
has the namespace `vividly.<step>` and the name given here. A distribution appears as four metrics,
with the suffixes _COUNT, _MEAN, _MIN and _MAX. Local jobs export counters to Prometheus as
`vividly_events_total{step, event}`, times as `vividly_seconds{step, what}`, and costs as
`vividly_cost_usd_total{step}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

STEPS = (
    "validate", "claim", "understand", "find_lesson", "retrieve", "write_script",
    "announce_text", "hand_over", "take_lesson", "speak", "render", "deliver", "complete_lesson",
    "write_outcome", "dead_letters",
)  # fmt: skip
"""The steps of the job, in order: the last part of each namespace."""
STAGE_STEPS = (
    "understand", "find_lesson", "retrieve", "write_script", "speak", "render", "deliver",
)  # fmt: skip
INGEST = "ingest"
"""The step of the ingestion job (`vividly ingest`)."""
_ENDS = ("complete_lesson", "write_outcome")
REASONS = ("invalid", "transient_exhausted", "permanent", "deadline_exceeded")
ANSWERS = ("clarification_needed", "out_of_scope", "blocked")


@dataclass(frozen=True)
class Metric:
    """A metric of the job.

    Attributes:
        steps: the steps that count it.
        unit: the unit of a distribution.
    """

    name: str
    kind: Literal["counter", "distribution"]
    help: str
    steps: tuple[str, ...]
    unit: str = "1"


def _counters(steps: tuple[str, ...], **helps: str) -> tuple[Metric, ...]:
    return tuple(Metric(name, "counter", text, steps) for name, text in helps.items())


METRICS: tuple[Metric, ...] = (
    *_counters(
        ("validate",),
        valid="requests let in",
        invalid="messages refused",
        tokens="tokens of lessons",
    ),
    *_counters(("claim",), claimed="requests taken on"),
    *_counters(
        ("take_lesson",),
        taken="lessons taken on",
        nothing_waits="messages for which no lesson waited any more",
    ),
    *_counters(
        ("claim",),
        duplicate_completed="messages of requests that are completed",
        duplicate_answered="messages of requests that are answered",
        duplicate_in_progress="messages of requests that somebody works on",
        duplicate_cancelled="messages of requests that were cancelled",
        duplicate_unknown="messages of tools' requests that were purged",
        out_of_budget="requests out of time before they could begin",
        failed="requests that could not be taken on",
    ),
    *_counters(("claim",), told_again="requests whose notifications were published again"),
    *_counters(
        ("claim", "take_lesson"),
        exhausted="requests or lessons whose every worker was lost",
    ),
    *_counters(
        STAGE_STEPS,
        completed="requests that the stage is done with",
        skipped="requests that need no such stage",
        reused="results that were found, not made",
        retries="tries beyond the first",
        over_cost="requests that would have cost too much",
        # Dataflow reads this counter, and adds no workers because of throttled time.
        cumulativeThrottlingSeconds="seconds that bundles waited for a service's quota",
        help_offered="answers that carried help lines",
        **{status: f"requests that ended as {status}" for status in ANSWERS},
    ),
    *_counters(
        ("write_script",),
        judge_calls="calls of the model that judges what a script states",
        statements_supported="statements that it found in the passages",
        statements_refused="statements that it did not find there",
        statements_refuted="statements that the rules refuted",
    ),
    *_counters(
        (*STAGE_STEPS, "announce_text", "hand_over", *_ENDS),
        superseded="requests that were no longer this attempt's",
        later="requests that wait in the ledger for another attempt",
        **{f"failed_{reason}": f"requests that failed: {reason}" for reason in REASONS},
    ),
    *_counters(
        ("validate", *STAGE_STEPS, "announce_text", "hand_over", *_ENDS),
        unforeseen="errors that the table of failures does not know",
    ),
    *_counters(
        ("announce_text",), announced="texts that are ready", text_only="requests for text alone"
    ),
    *_counters(
        ("hand_over",),
        handed_over="lessons given to the media job",
        joined="requests that wait for a lesson that is being made",
        served="requests whose lesson was made already",
    ),
    *_counters(_ENDS, completed="requests with all they want"),
    *_counters(
        ("write_outcome",),
        **{status: f"requests that ended as {status}" for status in ANSWERS},
    ),
    *_counters(
        ("dead_letters",),
        row_not_written="failures whose row could not be written",
        later="failures that are written later",
        **{reason: f"dead letters: {reason}" for reason in REASONS},
    ),
    *_counters(
        (INGEST,),
        new="documents stored for the first time",
        changed="documents stored again",
        unchanged="documents that were there as they are",
        removed="documents that their book no longer has",
        unreadable="documents that could not be read",
        passages="passages read",
        words="words of the documents read",
        words_kept="words of them that are in passages",
        left_out="parts of documents that were left out",
    ),
    Metric("duration_ms", "distribution", "time of the stage", STAGE_STEPS, "ms"),
    Metric("queue_age_ms", "distribution", "from the request to its claim", ("claim",), "ms"),
    Metric(
        "time_to_text_ms",
        "distribution",
        "from the claim to the text",
        ("announce_text",),
        "ms",
    ),
    Metric("total_ms", "distribution", "from the claim to the end", _ENDS, "ms"),
    Metric("cost_microusd", "distribution", "cost of the stage", STAGE_STEPS, "10^-6 USD"),
)
_KNOWN = {(step, metric.name) for metric in METRICS for step in metric.steps}
_BLOCKED = "blocked_"
"""`blocked_<category>`: one counter for each category of `vividly.lesson.safety`."""


def is_known(step: str, name: str) -> bool:
    """Whether a step may count a metric of that name."""
    return (step, name) in _KNOWN or (name.startswith(_BLOCKED) and step in STAGE_STEPS)


def namespace(step: str) -> str:
    """The Beam namespace of a step's metrics."""
    return f"vividly.{step}"
