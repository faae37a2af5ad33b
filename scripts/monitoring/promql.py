"""PromQL queries for Cloud Monitoring (Google's dialect is that of Prometheus 2.44).

Counters of the job are `dataflow.googleapis.com/job/user_counter` there: a counter by its
name, a distribution as four values, its name with _COUNT, _MEAN, _MIN and _MAX. All of them are
running totals of one job (a gauge, sampled once a minute), and a counter does not exist
before its first count. So the increase in a period is the last value minus the one before the
period or, if there was none, the whole value; a job that ended in the period still counts.
"""

from __future__ import annotations

from vividly.platform.telemetry.names import METRICS

USER = "dataflow_googleapis_com:job_user_counter"
STAGES = "(Understand|FindLesson|Retrieve|WriteScript|Speak|Render|Deliver)"
LABELS = {
    "validate": "Parse",
    "claim": "Claim",
    "understand": "Understand",
    "find_lesson": "FindLesson",
    "retrieve": "Retrieve",
    "write_script": "WriteScript",
    "announce_text": "AnnounceText",
    "hand_over": "HandOver",
    "take_lesson": "TakeLesson",
    "speak": "Speak",
    "render": "Render",
    "deliver": "Deliver",
    "complete_lesson": "CompleteLesson",
    "write_outcome": "WriteOutcomes",
    "dead_letters": "DeadLetters",
}
"""Label of each step in the graph, which Cloud Monitoring shows as `ptransform`."""
FAILURES = ("(transient_exhausted|permanent|deadline_exceeded)", "DeadLetters")
ENDS = ("(completed|clarification_needed|out_of_scope|blocked)", "(WriteOutcomes|CompleteLesson)")


def wherever(name: str) -> str:
    """The labels of all steps that count a metric, except the dead letters, which are an end."""
    steps = (step for metric in METRICS if metric.name == name for step in metric.steps)
    return f"({'|'.join(LABELS[step] for step in steps if step != 'dead_letters')})"


def user(name: str, label: str) -> str:
    """A metric of the job: its name and the label of its step."""
    is_regex = "=~" if "|" in name else "="
    return (
        f'{USER}{{monitored_resource="dataflow_job",metric_name{is_regex}"{name}",'
        f'ptransform=~"{label}(/.+)?"}}'
    )


def gained(name: str, label: str, over: str, by: str = "") -> str:
    """The increase in that period."""
    one = user(name, label)
    last = f"last_over_time({one}[{over}])"
    return f"sum{by}(({last} - {one} offset {over}) or {last})"


def count(name: str, label: str, over: str) -> str:
    """Like `gained`, but 0 without values."""
    return f"({gained(name, label, over)} or vector(0))"


def total(name: str, label: str, over: str, by: str = "") -> str:
    """The sum of a distribution's values in that period."""
    mean, number = user(f"{name}_MEAN", label), user(f"{name}_COUNT", label)
    last = (
        f"last_over_time({mean}[{over}]) * ignoring(metric_name) last_over_time({number}[{over}])"
    )
    before = f"{mean} offset {over} * ignoring(metric_name) {number} offset {over}"
    return f"sum{by}(({last} - {before}) or ({last}))"


def mean(name: str, label: str, over: str, by: str = "") -> str:
    """The mean of a distribution's values in that period."""
    number = gained(f"{name}_COUNT", label, over, by)
    return f"{total(name, label, over, by)} / ({number} > 0)"


def burn(share: str, *windows: str, least: int = 0) -> str:
    """A condition: more than that share failed, in each of the windows."""
    tests = [
        f"{count(*FAILURES, over)} > {share} * ({count(*FAILURES, over)} + {count(*ENDS, over)})"
        for over in windows
    ]
    if least:
        tests.append(f"{count(*FAILURES, windows[0])} > {least}")
    return " and ".join(f"({test})" for test in tests)


def cost(over: str) -> str:
    """US dollars that stages cost in that period."""
    return f"({total('cost_microusd', STAGES, over)} or vector(0)) / 1e6"


CONNECTIONS = (
    "max(sum by (database_id) (cloudsql_googleapis_com:database_postgresql_num_backends"
    '{monitored_resource="cloudsql_database"}))'
)
