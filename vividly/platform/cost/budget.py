"""What a request has cost, and whether it may go on to something dear."""

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
    """What something used and what that costs in US dollars; None where a price is missing."""

    usage: Sequence[Usage]
    cost_usd: float | None

    @property
    def record(self) -> Mapping[str, object]:
        """As it stands in `request_stages.stage_metadata`."""
        if not self.usage:
            return {}
        amounts: dict[str, dict[str, float]] = {}
        for used in self.usage:
            amounts.setdefault(used.sku, {})[used.unit] = round(used.amount, 3)
        return {"usage": amounts, "cost_usd": self.cost_usd}


def bill(usage: Iterable[Usage], prices: Prices) -> Bill:
    """The bill for what was used. A missing price never stops a lesson that is already made."""
    used = tuple(usage)
    try:
        return Bill(used, round(prices.cost(used), 8))
    except SettingsError as error:
        LOG.error("A cost is not counted: %s", error)
        return Bill(used, None)


def affordable(spent_usd: float, ahead: Iterable[Usage], prices: Prices, cap_usd: float) -> bool:
    """Whether what lies ahead fits under the cap (0 for none) with what was spent.

    Raises:
        SettingsError: there is no price for what lies ahead, so that it cannot be known.
    """
    return cap_usd <= 0 or spent_usd + prices.cost(ahead) <= cap_usd
