"""Google's Pub/Sub emulator, from an installed Cloud SDK. Used with VIVIDLY_PUBSUB=emulator."""

from __future__ import annotations

import os
import shutil
import urllib.error
import urllib.request
from pathlib import Path

from beam_pipeline.local.processes import Child, free_port
from vividly.model.errors import SettingsError

START_S = 30.0
HEAP = "-Xmx256m"


def wanted_emulator() -> tuple[Path, Path] | None:
    """(java, the emulator's jar) if VIVIDLY_PUBSUB asks for the emulator, otherwise None.

    Raises:
        SettingsError: it is not installed, or VIVIDLY_PUBSUB has another value.
    """
    wanted = os.environ.get("VIVIDLY_PUBSUB", "own")
    if wanted == "own":
        return None
    if wanted != "emulator":
        raise SettingsError(f"VIVIDLY_PUBSUB is {wanted!r}: want own (the default) or emulator")
    if isinstance(found := find_emulator(), str):
        raise SettingsError(
            f"VIVIDLY_PUBSUB asks for Google's Pub/Sub emulator, and {found}\n{how_to_install()}"
        )
    return found


def find_emulator() -> tuple[Path, Path] | str:
    """(java, the emulator's jar), or the reason in one line if there is none."""
    java, jar = shutil.which("java"), _jar()
    if java and jar:
        return Path(java), jar
    if java or jar:
        return "there is no Java here" if jar else "it is not installed here"
    return "neither it nor Java is installed here"


def how_to_install() -> str:
    """How to install what the emulator lacks."""
    lines = []
    if not shutil.which("java"):
        lines += ["Install Java 11 or newer:", "  apt-get install default-jre-headless"]
    if not _jar():
        lines += [
            "Install the emulator of the Google Cloud SDK (https://cloud.google.com/sdk):",
            "  gcloud components install pubsub-emulator",
            "or, where the SDK came with apt:",
            "  apt-get install google-cloud-cli-pubsub-emulator",
        ]
    return "\n".join([*lines, "Or unset VIVIDLY_PUBSUB: the stack has a Pub/Sub of its own."])


def _jar() -> Path | None:
    for root in _sdk_roots():
        if jars := sorted(root.glob("platform/pubsub-emulator/lib/*.jar")):
            return jars[-1]
    return None


def _sdk_roots() -> list[Path]:
    roots = [Path.home() / "google-cloud-sdk", Path("/usr/lib/google-cloud-sdk")]
    if gcloud := shutil.which("gcloud"):
        roots.insert(0, Path(gcloud).resolve().parent.parent)
    if configured := os.environ.get("CLOUDSDK_ROOT_DIR"):
        roots.insert(0, Path(configured))
    return roots


class PubSubEmulator:
    """The emulator as a child process. Its topics are lost when it stops."""

    def __init__(self, java: Path, jar: Path, *, log: Path) -> None:
        self._command = (java, HEAP, "-jar", jar)
        self._log = log
        self._child: Child | None = None
        self._port: int | None = None

    @property
    def running(self) -> bool:
        """Whether it is running."""
        return self._child is not None and self._child.running

    def start(self, port: int | None = None) -> str:
        """Start it, on its previous port if it ran before.

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
        """Stop it. Its messages are lost."""
        if self._child:
            self._child.stop()
            self._child = None


def _answers(address: str) -> bool:
    try:
        # The address is our own, and uses http.
        with urllib.request.urlopen(f"http://{address}/", timeout=1) as response:  # nosec B310
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
