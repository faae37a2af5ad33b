"""The cost of a lesson: metering, prices, and the limit per request."""

from vividly.platform.cost.meter import Meter, Usage, charge, metered
from vividly.platform.cost.prices import Prices, load_prices

__all__ = ["Meter", "Prices", "Usage", "charge", "load_prices", "metered"]
