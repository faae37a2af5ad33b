"""Dashboards and alerts: valid by Google's own types, with metrics that exist."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import promql_parser
import pytest
from google.cloud.monitoring_dashboard_v1 import Dashboard
from google.cloud.monitoring_v3 import AlertPolicy

from scripts import monitoring
from scripts.monitoring.promql import LABELS
from vividly.platform.telemetry.names import METRICS
from vividly.platform.telemetry.names import STEPS as ALL_STEPS

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "templates" / "monitoring"
ALERTS = sorted((FOLDER / "alerts").glob("*.json"))
STEPS = {label: step for step, label in LABELS.items()}
USER = "dataflow.googleapis.com/job/user_counter"
GOOGLES = {
    USER: "dataflow_job",
    "dataflow.googleapis.com/job/system_lag": "dataflow_job",
    "dataflow.googleapis.com/job/elapsed_time": "dataflow_job",
    "dataflow.googleapis.com/job/current_num_vcpus": "dataflow_job",
    "pubsub.googleapis.com/subscription/oldest_unacked_message_age": "pubsub_subscription",
    "pubsub.googleapis.com/subscription/num_undelivered_messages": "pubsub_subscription",
    "cloudsql.googleapis.com/database/postgresql/num_backends": "cloudsql_database",
    "run.googleapis.com/job/completed_execution_count": "cloud_run_job",
    "run.googleapis.com/request_count": "cloud_run_revision",
}
"""Metrics and the resources they are of: https://cloud.google.com/monitoring/api/metrics_gcp"""
PROMQL = {re.sub(r"[./]", "_", name.replace("/", ":", 1)): name for name in GOOGLES}
"""By their names in PromQL: https://cloud.google.com/monitoring/promql/promql-mapping"""
DISTRIBUTION = ("_MEAN", "_MAX", "_MIN", "_COUNT")
"""What becomes of a distribution: https://cloud.google.com/dataflow/docs/guides/using-cloud-monitoring"""


def conditions() -> list[tuple[str, str, dict[str, Any]]]:
    """(name of the file, kind, condition) of all alerts."""
    return [
        (path.stem, kind, given)
        for path in ALERTS
        for condition in json.loads(path.read_text())["conditions"]
        for kind, given in condition.items()
        if kind != "displayName"
    ]


def queries() -> list[tuple[str, str]]:
    """(where, PromQL) of alerts and dashboard."""
    text = (FOLDER / "dashboard.json").read_text()
    shown = [("dashboard", json.loads(q)) for q in re.findall(r'prometheusQuery": (".+")', text)]
    return [(name, given["query"]) for name, _, given in conditions() if "query" in given] + shown


def selectors(query: str) -> list[tuple[str, dict[str, str]]]:
    """(metric, labels) of all that a query reads. Parsing checks the query's types, too."""
    found: list[Any] = []
    promql_parser.walk(promql_parser.parse(query), found.append)
    return [
        (node.name, {matcher.name: matcher.value for matcher in node.matchers.matchers})
        for node in found
        if isinstance(node, promql_parser.VectorSelector)
    ]


def alternatives(pattern: str) -> list[str]:
    """The words of a pattern such as (a|b)."""
    return pattern.strip("()").split("|")


def test_the_files_are_what_the_script_writes() -> None:
    written = {path: path.read_text() for path in (*ALERTS, FOLDER / "dashboard.json")}
    assert written == monitoring.files(), "run python -m scripts.monitoring"


@pytest.mark.parametrize("path", ALERTS, ids=lambda path: path.stem)
def test_google_takes_the_alert(path: Path) -> None:
    policy = AlertPolicy.from_json(path.read_text(), ignore_unknown_fields=False)
    assert policy.display_name.startswith("Vividly: ")
    assert len(policy.conditions) == 1, "with PromQL in it, Google allows one condition"
    assert policy.combiner != AlertPolicy.ConditionCombinerType.COMBINE_UNSPECIFIED
    assert policy.severity != AlertPolicy.Severity.SEVERITY_UNSPECIFIED
    asked = policy.conditions[0].condition_prometheus_query_language
    if asked.query:
        assert asked.duration.total_seconds() % 60 == 0
        assert asked.evaluation_interval.total_seconds() % 30 == 0
        assert asked.disable_metric_validation


