"""The faults, one method for each kind."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from contextlib import suppress

import pg8000.native

from beam_pipeline.local.processes import Child
from tests.chaos.plan import Fault
from tests.chaos.world import JOBS, LEASE_S, World
from vividly.model.errors import SettingsError

SLOWLY = ("restart_postgres", "crash_postgres", "restart_pubsub", "full_disk", "hang_postgres")
"""Kinds with a lock while they last: two of them at once would act as one."""

LESSON_WAIT_S = 150.0
FIRST = """
SELECT first.id::text FROM lesson_work JOIN content_requests AS first
    ON first.id::text = split_part(token_by, '/', 1) AND first.lesson_key = key
WHERE lesson_work.status IN ('waiting', 'working') AND first.status = 'generating'
    AND EXISTS (SELECT 1 FROM content_requests AS other WHERE other.lesson_key = key
                AND other.status = 'generating' AND other.id <> first.id)
ORDER BY 1
"""
"""The requests that began a lesson which another request waits for as well."""


class Faults:
    """Plays a plan's faults.

    Attributes:
        played: count by kind.
        not_played: kinds that this machine does not allow.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.played: Counter[str] = Counter()
        self.not_played: Counter[str] = Counter()
        self._locks = {
            name: threading.Lock() for name in ("postgres", "pubsub", "disk", "jobs", "lesson")
        }

    def play(self, fault: Fault) -> None:
        """Play one fault; in a thread of its own if it lasts."""
        threading.Thread(target=self._play, args=(fault,), daemon=True, name=fault.kind).start()

    def _play(self, fault: Fault) -> None:
        done = getattr(self, fault.kind)(fault)
        (self.not_played if done is False else self.played)[fault.kind] += 1

    def quiet(self) -> None:
        """Wait for the lasting faults to end, and restore everything."""
        while any(lock.locked() for lock in self._locks.values()):
            self.world.keep_up()
            time.sleep(0.1)
        for proxy in (self.world.postgres_proxy, self.world.pubsub_proxy):
            proxy.mend()
        self.world.disk.clear()

    # -- processes -------------------------------------------------------------------------

    def kill_text_job(self, fault: Fault) -> None:
        self._kill("text", fault)

    def kill_media_job(self, fault: Fault) -> None:
        self._kill("media", fault)

    def freeze_text_job(self, fault: Fault) -> None:
        self._freeze("text", fault)

    def freeze_media_job(self, fault: Fault) -> None:
        self._freeze("media", fault)

    def kill_requeue(self, fault: Fault) -> None:
        with self._locks["jobs"]:
            self.world.requeue.kill()

    def skew_clock(self, fault: Fault) -> None:
        """Restart a job on a machine whose clock is up to ten minutes off."""
        at = int(fault.draw * len(JOBS))
        with self._locks["jobs"]:
            self.world.skews[at] = (fault.draw * 1e4 % 1 - 0.5) * 1200
            self.world.jobs[at].kill()

    def _kill(self, stages: str, fault: Fault) -> None:
        with self._locks["jobs"]:
            self._one(stages, fault).kill()

    def _freeze(self, stages: str, fault: Fault) -> None:
        """Freeze a job for longer than its lease, so that others claim its requests meanwhile."""
        job = self._one(stages, fault)
        try:
            os.killpg(job.process.pid, signal.SIGSTOP)
            time.sleep(LEASE_S + 3 * fault.seconds)
            os.killpg(job.process.pid, signal.SIGCONT)
        except ProcessLookupError:
            return

    def _one(self, stages: str, fault: Fault) -> Child:
        chosen = [at for at, kind in enumerate(JOBS) if kind == stages]
        return self.world.jobs[chosen[int(fault.draw * len(chosen))]]

    # -- servers ---------------------------------------------------------------------------

    def restart_postgres(self, fault: Fault) -> None:
        with self._locks["postgres"]:
            self.world.postgres.stop()
            time.sleep(fault.seconds)
            self._start_postgres()

    def crash_postgres(self, fault: Fault) -> None:
        with self._locks["postgres"]:
            server = self.world.postgres._server
            assert server is not None
            server.kill()
            time.sleep(fault.seconds / 2)
            self._start_postgres()

    def _start_postgres(self) -> None:
        while not self.world.postgres.running and not self.world.stopping.is_set():
            self.world.on_main(self._try_to_start_postgres)

    def _try_to_start_postgres(self) -> None:
        # Child processes of the previous one may still be ending.
        with suppress(SettingsError):
            self.world.postgres.start()

    def hang_postgres(self, fault: Fault) -> None:
        with self._locks["postgres"]:
            self.world.postgres_proxy.hang()
            time.sleep(fault.seconds)
            self.world.postgres_proxy.mend()

    def reset_postgres(self, fault: Fault) -> None:
        self.world.postgres_proxy.reset()

    def reset_pubsub(self, fault: Fault) -> None:
        self.world.pubsub_proxy.reset()

    def restart_pubsub(self, fault: Fault) -> None:
        with self._locks["pubsub"]:
            self.world.restart_pubsub()

    def full_disk(self, fault: Fault) -> bool:
        with self._locks["disk"]:
            if not self.world.disk.fill():
                return False
            time.sleep(fault.seconds)
            self.world.disk.clear()
            return True

    # -- requests --------------------------------------------------------------------------

    def cancel_first(self, fault: Fault) -> bool:
        """Cancel the request that began a lesson, as soon as it and another one wait for it."""
        end = time.monotonic() + LESSON_WAIT_S
        with self._locks["lesson"]:
            while time.monotonic() < end and not self.world.stopping.is_set():
                found: list[str] = []
                # The database may be away, too: by another fault.
                with suppress(OSError, pg8000.native.InterfaceError, pg8000.native.DatabaseError):
                    connection = self.world.sql()
                    found = [row[0] for row in connection.run(FIRST)]
                    connection.close()
                if found:
                    self.world.cancel(found[int(fault.draw * len(found))])
                    return True
                time.sleep(0.3)
        return False

    # -- the model and the voice -----------------------------------------------------------

    def model_429(self, fault: Fault) -> None:
        self.world.model.storm("429", fault.seconds)

    def model_503(self, fault: Fault) -> None:
        self.world.model.storm("503", fault.seconds)

    def model_hang(self, fault: Fault) -> None:
        self.world.model.storm("hang", fault.seconds)

    def model_garbage(self, fault: Fault) -> None:
        self.world.model.storm("garbage", fault.seconds)

    def speech_429(self, fault: Fault) -> None:
        self.world.voice.storm("429", fault.seconds)

    def speech_503(self, fault: Fault) -> None:
        self.world.voice.storm("503", fault.seconds)

    def speech_garbage(self, fault: Fault) -> None:
        self.world.voice.storm("garbage", fault.seconds)
