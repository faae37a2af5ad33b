"""The types that travel between steps, registered as Beam rows.

A row's coder names its type by an id that Beam generates anew in every process, so a worker
that did not launch the job would decode an unnamed tuple. The fixed ids below are the same on
every worker and in a job that updates a running one.
A worker must import this module before it decodes anything: `import_on_workers`.
"""

from __future__ import annotations

from apache_beam import coders
from apache_beam.options.pipeline_options import PipelineOptions, SetupOptions
from apache_beam.typehints import row_type

from vividly.model.request import Message, Request
from vividly.model.ticket import Failure, Outcome, Ticket, Token

ELEMENTS = {
    Message: "f95defd8-49f4-56e2-b526-9ca9f28bb4ed",
    Request: "227a01ed-82b7-5f3f-b1e2-37d45e266ec8",
    Ticket: "2de2319f-304e-5e7f-ba2d-4ed11516e02a",
    Token: "6f1c2d0e-8d55-4a5e-9a0b-0f5f0c6a8d21",
    Outcome: "3330da6c-4d3d-5cdd-a41c-62667b16ea67",
    Failure: "8d999632-b89e-52c0-9a79-18b915cea835",
}
"""The schema id of each type. A running job identifies a type by its id alone: a type may be moved
or renamed, but never change an id that has been deployed."""

for _type, _id in ELEMENTS.items():
    setattr(_type, row_type._BEAM_SCHEMA_ID, _id)
    coders.registry.register_row(_type)


def import_on_workers(options: PipelineOptions) -> None:
    """Make every worker of a job import this module when it starts."""
    setup = options.view_as(SetupOptions)
    setup.beam_plugins = sorted({*(setup.beam_plugins or ()), __name__})
