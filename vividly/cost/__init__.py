"""What a lesson costs: what was used, what that is priced at, how much a request may spend."""

from vividly.cost.meter import Meter, Usage, charge, metered
from vividly.cost.prices import Prices, load_prices

__all__ = ["Meter", "Prices", "Usage", "charge", "load_prices", "metered"]
