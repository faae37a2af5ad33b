"""Entry of the job: `python -m beam_pipeline.main` with Beam's options and ours."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Launch the job.

    Returns:
        0 on success, 1 where the job failed, 2 where a setting or resource is missing.
    """
    from beam_pipeline.launch import launch
    from vividly.errors import SettingsError, TransientError

    logging.basicConfig(
        level=os.environ.get("LOG_LEVEL", "INFO"),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # Beam tells of every string annotation it meets; its warnings are enough.
    logging.getLogger("apache_beam").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        return launch(sys.argv[1:] if argv is None else argv)
    except (SettingsError, TransientError) as error:
        print(f"The job cannot start:\n{error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # The local runner's worker threads are not daemons and never end by themselves.
    os._exit(code)
