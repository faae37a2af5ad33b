"""`vividly up` with more options of the job: `python -m bench.up --request_budget=60`."""

from __future__ import annotations

import sys

from beam_pipeline.cli.jobs import up
from beam_pipeline.local.stack import LocalStack


def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    stock = LocalStack.arguments

    def arguments(self: LocalStack, stages: str = "all") -> list[str]:
        return [*stock(self, stages), *sys.argv[1:]]

    LocalStack.arguments = arguments  # type: ignore[method-assign]
    up(speech_provider="")


if __name__ == "__main__":
    main()
