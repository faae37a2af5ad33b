"""Counts what the services used, where they are called, for whoever pays.

A provider says what a call used (`charge`) without knowing for whom; whoever runs a
stage listens (`metered`). What a failed call used is counted too: it is billed too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Usage:
    """An amount of one thing that is billed.

    Attributes:
        sku: a key of `prices.yaml`, such as `gemini-3.5-flash-lite` or `google-tts/neural2`.
        unit: `input_tokens`, `output_tokens`, `characters`, `seconds` or `requests`.
    """

    sku: str
    unit: str
    amount: float


@dataclass
class Meter:
    """What was used so far, summed by (sku, unit). For one thread at a time."""

    amounts: dict[tuple[str, str], float] = field(default_factory=dict)

    def add(self, sku: str, unit: str, amount: float) -> None:
        """Count an amount."""
        self.amounts[sku, unit] = self.amounts.get((sku, unit), 0.0) + amount

    @property
    def usage(self) -> tuple[Usage, ...]:
        """All that was used, in the order of first use."""
        return tuple(Usage(sku, unit, amount) for (sku, unit), amount in self.amounts.items())


_meter: ContextVar[Meter | None] = ContextVar("vividly_meter", default=None)


@contextmanager
def metered(meter: Meter | None = None) -> Iterator[Meter]:
    """Count what is charged on this thread until the end of the block, onto a meter."""
    meter = meter or Meter()
    token = _meter.set(meter)
    try:
        yield meter
    finally:
        _meter.reset(token)


def charge(sku: str, **amounts: float) -> None:
    """Say what a call used: `charge("gemini-3.8-flash", input_tokens=812, output_tokens=95)`."""
    meter = _meter.get()
    if meter is not None:
        for unit, amount in amounts.items():
            meter.add(sku, unit, amount)
