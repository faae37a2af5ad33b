"""The alerts: condition, severity, and the section of the runbook."""

from __future__ import annotations

from typing import Any

from scripts.monitoring.promql import CONNECTIONS, ENDS, burn, cost, count, mean, wherever

RUNBOOK = "docs/operations.md"
Json = dict[str, Any]


def alert(name: str, severity: str, told: str, section: str, condition: Json) -> Json:
    """A policy with one condition: with PromQL, Google allows only one."""
    return {
        "displayName": f"Vividly: {name}",
        "severity": severity,
        "combiner": "OR",
        "enabled": True,
        "userLabels": {"service": "vividly"},
        "documentation": {
            "mimeType": "text/markdown",
            "subject": name,
            "content": f"{told}\n\nWhat to do: {RUNBOOK}#{section}",
        },
        "conditions": [{"displayName": name, **condition}],
        "alertStrategy": {"autoClose": "86400s"},
    }


def promql(query: str, duration: int) -> Json:
    """A condition that holds if the query has a result for that many seconds."""
    return {
        "conditionPrometheusQueryLanguage": {
            "query": query,
            "duration": f"{duration}s",
            "evaluationInterval": "60s",
            # The database or the jobs may not exist yet when the policies are created.
            "disableMetricValidation": True,
        }
    }


def threshold(metric: str, resource: str, labels: str, above: float, duration: int) -> Json:
    """A condition: a metric of Google's is above a value for that many seconds."""
    aggregation = {"alignmentPeriod": "60s", "perSeriesAligner": "ALIGN_MAX"}
    if metric.endswith("_count"):
        aggregation = {"alignmentPeriod": "900s", "perSeriesAligner": "ALIGN_SUM"}
    return {
        "conditionThreshold": {
            "filter": f'metric.type="{metric}" AND resource.type="{resource}" AND {labels}',
            "comparison": "COMPARISON_GT",
            "thresholdValue": above,
            "duration": f"{duration}s",
            "aggregations": [aggregation],
            "trigger": {"count": 1},
        }
    }


def absent(metric: str, resource: str, labels: str, by: str, duration: int) -> Json:
    """A condition: a metric of Google's has no values for that many seconds, for one of `by`."""
    return {
        "conditionAbsent": {
            "filter": f'metric.type="{metric}" AND resource.type="{resource}" AND {labels}',
            "duration": f"{duration}s",
            "aggregations": [
                {
                    "alignmentPeriod": "60s",
                    "perSeriesAligner": "ALIGN_COUNT",
                    "crossSeriesReducer": "REDUCE_SUM",
                    "groupByFields": [by],
                }
            ],
            "trigger": {"count": 1},
        }
    }


PUBSUB = "pubsub.googleapis.com/subscription"
JOBS = 'resource.labels.job_name=monitoring.regex.full_match("vividly-(text|media|all)")'
RUNS = "run.googleapis.com/job/completed_execution_count"
WAIT, BURNS, SLOW = "requests-wait", "the-error-budget-burns", "lessons-are-slow"


def waiting(subscription: str, above: float) -> Json:
    """A condition: the oldest message of a subscription has waited for so many seconds."""
    labels = f'resource.labels.subscription_id="{subscription}"'
    return threshold(
        f"{PUBSUB}/oldest_unacked_message_age", "pubsub_subscription", labels, above, 300
    )


