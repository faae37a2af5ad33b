"""The dashboard: the state of the job in four numbers and some charts."""

from __future__ import annotations

from typing import Any

from scripts.monitoring.promql import (
    CONNECTIONS,
    ENDS,
    FAILURES,
    STAGES,
    cost,
    count,
    gained,
    mean,
    user,
)
from vividly.platform.telemetry.names import ANSWERS

Json = dict[str, Any]
BY_STEP = " by (ptransform) "


def score(title: str, query: str, unit: str = "", bad: float | None = None) -> Json:
    """One number, red above (or, for a share of successes, below) a bound."""
    asked: Json = {"prometheusQuery": query}
    if unit:
        asked["unitOverride"] = unit
    card: Json = {
        "timeSeriesQuery": asked,
        "sparkChartView": {"sparkChartType": "SPARK_LINE"},
    }
    if bad is not None:
        direction = "BELOW" if unit == "%" else "ABOVE"
        card["thresholds"] = [{"value": bad, "color": "RED", "direction": direction}]
    return {"title": title, "scorecard": card}


def chart(title: str, *lines: tuple[str, str], unit: str = "", bound: float | None = None) -> Json:
    """Lines over time: (legend, query)."""
    sets = []
    for legend, query in lines:
        asked: Json = {"prometheusQuery": query}
        if unit:
            asked["unitOverride"] = unit
        sets.append({"timeSeriesQuery": asked, "plotType": "LINE", "legendTemplate": legend})
    drawn: Json = {"dataSets": sets, "yAxis": {"scale": "LINEAR"}}
    if bound is not None:
        drawn["thresholds"] = [{"value": bound, "label": "objective"}]
    return {"title": title, "xyChart": drawn}


def failed_share(over: str) -> str:
    """The share of requests that failed; no value without requests."""
    failed, ended = count(*FAILURES, over), count(*ENDS, over)
    return f"{failed} / (({failed} + {ended}) > 0)"


def events(name: str, over: str = "5m") -> tuple[str, str]:
    """A counter of the stages, a line for each stage."""
    return "${metric.labels.ptransform}", gained(name, STAGES, over, BY_STEP)


def backlog(metric: str, *subscriptions: str) -> list[tuple[str, str]]:
    """A metric of subscriptions, a line for each."""
    return [
        (
            subscription,
            f"max(pubsub_googleapis_com:subscription_{metric}"
            f'{{monitored_resource="pubsub_subscription",subscription_id="{subscription}"}})',
        )
        for subscription in subscriptions
    ]


SUBSCRIPTIONS = ("content-generation-worker-sub", "content-media-worker-sub")
LETTERS = (
    "max(pubsub_googleapis_com:subscription_num_undelivered_messages"
    '{monitored_resource="pubsub_subscription",'
    'subscription_id=~"content-requests-(dev|staging|prod)-dlq-sub"})'
)
CARDS = (
    score("Success, last day", f"100 * (1 - {failed_share('1d')})", "%", 95),
    score("Text after (mean of an hour)", mean("time_to_text_ms", "AnnounceText", "1h"), "ms", 3e4),
    score("Lesson after (mean of an hour)", mean("total_ms", ENDS[1], "1h"), "ms", 3e5),
    score("Dead letters", LETTERS, "", 20),
)
CHARTS = (
    chart(
        "Ends, per 5 min",
        ("completed", gained("completed", ENDS[1], "5m")),
        *((name, gained(name, "WriteOutcomes", "5m")) for name in ANSWERS),
        *((name, gained(name, "DeadLetters", "5m"))
          for name in ("invalid", *FAILURES[0][1:-1].split("|"))),
    ),
    chart(
        "Share that failed",
        ("an hour", failed_share("1h")),
        ("six hours", failed_share("6h")),
        bound=0.05,
    ),
    chart(
        "Mean time of stages, over 30 min",
        ("${metric.labels.ptransform}", mean("duration_ms", STAGES, "30m", BY_STEP)),
        unit="ms",
    ),
    chart(
        "Longest time of stages, since the job began",
        ("${metric.labels.ptransform}", f"max{BY_STEP}({user('duration_ms_MAX', STAGES)})"),
        unit="ms",
    ),
    chart(
        "Mean time to text and to the end, over 30 min",
        ("text", mean("time_to_text_ms", "AnnounceText", "30m")),
        ("end", mean("total_ms", ENDS[1], "30m")),
        ("until the claim", mean("queue_age_ms", "Claim", "30m")),
        unit="ms",
    ),
    chart("Oldest message", *backlog("oldest_unacked_message_age", *SUBSCRIPTIONS), unit="s"),
    chart("Waiting messages", *backlog("num_undelivered_messages", *SUBSCRIPTIONS)),
    chart("Put down for another attempt, per 5 min", events("later")),
    chart("Tries beyond the first, per 5 min", events("retries")),
    chart("Found, not made, per 5 min", events("reused")),
    chart("Cost of an hour", ("USD", cost("1h"))),
    chart("Database connections", ("in use", CONNECTIONS)),
    chart(
        "Lag in the jobs",
        (
            "${resource.labels.job_name}",
            'max by (job_name) (dataflow_googleapis_com:job_system_lag'
            '{monitored_resource="dataflow_job",job_name=~"vividly-.*"})',
        ),
        unit="s",
    ),
    chart(
        "CPUs of the jobs",
        (
            "${resource.labels.job_name}",
            'sum by (job_name) (dataflow_googleapis_com:job_current_num_vcpus'
            '{monitored_resource="dataflow_job",job_name=~"vividly-.*"})',
        ),
    ),
)  # fmt: skip


def dashboard() -> Json:
    """Four numbers above, two charts to a row below."""
    tiles = [
        {"xPos": 12 * i, "yPos": 0, "width": 12, "height": 8, "widget": card}
        for i, card in enumerate(CARDS)
    ]
    tiles += [
        {
            "xPos": 24 * (i % 2),
            "yPos": 8 + 16 * (i // 2),
            "width": 24,
            "height": 16,
            "widget": drawn,
        }
        for i, drawn in enumerate(CHARTS)
    ]
    return {
        "displayName": "Vividly: lessons",
        "labels": {"service": ""},
        "mosaicLayout": {"columns": 48, "tiles": tiles},
    }
