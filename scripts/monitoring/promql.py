"""What is asked of Cloud Monitoring, in PromQL (Google's is Prometheus 2.44's).

What is counted in the job is `dataflow.googleapis.com/job/user_counter` there: a counter by its
name, a distribution as four values, its name with _COUNT, _MEAN, _MIN and _MAX. All of them are
running totals of one job (a gauge, sampled once a minute), and a counter is not there at all
before its first count. So what was counted lately is the last value less the one before that
time, or, where there was none yet, the whole of it; a job that has ended in between still counts.
"""

from __future__ import annotations

from vividly.platform.telemetry.names import METRICS

USER = "dataflow_googleapis_com:job_user_counter"
STAGES = "(Understand|FindLesson|Retrieve|WriteScript|Speak|Render|Deliver)"
LABELS = {
    "validate": "Parse",
    "claim": "Claim",
    "resume": "Resume",
    "understand": "Understand",
    "find_lesson": "FindLesson",
    "retrieve": "Retrieve",
    "write_script": "WriteScript",
    "announce_text": "AnnounceText",
    "hand_over": "HandOver",
    "speak": "Speak",
    "render": "Render",
    "deliver": "Deliver",
    "write_outcome": "WriteOutcomes",
    "dead_letters": "DeadLetters",
}
"""The graph's label of each step, which Cloud Monitoring shows as `ptransform`."""
FAILURES = ("(transient_exhausted|permanent|deadline_exceeded)", "DeadLetters")
ENDS = ("(completed|clarification_needed|out_of_scope|blocked)", "WriteOutcomes")


def wherever(name: str) -> str:
    """The labels of all steps that count a metric, but for the dead letters, which are an end."""
    steps = (step for metric in METRICS if metric.name == name for step in metric.steps)
    return f"({'|'.join(LABELS[step] for step in steps if step != 'dead_letters')})"


def user(name: str, label: str) -> str:
    """What the job counts: a metric's name and the graph's label of its step."""
    is_regex = "=~" if "|" in name else "="
    return (
        f'{USER}{{monitored_resource="dataflow_job",metric_name{is_regex}"{name}",'
        f'ptransform=~"{label}(/.+)?"}}'
    )


def gained(name: str, label: str, over: str, by: str = "") -> str:
    """How many were counted in that time."""
    one = user(name, label)
    last = f"last_over_time({one}[{over}])"
    return f"sum{by}(({last} - {one} offset {over}) or {last})"


def count(name: str, label: str, over: str) -> str:
    """As `gained`, and 0 where there is nothing."""
    return f"({gained(name, label, over)} or vector(0))"


def total(name: str, label: str, over: str, by: str = "") -> str:
    """The sum of a distribution's values in that time."""
    mean, number = user(f"{name}_MEAN", label), user(f"{name}_COUNT", label)
    last = (
        f"last_over_time({mean}[{over}]) * ignoring(metric_name) last_over_time({number}[{over}])"
    )
    before = f"{mean} offset {over} * ignoring(metric_name) {number} offset {over}"
    return f"sum{by}(({last} - {before}) or ({last}))"


def mean(name: str, label: str, over: str, by: str = "") -> str:
    """The mean of a distribution's values in that time."""
    number = gained(f"{name}_COUNT", label, over, by)
    return f"{total(name, label, over, by)} / ({number} > 0)"


def burn(share: str, *windows: str, least: int = 0) -> str:
    """True where more than that share failed, in each of the windows."""
    tests = [
        f"{count(*FAILURES, over)} > {share} * ({count(*FAILURES, over)} + {count(*ENDS, over)})"
        for over in windows
    ]
    if least:
        tests.append(f"{count(*FAILURES, windows[0])} > {least}")
    return " and ".join(f"({test})" for test in tests)


def cost(over: str) -> str:
    """US dollars that stages cost in that time."""
    return f"({total('cost_microusd', STAGES, over)} or vector(0)) / 1e6"


CONNECTIONS = (
    "max(sum by (database_id) (cloudsql_googleapis_com:database_postgresql_num_backends"
    '{monitored_resource="cloudsql_database"}))'
)
