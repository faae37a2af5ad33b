"""Child processes that end with their parent, however it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from vividly.model.errors import SettingsError

MAX_LOG_BYTES = 10_000_000
_BECOME = (sys.executable, "-I", "-S", str(Path(__file__).with_name("become.py")))


def listens(port: int) -> bool:
    """Whether something listens on a port of the loopback address."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port(wanted: int = 0) -> int:
    """A free TCP port of the loopback address: the wanted one, or any if that is taken."""
    with socket.socket() as probe:
        # A port that a server has just left is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command_of(pid: int) -> str:
    """A process's command line; empty if there is no such process."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
        except OSError:
            return ""
    asked = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout


class Child:
    """A process in its own session, with its output in a log file.

    Ctrl-C in the terminal does not reach it; its starter stops it. On Linux the kernel sends it
    `orphan_signal` (by default its stop signal) if this process is killed.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: tuple[int, int] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        orphan_signal: signal.Signals | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._stop_signal = stop_signal
        self._start = partial(
            Child,
            name,
            argv,
            log=log,
            env=env,
            cwd=cwd,
            user=user,
            stop_signal=stop_signal,
            orphan_signal=orphan_signal,
        )
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
            log.replace(log.with_name(log.name + ".1"))
        identity = f"{user[0]}:{user[1]}" if user else "-"
        become = [*_BECOME, str(os.getpid()), str(int(orphan_signal or stop_signal)), identity]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [*become, *map(str, argv)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env) if env is not None else None,
                cwd=cwd,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        """Whether it is running."""
        return self.process.poll() is None

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait until it is ready, for `seconds` at most.

        Raises:
            SettingsError: it ended or was not ready in time; the message has its last lines.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.running:
                raise SettingsError(
                    f"{self.name} ended at once (exit {self.process.returncode}); "
                    f"{self.log} ends with:\n{self.last_lines()}"
                )
            if ready():
                return
            time.sleep(0.02)
        raise SettingsError(
            f"{self.name} was not ready in {seconds:.0f} s; {self.log} ends with:\n"
            f"{self.last_lines()}"
        )

    def last_lines(self, count: int = 8) -> str:
        """The last `count` lines of its log."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-count:])

    def again(self) -> Child:
        """Start the same command again."""
        return self._start()

    def ask_to_stop(self) -> None:
        """Send it the signal to end, without waiting."""
        if self.running:
            self._signal(self._stop_signal)

    def kill(self) -> None:
        """Kill it and its children at once."""
        self._signal(signal.SIGKILL, group=True)
        self.process.wait()

    def stop(self, *, seconds: float = 10.0) -> None:
        """Ask it to end, and kill it if it does not within `seconds`."""
        self.ask_to_stop()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def _signal(self, number: signal.Signals, *, group: bool = False) -> None:
        with contextlib.suppress(ProcessLookupError):
            if group:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)
