"""Google's Pub/Sub emulator, from an installed Cloud SDK."""

from __future__ import annotations

import os
import shutil
import urllib.error
import urllib.request
from pathlib import Path

from beam_pipeline.local.processes import Child, free_port

START_S = 30.0
HEAP = "-Xmx256m"


def find_emulator() -> tuple[Path, Path] | str:
    """(java, the emulator's jar), or in one line why there is none."""
    java = shutil.which("java")
    if not java:
        return "Pub/Sub emulator: there is no Java; install a JRE of version 11 or newer"
    for root in _sdk_roots():
        jars = sorted(root.glob("platform/pubsub-emulator/lib/*.jar"))
        if jars:
            return Path(java), jars[-1]
    return (
        "Pub/Sub emulator: not found; install the Google Cloud SDK and run "
        "`gcloud components install pubsub-emulator`"
    )


def _sdk_roots() -> list[Path]:
    roots = [Path.home() / "google-cloud-sdk", Path("/usr/lib/google-cloud-sdk")]
    if gcloud := shutil.which("gcloud"):
        roots.insert(0, Path(gcloud).resolve().parent.parent)
    if configured := os.environ.get("CLOUDSDK_ROOT_DIR"):
        roots.insert(0, Path(configured))
    return roots


class PubSubEmulator:
    """The emulator as a child process. Its topics live as long as it does."""

    def __init__(self, java: Path, jar: Path, *, log: Path) -> None:
        self._command = (java, HEAP, "-jar", jar)
        self._log = log
        self._child: Child | None = None
        self._port: int | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._child is not None and self._child.running

    def start(self, port: int | None = None) -> str:
        """Start it; on its old port where it ran before.

        Returns:
            HOST:PORT, the value of PUBSUB_EMULATOR_HOST.

        Raises:
            SettingsError: it does not start.
        """
        self._port = port or self._port or free_port()
        address = f"127.0.0.1:{self._port}"
        host, _, number = address.partition(":")
        self._child = Child(
            "The Pub/Sub emulator",
            [*self._command, f"--host={host}", f"--port={number}"],
            log=self._log,
        )
        self._child.wait_until(lambda: _answers(address), seconds=START_S)
        return address

    def stop(self) -> None:
        """Stop it; its messages are gone."""
        if self._child:
            self._child.stop()
            self._child = None


def _answers(address: str) -> bool:
    try:
        # The address is one of ours, and http.
        with urllib.request.urlopen(f"http://{address}/", timeout=1) as response:  # nosec B310
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
