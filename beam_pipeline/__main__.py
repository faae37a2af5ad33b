"""`vividly`, which is also `python -m beam_pipeline`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; Ctrl-C ends it quietly even while it is still loading."""
    try:
        from beam_pipeline.cli.app import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
