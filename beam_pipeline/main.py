"""Entry of the job: `python -m beam_pipeline.main` with Beam's options and ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Launch the job.

    Returns:
        0 on success, 1 if the job failed, 2 if a setting or resource is missing.
    """
    # Before NumPy is imported: requests run in parallel and keep the cores busy already.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from beam_pipeline.launch import launch
    from vividly.model.errors import SettingsError, TransientError
    from vividly.platform.telemetry.logs import configure

    configure(project=os.environ.get("GCP_PROJECT_ID", ""))
    try:
        return launch(sys.argv[1:] if argv is None else argv)
    except (SettingsError, TransientError) as error:
        print(f"The job cannot start:\n{error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # The local runner's worker threads are not daemons and never end.
    os._exit(code)