def test_google_takes_the_dashboard() -> None:
    text = (FOLDER / "dashboard.json").read_text()
    board = Dashboard.from_json(text, ignore_unknown_fields=False)
    tiles = board.mosaic_layout.tiles
    assert len(tiles) >= 12
    taken: set[tuple[int, int]] = set()
    for tile in tiles:
        assert tile.x_pos + tile.width <= board.mosaic_layout.columns
        cells = {
            (x, y)
            for x in range(tile.x_pos, tile.x_pos + tile.width)
            for y in range(tile.y_pos, tile.y_pos + tile.height)
        }
        assert not cells & taken, f"{tile.widget.title} lies over another"
        taken |= cells


def test_every_metric_is_one_that_is_counted_or_googles() -> None:
    known = {(step, metric.name): metric.kind for metric in METRICS for step in metric.steps}
    ours: set[tuple[str, str]] = set()
    for where, query in queries():
        for name, labels in selectors(query):
            assert name in PROMQL, (where, name)
            assert labels["monitored_resource"] == GOOGLES[PROMQL[name]], (where, name)
            if PROMQL[name] != USER:
                continue
            steps = alternatives(labels["ptransform"].removesuffix("(/.+)?"))
            counted = alternatives(labels["metric_name"])
            ours |= set(product(counted, steps))
            # Each name of a pattern is counted in one of its steps, and the reverse.
            for names, others in ((counted, steps), (steps, counted)):
                for one in names:
                    pairs = [(one, o) if names is counted else (o, one) for o in others]
                    assert any(_kind(known, *pair) for pair in pairs), (where, one)
    assert len(ours) > 60
    assert ("cost_microusd_MEAN", "Render") in ours


def _kind(known: dict[tuple[str, str], str], name: str, label: str) -> bool:
    suffix = next((s for s in DISTRIBUTION if name.endswith(s)), "")
    kind = known.get((STEPS[label], name.removesuffix(suffix)))
    return kind == ("distribution" if suffix else "counter")


def test_conditions_without_a_query_name_googles_metrics() -> None:
    filters = [(name, given["filter"]) for name, _, given in conditions() if "filter" in given]
    assert len(filters) > 5
    for name, text in filters:
        metric = re.search(r'metric\.type="([^"]+)"', text)
        resource = re.search(r'resource\.type="([^"]+)"', text)
        assert metric and resource and GOOGLES[metric[1]] == resource[1], name


def test_windows_are_as_long_as_google_allows() -> None:
    """A query's window and its duration are 25 hours together at most."""
    for name, kind, given in conditions():
        if kind == "conditionPrometheusQueryLanguage":
            hours = {"m": 1 / 60, "h": 1, "d": 24}
            longest = max(
                (int(n) * hours[u] for n, u in re.findall(r"\[(\d+)([mhd])\]", given["query"])),
                default=0,
            )
            assert longest + int(given["duration"][:-1]) / 3600 <= 25, name


def test_the_labels_are_those_of_the_graph() -> None:
    assert LABELS.keys() == set(ALL_STEPS)
    graph = (ROOT / "beam_pipeline" / "graph.py").read_text()
    for label in STEPS:
        assert f'"{label}"' in graph


@pytest.mark.parametrize("path", ALERTS, ids=lambda path: path.stem)
def test_each_alert_says_what_to_do(path: Path) -> None:
    told = json.loads(path.read_text())["documentation"]["content"]
    file, _, anchor = re.findall(r"(docs/[\w.-]+)(#)([\w-]+)", told)[0]
    headings = re.findall(r"^#+ (.+)$", (ROOT / file).read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
    assert anchor in anchors