ALERTS: dict[str, Json] = {
    "error-budget-fast": alert(
        "the error budget burns fast",
        "CRITICAL",
        "More than 72 % of requests failed, and more than two, over the last hour and over the "
        "last five minutes: a month's budget of 5 % is gone in two days (14.4 times as fast as "
        "it may).",
        BURNS,
        promql(burn("0.72", "1h", "5m", least=2), 120),
    ),
    "error-budget-slow": alert(
        "the error budget burns",
        "ERROR",
        "More than 30 % of requests failed over six hours and over the last half hour: six times "
        "the budget.",
        BURNS,
        promql(burn("0.30", "6h", "30m", least=2), 300),
    ),
    "error-rate": alert(
        "the objective is missed",
        "WARNING",
        "The objective is 95 %: more than 5 % failed over the last day and over the last six "
        "hours.",
        BURNS,
        promql(burn("0.05", "1d", "6h"), 900),
    ),
    "backlog-requests": alert(
        "requests wait",
        "CRITICAL",
        "The oldest request has waited for more than two minutes: the text job is away, or too "
        "small.",
        WAIT,
        waiting("content-generation-worker-sub", 120),
    ),
    "backlog-media": alert(
        "lessons wait to be rendered",
        "ERROR",
        "The oldest hand-over has waited for more than four minutes: its request's budget is ten.",
        WAIT,
        waiting("content-media-worker-sub", 240),
    ),
    "put-down": alert(
        "requests wait for a retry",
        "WARNING",
        "More than 20 requests in half an hour had to wait in the ledger for a further attempt: "
        "a service is away.",
        WAIT,
        promql(f"{count('later', wherever('later'), '30m')} > 20", 60),
    ),
    "stuck": alert(
        "requests ran out of time or of workers",
        "ERROR",
        "Requests were out of time before they could begin, or lost every worker that took them.",
        WAIT,
        promql(f"{count('(out_of_budget|exhausted)', '(Claim|TakeLesson)', '1h')} > 0", 60),
    ),
    "requeue": alert(
        "the requeue does not run",
        "CRITICAL",
        "`vividly requeue` has not succeeded for ten minutes: no request that waits for a retry, "
        "or lost its worker, comes back.",
        "the-requeue-does-not-run",
        absent(
            RUNS,
            "cloud_run_job",
            'metric.labels.result="succeeded" AND resource.labels.job_name="vividly-requeue"',
            "resource.label.job_name",
            600,
        ),
    ),
    "canary": alert(
        "the canary failed",
        "ERROR",
        "Two of the canary's requests within a quarter of an hour or so did not come out well.",
        "the-canary-fails",
        threshold(
            RUNS,
            "cloud_run_job",
            'metric.labels.result="failed" AND resource.labels.job_name="vividly-canary"',
            0,
            900,
        ),
    ),
    "api": alert(
        "the API fails",
        "CRITICAL",
        "More than 20 calls of the API or its pages in a quarter of an hour were answered by an "
        "error of its own (500 to 599).",
        "the-api-fails",
        threshold(
            "run.googleapis.com/request_count",
            "cloud_run_revision",
            'metric.labels.response_code_class="5xx" AND '
            'resource.labels.service_name="vividly-api"',
            20,
            0,
        ),
    ),
    "dead-letters": alert(
        "dead letters",
        "WARNING",
        "There are dead letters that nobody has looked at.",
        "dead-letters-pile-up",
        threshold(
            f"{PUBSUB}/num_undelivered_messages",
            "pubsub_subscription",
            "resource.labels.subscription_id="
            'monitoring.regex.full_match("content-requests-(dev|staging|prod)-dlq-sub")',
            20,
            600,
        ),
    ),
    "job-lag": alert(
        "the job lags",
        "ERROR",
        "Something has waited inside the job for more than five minutes.",
        "the-job-lags",
        threshold("dataflow.googleapis.com/job/system_lag", "dataflow_job", JOBS, 300, 300),
    ),
    "no-job": alert(
        "no job runs",
        "CRITICAL",
        "One of the jobs has not reported for ten minutes.",
        "no-job-runs",
        absent(
            "dataflow.googleapis.com/job/elapsed_time",
            "dataflow_job",
            JOBS,
            "resource.label.job_name",
            600,
        ),
    ),
    "text-slow": alert(
        "texts are slow",
        "WARNING",
        "From the claim of a request to its text it took more than 30 seconds, on average over an "
        "hour.",
        SLOW,
        promql(f"{mean('time_to_text_ms', 'AnnounceText', '1h')} > 30000", 600),
    ),
    "video-slow": alert(
        "lessons are slow",
        "WARNING",
        "From the claim of a request to its end it took more than five minutes, on average over "
        "an hour.",
        SLOW,
        promql(f"{mean('total_ms', ENDS[1], '1h')} > 300000", 600),
    ),
    "cost": alert(
        "lessons are dear",
        "WARNING",
        "Stages cost more than 20 USD in the last hour.",
        "lessons-are-dear",
        promql(f"{cost('1h')} > 20", 600),
    ),
    "database-connections": alert(
        "database connections run out",
        "ERROR",
        "More than 80 % of the connections that the database allows are in use.",
        "database-connections-run-out",
        # Terraform replaces 200 by var.database_connections.
        promql(f"{CONNECTIONS} > 0.8 * 200", 300),
    ),
    "unforeseen": alert(
        "unforeseen errors",
        "WARNING",
        "An error came up that the table of failures does not know.",
        "errors-that-nobody-foresaw",
        promql(f"{count('unforeseen', wherever('unforeseen'), '1h')} > 0", 60),
    ),
}
