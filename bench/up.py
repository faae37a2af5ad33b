"""`vividly up` with more options of the job: `python -m bench.up --request_budget=60`."""

from __future__ import annotations

import sys

from beam_pipeline.cli.jobs import up
from beam_pipeline.local import stack
from beam_pipeline.local.stack import LocalStack

AT_ONCE = 24
"""Texts that wait for a model at once, as on a worker in the cloud: each is a pull of its own."""


def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    stock = LocalStack.arguments
    options = sys.argv[1:]
    google = "--speech_provider=google"
    if "--script_provider=gemini" in options:
        stack.TEXT_BUNDLES = AT_ONCE
        options += ["--local_max_messages=1", f"--stage_concurrency={AT_ONCE}"]

    def arguments(self: LocalStack, stages: str = "all") -> list[str]:
        return [*stock(self, stages), *options]

    LocalStack.arguments = arguments  # type: ignore[method-assign]
    up(speech_provider="google" if google in options else "")


if __name__ == "__main__":
    main()
