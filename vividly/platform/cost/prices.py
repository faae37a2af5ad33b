"""The price table: prices of services by day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from vividly.model.errors import SettingsError
from vividly.model.explain import explain
from vividly.platform.cost.meter import Usage

UNITS = ("input_tokens", "output_tokens", "characters", "seconds", "requests")


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    since: date = Field(alias="from")
    prices: Mapping[str, Mapping[str, float]]


_TABLE = TypeAdapter(list[_Entry])


@dataclass(frozen=True)
class Prices:
    """US dollars per unit of each service, each valid from a day on.

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
        """US dollars for all amounts.

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
