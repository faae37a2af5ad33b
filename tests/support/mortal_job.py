"""The real job, which dies (as by `kill -9`) right after the stage `DIES_AFTER`."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

STAGE = os.environ.get("DIES_AFTER", "")

if __name__ == "__main__":
    import transforms.stage as steps
    from beam_pipeline.main import main

    execute = steps.execute

    def mortal(stage: Any, *arguments: Any, **named: Any) -> Any:
        """Run the stage, then end the process at once."""
        done = execute(stage, *arguments, **named)
        if stage.name == STAGE:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    steps.execute = mortal
    code = main()
    sys.stderr.flush()
    os._exit(code)
