"""The API: students ask, watch and rate over HTTP, and operators operate (docs/api.md).

It validates as the job does, writes the `pending` row and publishes the message. The lessons are
made by the job alone.
"""
