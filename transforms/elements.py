"""The types that travel between steps, registered as Beam rows.

A row's coder names its type by an id that Beam makes up anew in every process, so a
worker that did not launch the job would decode a nameless tuple. Ours are made from
the type's name: the same on every worker, and in the job that updates this one.
A worker must import this module before it decodes anything: `import_on_workers`.
"""

from __future__ import annotations

import uuid

from apache_beam import coders
from apache_beam.options.pipeline_options import PipelineOptions, SetupOptions
from apache_beam.typehints import row_type

from vividly.request import Message, Request
from vividly.ticket import Failure, Outcome, Ticket

ELEMENTS = (Message, Request, Ticket, Outcome, Failure)
_NAMESPACE = uuid.UUID("6f2b7f0e-35f5-4d0c-9d6e-1c1b2f0a7e55")

for _type in ELEMENTS:
    _name = f"{_type.__module__}.{_type.__qualname__}"
    setattr(_type, row_type._BEAM_SCHEMA_ID, str(uuid.uuid5(_NAMESPACE, _name)))
    coders.registry.register_row(_type)


def import_on_workers(options: PipelineOptions) -> None:
    """Have every worker of a job import this module when it starts."""
    setup = options.view_as(SetupOptions)
    setup.beam_plugins = sorted({*(setup.beam_plugins or ()), __name__})
