"""What a lesson costs: what was used, the prices, and whether a request may spend more.

A provider reports what a call used (`charge`) without knowing for which request; the code that
runs a stage collects it (`metered`). What a failed call used is counted too: it is billed too.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from vividly.model.errors import SettingsError
from vividly.model.explain import explain

LOG = logging.getLogger(__name__)
UNITS = ("input_tokens", "output_tokens", "characters", "seconds", "requests")


# -- usage --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Usage:
    """An amount of one billed service.

    Attributes:
        sku: a key of `prices.yaml`, such as `gemini-3.5-flash-lite` or `google-tts/neural2`.
        unit: `input_tokens`, `output_tokens`, `characters`, `seconds` or `requests`.
    """

    sku: str
    unit: str
    amount: float


@dataclass
class Meter:
    """Usage so far, summed by (sku, unit). Thread-safe.

    Attributes:
        tallies: what else was counted, by the metric's name.
    """

    amounts: dict[tuple[str, str], float] = field(default_factory=dict)
    tallies: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def add(self, sku: str, unit: str, amount: float) -> None:
        """Count an amount."""
        with self._lock:
            self.amounts[sku, unit] = self.amounts.get((sku, unit), 0.0) + amount

    def tally(self, counts: Mapping[str, int]) -> None:
        """Count what is not usage."""
        with self._lock:
            self.tallies.update(counts)

    @property
    def usage(self) -> tuple[Usage, ...]:
        """All usage, in the order of first use."""
        return tuple(Usage(sku, unit, amount) for (sku, unit), amount in self.amounts.items())


_meter: ContextVar[Meter | None] = ContextVar("vividly_meter", default=None)


@contextmanager
def metered(meter: Meter | None = None) -> Iterator[Meter]:
    """Collect on a meter what is charged in this context during the block."""
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


def tally(**counts: int) -> None:
    """Report what a stage's metrics count: `tally(judge_calls=1)`."""
    meter = _meter.get()
    if meter is not None:
        meter.tally(counts)


# -- prices -------------------------------------------------------------------------------------


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    since: date = Field(alias="from")
    prices: Mapping[str, Mapping[str, float]]


_TABLE = TypeAdapter(list[_Entry])


@dataclass(frozen=True)
class Prices:
    """US dollars per unit by service, as valid from a day on.

    Attributes:
        name: the file, for error messages.
        entries: (first day, sku -> unit -> price), oldest first.
    """

    name: str
    entries: tuple[tuple[date, Mapping[str, Mapping[str, float]]], ...]

    def price(self, sku: str, unit: str, on: date | None = None) -> float:
        """US dollars for one unit.

        Raises:
            SettingsError: the table has no price for it on that day.
        """
        day = on or datetime.now(UTC).date()
        for since, prices in reversed(self.entries):
            if since <= day and sku in prices:
                if unit in prices[sku]:
                    return prices[sku][unit]
                break
        raise SettingsError(
            f"{self.name} has no price for {unit} of {sku!r} on {day}: add it under the date "
            "from which it is valid, or choose a model or voice that is listed"
        )

    def cost(self, usage: Iterable[Usage], on: date | None = None) -> float:
        """US dollars for all of it.

        Raises:
            SettingsError: the table lacks one of them.
        """
        return sum(self.price(used.sku, used.unit, on) * used.amount for used in usage)

    def knows(self, sku: str) -> bool:
        """Whether the service has a price today."""
        today = datetime.now(UTC).date()
        return any(since <= today and sku in prices for since, prices in self.entries)


@cache
def load_prices(path: str = "") -> Prices:
    """The price table of a file, or the one that ships with the package.

    Raises:
        SettingsError: the file cannot be read or is not a price table.
    """
    name = path or "vividly/platform/cost/prices.yaml"
    try:
        source = Path(path) if path else files(__package__).joinpath("prices.yaml")
        entries = _TABLE.validate_python(yaml.safe_load(source.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise SettingsError(
            f"--price_table: {name} is not a price table: {explain(error)}"
        ) from error
    for entry in entries:
        for sku, prices in entry.prices.items():
            for unit, price in prices.items():
                if unit not in UNITS or price < 0:
                    raise SettingsError(
                        f"--price_table: {name}, {entry.since}, {sku}: {unit}: {price} is not a "
                        f"price of 0 or more for one of {', '.join(UNITS)}"
                    )
    return Prices(name, tuple(sorted((e.since, e.prices) for e in entries)))


# -- bills --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bill:
    """Usage, and its cost in US dollars; None where a price is missing."""

    usage: Sequence[Usage]
    cost_usd: float | None

    @property
    def record(self) -> Mapping[str, object]:
        """The bill for `request_stages.stage_metadata`."""
        if not self.usage:
            return {}
        amounts: dict[str, dict[str, float]] = {}
        for used in self.usage:
            amounts.setdefault(used.sku, {})[used.unit] = round(used.amount, 3)
        return {"usage": amounts, "cost_usd": self.cost_usd}


def bill(usage: Iterable[Usage], prices: Prices) -> Bill:
    """The bill of some usage. A missing price does not stop a lesson that is already made."""
    used = tuple(usage)
    try:
        return Bill(used, round(prices.cost(used), 8))
    except SettingsError as error:
        LOG.error("A cost is not counted: %s", error)
        return Bill(used, None)


def affordable(spent_usd: float, ahead: Iterable[Usage], prices: Prices, cap_usd: float) -> bool:
    """Whether the usage ahead fits under the cap (0 for none), after what was spent.

    Raises:
        SettingsError: a price for it is missing.
    """
    return cap_usd <= 0 or spent_usd + prices.cost(ahead) <= cap_usd
