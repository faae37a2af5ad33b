"""The types that travel between steps, registered as Beam rows.

A worker imports this module before it decodes anything: Beam lists every
`BeamPlugin` in the job's options when it is launched.
"""

from apache_beam import coders
from apache_beam.utils.plugin import BeamPlugin

from vividly.request import Message, Request
from vividly.ticket import Failure, Outcome, Ticket

for _type in (Message, Request, Ticket, Outcome, Failure):
    coders.registry.register_row(_type)


class ElementsPlugin(BeamPlugin):
    """Names this module to the workers."""
