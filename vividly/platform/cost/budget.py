"""The cost of a request so far, and whether it can afford the next stage."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vividly.model.errors import SettingsError
from vividly.platform.cost.meter import Usage
from vividly.platform.cost.prices import Prices

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bill:
    """Amounts used and their cost in US dollars; None if a price is missing."""

    usage: Sequence[Usage]
    cost_usd: float | None

    @property
    def record(self) -> Mapping[str, object]:
        """As stored in `request_stages.stage_metadata`."""
        if not self.usage:
            return {}
        amounts: dict[str, dict[str, float]] = {}
        for used in self.usage:
            amounts.setdefault(used.sku, {})[used.unit] = round(used.amount, 3)
        return {"usage": amounts, "cost_usd": self.cost_usd}


def bill(usage: Iterable[Usage], prices: Prices) -> Bill:
    """The bill for the amounts used. A missing price is logged and never fails a stage."""
    used = tuple(usage)
    try:
        return Bill(used, round(prices.cost(used), 8))
    except SettingsError as error:
        LOG.error("A cost is not counted: %s", error)
        return Bill(used, None)


def affordable(spent_usd: float, ahead: Iterable[Usage], prices: Prices, cap_usd: float) -> bool:
    """Whether the estimate and the cost so far stay under the limit (0 for no limit).

    Raises:
        SettingsError: there is no price for part of the estimate.
    """
    return cap_usd <= 0 or spent_usd + prices.cost(ahead) <= cap_usd
