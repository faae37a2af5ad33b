"""What a lesson costs: what was used, what that is priced at, how much a request may spend."""

from vividly.platform.cost.meter import Meter, Usage, charge, metered
from vividly.platform.cost.prices import Prices, load_prices

__all__ = ["Meter", "Prices", "Usage", "charge", "load_prices", "metered"]
