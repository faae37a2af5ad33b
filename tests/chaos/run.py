"""Plays a plan, waits until all requests have ended, and checks the result."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.checker import ENDS, Verdict, check
from tests.chaos.faults import Faults
from tests.chaos.plan import Plan, Sending, make_plan
from tests.chaos.world import LETTERS, NOTES, World
from vividly.model.errors import VividlyError
from vividly.model.request import Message, parse_request
from vividly.platform.ledger import Ledger
from vividly.platform.ledger.engine import make_engine

RESEND_AFTER_S = 20.0
BUDGET_S = 240.0


@dataclass(frozen=True)
class Report:
    """What was played, and the result."""

    plan: Plan
    played: Counter[str]
    not_played: Counter[str]
    met: dict[str, int]
    seconds: float
    verdict: Verdict

    def as_json(self) -> dict[str, Any]:
        """The report without the individual cases."""
        return {
            "seed": self.plan.seed,
            "faults played": sum(self.played.values()),
            "by kind": dict(sorted(self.played.items())),
            "not possible here": dict(self.not_played),
            "calls that met a storm": self.met,
            "seconds": round(self.seconds),
            **self.verdict.facts,
            "promises": {name: len(cases) for name, cases in self.verdict.broken.items() if cases}
            or "all kept",
        }


def run(
    folder: Path,
    *,
    seed: int,
    requests: int,
    faults: int,
    seconds: float,
    bursts: int = 0,
    budget: float = BUDGET_S,
    say: Callable[[str], None] = lambda line: None,
) -> Report:
    """Play a plan from its seed.

    Args:
        folder: for all data and logs; it should be empty.
        seconds: the time over which requests and faults are spread.
        bursts: classes that ask for one lesson at once (`make_plan`).
        budget: seconds that a request may take.
    """
    plan = make_plan(seed, requests=requests, faults=faults, seconds=seconds, bursts=bursts)
    began = time.monotonic()
    with World(folder, budget=budget) as world:
        player = Faults(world)
        sender = _Sender(world, plan)
        world.held = sender.unacknowledged
        sender.start()
        start = time.monotonic()
        pending = list(plan.faults)
        while pending or sender.busy:
            now = time.monotonic() - start
            while pending and pending[0].at <= now:
                fault = pending.pop(0)
                say(f"{now:7.1f} s  {fault.kind}")
                player.play(fault)
            world.keep_up()
            time.sleep(0.2)
        player.quiet()
        say(f"{time.monotonic() - start:7.1f} s  all is sent, and no more faults come")
        _wait_until_calm(world, sender, say)
        while world.collect():
            pass
        world.save()
        verdict = check(
            plan.sendings,
            world.sql(),
            world.disk.root / "generated",
            [(one.data, dict(one.attributes)) for one in world.collected[LETTERS]],
            [(one.data, dict(one.attributes)) for one in world.collected[NOTES]],
            budget=budget,
        )
        met = {"model": world.model.met, "voice": world.voice.met}
        return Report(
            plan, player.played, player.not_played, met, time.monotonic() - began, verdict
        )


class _Sender:
    """The API gateway: it writes rows, publishes messages, and republishes those that were lost.

    Pub/Sub keeps accepted messages; the emulator loses them when it restarts. So a message
    without any trace after a while is published once more.
    """

    def __init__(self, world: World, plan: Plan) -> None:
        self._world = world
        self._cancels = sorted(
            (one.cancelled_at, one.request_id) for one in plan.sendings if one.cancelled_at
        )
        self._schedule = sorted(_deliveries(plan.sendings), key=lambda one: one[0])
        self._threads = [
            threading.Thread(target=target, daemon=True, name=target.__name__)
            for target in (self._send, self._cancel)
        ]
        self._sent: dict[bytes, tuple[Sending, float]] = {}

    @property
    def busy(self) -> bool:
        """Whether there is more to send."""
        return any(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        """Start publishing and cancelling."""
        for thread in self._threads:
            thread.start()

    def _send(self) -> None:
        start = time.monotonic()
        engine = make_engine(self._world.database_url)
        ledger = Ledger(engine, owner="gateway")
        for at, sending, first in self._schedule:
            time.sleep(max(0.0, start + at - time.monotonic()))
            if first and sending.submitted:
                self._submit(ledger, sending)
            attributes = {"request_id": sending.request_id} if sending.request_id else {}
            self._world.publish(sending.data, attributes)
            self._sent.setdefault(sending.data, (sending, time.monotonic()))
        engine.dispose()

    def _cancel(self) -> None:
        start = time.monotonic()
        for at, request_id in self._cancels:
            time.sleep(max(0.0, start + at - time.monotonic()))
            self._world.cancel(request_id)

    def _submit(self, ledger: Ledger, sending: Sending) -> None:
        request = parse_request(sending.data, environment="dev")
        message = Message(sending.data, {"request_id": sending.request_id})
        while not self._world.stopping.is_set():
            try:
                ledger.submit(request, message, {})
                return
            except VividlyError:
                time.sleep(0.5)

    def unacknowledged(self) -> list[tuple[bytes, dict[str, str]]]:
        """Messages that Pub/Sub may still hold: those whose end is not confirmed."""
        connection = self._world.sql()
        confirmed = {
            str(row[0])
            for row in connection.run(
                "SELECT id FROM content_requests WHERE status = ANY(:ends) AND lease_owner IS NULL",
                ends=list(ENDS),
            )
        }
        connection.close()
        lettered = {one.data for one in self._world.collected[LETTERS]}
        return [
            (sending.data, {"request_id": sending.request_id} if sending.request_id else {})
            for sending, _ in list(self._sent.values())
            if (
                sending.request_id not in confirmed
                if sending.valid
                else sending.data not in lettered
            )
        ]

    def send_again(self, known: set[str], lettered: set[bytes]) -> int:
        """Publish messages without any trace again. Returns their number."""
        again = [
            sending
            for sending, at in self._sent.values()
            if time.monotonic() - at > RESEND_AFTER_S
            and (sending.request_id not in known if sending.valid else sending.data not in lettered)
        ]
        for sending in again:
            attributes = {"request_id": sending.request_id} if sending.request_id else {}
            self._world.publish(sending.data, attributes)
            self._sent[sending.data] = (sending, time.monotonic())
        return len(again)


def _deliveries(sendings: tuple[Sending, ...]) -> Iterator[tuple[float, Sending, bool]]:
    for sending in sendings:
        yield sending.at, sending, True
        for at in sending.copies:
            yield at, sending, False


def _wait_until_calm(world: World, sender: _Sender, say: Callable[[str], None]) -> None:
    """Wait until all requests have ended and files of failed ones are deleted, or time is up."""
    # The budget of a request starts only when it is claimed.
    end = time.monotonic() + 3 * world.budget
    calm = 0
    while time.monotonic() < end and calm < 3:
        world.keep_up()
        time.sleep(2)
        connection = world.sql()
        known = {str(row[0]) for row in connection.run("SELECT id FROM content_requests")}
        (open_now,) = connection.run(
            "SELECT count(*) FROM content_requests WHERE NOT status = ANY(:ends)", ends=list(ENDS)
        )[0]
        (with_files,) = connection.run(
            "SELECT count(*) FROM content_requests WHERE status IN ('failed', 'cancelled') "
            "AND requested_modalities && '{audio,video}' AND withdrawn_at IS NULL "
            "AND deadline_at IS NOT NULL"
        )[0]
        connection.close()
        lettered = {one.data for one in world.collected[LETTERS]}
        again = sender.send_again(known, lettered)
        before = sum(map(len, world.collected.values()))
        say(
            f"          {open_now} open, {with_files} with files, {again} sent again, {before} told"
        )
        calm = calm + 1 if not open_now and not with_files and not again else 0
