"""Ingests libraries as a job: `python -m beam_pipeline.ingest --library gs://BUCKET/FOLDER`.

For one book, `vividly ingest` does the same on one machine in seconds; this job is for many.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the job.

    Returns:
        0 on success, 1 if the job failed or a document could not be read, 2 if a
        setting is missing or malformed.
    """
    from beam_pipeline.ingest_job import run
    from vividly.model.errors import SettingsError
    from vividly.platform.telemetry.logs import configure

    configure(project=os.environ.get("GCP_PROJECT_ID", ""))
    try:
        return run(sys.argv[1:] if argv is None else argv)
    except SettingsError as error:
        print(f"The job cannot start:\n{error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # The local runner's worker threads are not daemons and never end.
    os._exit(code)
