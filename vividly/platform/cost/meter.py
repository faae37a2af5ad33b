"""Meters the use of services where they are called.

A provider reports what a call used (`charge`) without knowing the request; the code that
runs a stage collects it (`metered`). Failed calls are counted too, since they are billed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Usage:
    """An amount of one billed unit.

    Attributes:
        sku: a key of `prices.yaml`, such as `gemini-3.5-flash-lite` or `google-tts/neural2`.
        unit: `input_tokens`, `output_tokens`, `characters`, `seconds` or `requests`.
    """

    sku: str
    unit: str
    amount: float


@dataclass
class Meter:
    """Amounts used so far, summed by (sku, unit). Not thread-safe."""

    amounts: dict[tuple[str, str], float] = field(default_factory=dict)

    def add(self, sku: str, unit: str, amount: float) -> None:
        """Count an amount."""
        self.amounts[sku, unit] = self.amounts.get((sku, unit), 0.0) + amount

    @property
    def usage(self) -> tuple[Usage, ...]:
        """All amounts, in the order of first use."""
        return tuple(Usage(sku, unit, amount) for (sku, unit), amount in self.amounts.items())


_meter: ContextVar[Meter | None] = ContextVar("vividly_meter", default=None)


@contextmanager
def metered(meter: Meter | None = None) -> Iterator[Meter]:
    """A meter that counts what is charged on this thread inside the block."""
    meter = meter or Meter()
    token = _meter.set(meter)
    try:
        yield meter
    finally:
        _meter.reset(token)


def charge(sku: str, **amounts: float) -> None:
    """Report what a call used: `charge("gemini-3.8-flash", input_tokens=812, output_tokens=95)`."""
    meter = _meter.get()
    if meter is not None:
        for unit, amount in amounts.items():
            meter.add(sku, unit, amount)
