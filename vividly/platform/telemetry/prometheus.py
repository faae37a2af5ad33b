"""The job's metrics in Prometheus' format, for `/metrics` of a local job.

They have the same values as Beam's metrics, which Dataflow uses, and are updated together.
"""

from __future__ import annotations

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, generate_latest

from vividly.platform.breaker import open_circuits

SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_events = Counter("vividly_events", "What happened at the steps of the job", ["step", "event"])
_seconds = Histogram("vividly_seconds", "Time of steps", ["step", "what"], buckets=SECONDS)
_cost = Counter("vividly_cost_usd", "What stages cost, in US dollars", ["step"])
_open = Gauge("vividly_open_circuits", "Services that are known to be away")
_open.set_function(lambda: float(len(open_circuits())))


def count(step: str, event: str, by: int = 1) -> None:
    """Increase a step's counter."""
    _events.labels(step, event).inc(by)


def measure(step: str, name: str, value: int) -> None:
    """Add a value to a distribution; `name` is its name in the table of metrics."""
    if name.endswith("_ms"):
        _seconds.labels(step, name.removesuffix("_ms")).observe(value / 1000)
    elif name == "cost_microusd":
        _cost.labels(step).inc(value / 1e6)


def exposition() -> bytes:
    """All metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)
