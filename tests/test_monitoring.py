"""Dashboards and alerts: Google's own types take them, and every metric in them exists."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from google.cloud.monitoring_dashboard_v1 import Dashboard
from google.cloud.monitoring_v3 import AlertPolicy

from vividly.telemetry.names import METRICS

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "templates" / "monitoring"
ALERTS = sorted((FOLDER / "alerts").glob("*.json"))
LABELS = {
    "Parse": "validate",
    "Understand": "understand",
    "FindLesson": "find_lesson",
    "Retrieve": "retrieve",
    "WriteScript": "write_script",
    "AnnounceText": "announce_text",
    "Speak": "speak",
    "Render": "render",
    "Deliver": "deliver",
    "WriteOutcomes": "write_outcome",
    "DeadLetters": "dead_letters",
}
"""The graph's label of each step, which Cloud Monitoring shows as `ptransform`."""
GOOGLES = {
    "pubsub.googleapis.com/subscription/oldest_unacked_message_age",
    "pubsub.googleapis.com/subscription/num_undelivered_messages",
    "dataflow.googleapis.com/job/system_lag",
    "dataflow.googleapis.com/job/elapsed_time",
    "dataflow.googleapis.com/job/current_num_vcpus",
    "dataflow.googleapis.com/job/user_counter",
    "cloudsql.googleapis.com/database/postgresql/num_backends",
}
"""From https://cloud.google.com/monitoring/api/metrics_gcp"""
DISTRIBUTION = ("_MEAN", "_MAX", "_MIN", "_COUNT")
_USER = re.compile(r'metric_name="(\w+)",ptransform=~"(\w+)/\.\*"')
_PROMQL = re.compile(r"\b(\w+)_googleapis_com:(\w+)")
_FILTER = re.compile(r'metric\.type="([^"]+)"')


def texts() -> list[tuple[str, str]]:
    return [(path.name, path.read_text()) for path in (*ALERTS, FOLDER / "dashboard.json")]


@pytest.mark.parametrize("path", ALERTS, ids=lambda path: path.stem)
def test_google_takes_the_alert(path: Path) -> None:
    policy = AlertPolicy.from_json(path.read_text(), ignore_unknown_fields=False)
    assert policy.display_name.startswith("Vividly: ")
    assert policy.conditions
    assert policy.combiner != AlertPolicy.ConditionCombinerType.COMBINE_UNSPECIFIED
    assert policy.severity != AlertPolicy.Severity.SEVERITY_UNSPECIFIED
    for condition in policy.conditions:
        assert condition.display_name


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


def test_every_metric_of_ours_is_one_that_is_counted() -> None:
    known = {(step, metric.name): metric.kind for metric in METRICS for step in metric.steps}
    found = {
        pair
        for _, text in texts()
        for pair in _USER.findall(json.loads(json.dumps(text)).replace('\\"', '"'))
    }
    assert len(found) > 30
    for name, label in found:
        suffix = next((s for s in DISTRIBUTION if name.endswith(s)), "")
        kind = known.get((LABELS[label], name.removesuffix(suffix)))
        assert kind == ("distribution" if suffix else "counter"), (label, name)


def test_the_labels_are_those_of_the_graph() -> None:
    graph = (ROOT / "beam_pipeline" / "graph.py").read_text()
    for label in LABELS:
        assert f'"{label}"' in graph


def test_every_metric_of_googles_is_known() -> None:
    for name, text in texts():
        plain = text.replace('\\"', '"')
        for service, metric in _PROMQL.findall(plain):
            candidates = {known.replace(".", "_").replace("/", "_") for known in GOOGLES}
            assert f"{service}_googleapis_com_{metric}" in candidates, (name, metric)
        for kind in _FILTER.findall(plain):
            assert kind in GOOGLES, (name, kind)


@pytest.mark.parametrize("path", ALERTS, ids=lambda path: path.stem)
def test_each_alert_says_what_to_do(path: Path) -> None:
    told = json.loads(path.read_text())["documentation"]["content"]
    file, _, anchor = re.findall(r"(docs/[\w.-]+)(#)([\w-]+)", told)[0]
    headings = re.findall(r"^#+ (.+)$", (ROOT / file).read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
    assert anchor in anchors
