"""Holds `beam_pipeline.local.runner` to each promise of its docstring.

It mends private parts of Beam, so every promise is tried on a real pipeline in a
process of its own, against our own Pub/Sub and Google's emulator.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from beam_pipeline.local.emulator import PubSubEmulator, find_emulator
from beam_pipeline.local.pubsub_server import LocalPubSub
from tests.support.pubsub import EMULATOR, ON_BOTH, OWN
from tests.support.streaming import ACK_DEADLINE_S, Bench, until

MORE_THAN_BEAM_TRIES = 6


@pytest.fixture
def bench(pubsub: str, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(pubsub, tmp_path)
    yield bench
    bench.close()


@ON_BOTH
def test_nothing_is_lost_when_the_process_is_killed(bench: Bench) -> None:
    bench.send("a", "b", "c", "d", second=0.2)
    killed = bench.job(lease=2)
    killed.await_line("second b")  # element a has passed both steps, but its bundle has not ended
    killed.process.kill()
    assert killed.ended() == -9

    next_run = bench.job(lease=2)
    until(lambda: set(next_run.names("second")) == set("abcd"), "all four, done again")
    drained, _ = next_run.stop()
    assert drained
    assert bench.unclaimed(1, wait=3) == set()  # longer than the lease: they are finished


@ON_BOTH
def test_a_lease_outlives_the_subscriptions_own_deadline(bench: Bench) -> None:
    bench.send("slow", first=ACK_DEADLINE_S + 2)
    job = bench.job(lease=6)
    job.await_line("first slow")
    assert bench.unclaimed(1, wait=ACK_DEADLINE_S + 1) == set()
    job.await_line("second slow")
    drained, counters = job.stop()
    assert drained
    assert counters == {"First": 1, "Second": 1}


@ON_BOTH
def test_messages_are_given_back_when_the_pipeline_dies(bench: Bench) -> None:
    bench.send("good", first=1)
    job = bench.job(max_messages=2, lease=600)
    job.await_line("first good")
    bench.send("bad", **{"raise": True})
    job.await_line("died ValueError")
    bench.send("late")
    assert bench.unclaimed(2) == {"bad", "late"}
    assert job.ended() == 1
    assert len(bench.pull(bench.answered, 1)) == 1


@ON_BOTH
def test_draining_finishes_what_was_pulled_and_leaves_the_rest(bench: Bench) -> None:
    bench.send(*"abcde", first=1)
    job = bench.job(max_messages=2)
    until(lambda: len(job.names("first")) == 1, "a message at work")
    drained, counters = job.stop()
    done = set(job.names("second"))
    assert drained
    assert len(done) == 2
    assert counters == {"First": 2, "Second": 2}
    assert len(bench.pull(bench.answered, 2)) == 2
    assert bench.unclaimed(3) == set("abcde") - done


@ON_BOTH
def test_draining_gives_back_what_takes_too_long(bench: Bench) -> None:
    bench.send("endless", first=3600)
    job = bench.job(grace=0.2, lease=600)
    job.await_line("first endless")
    drained, _ = job.stop()
    assert not drained
    assert bench.unclaimed(1) == {"endless"}


@ON_BOTH
def test_bundles_add_up_and_any_message_can_be_published(bench: Bench) -> None:
    names = {"timeout": "1", "retry": "no", "data": "d", "topic": "t", "ordering_key": "k"}
    job = bench.job(max_messages=1, grace=15)
    bench.send("odd", attributes=names)
    bench.send("large", bytes=9_900_000, attributes=names)
    bench.send("small")
    answers = bench.pull(bench.answered, 3)
    assert sorted(len(answer.data) for answer in answers) == [1, 1, 9_900_000]
    assert [dict(a.attributes) for a in answers].count(names) == 2
    # The waiting pull is cancelled; Beam's own would last longer than the grace period.
    drained, counters = job.stop()
    assert drained
    assert counters == {"First": 3, "Second": 3}


def test_bundles_overlap_and_each_is_acknowledged_by_itself(bench: Bench) -> None:
    bench.send("slow", first=3600)
    job = bench.job(max_messages=1, bundles=2, lease=2)
    job.await_line("first slow")
    for name in ("quick", "next"):
        bench.send(name)
        job.await_line(f"second {name}")
    assert len(bench.pull(bench.answered, 2)) == 2
    until(lambda: len(job.names("second")) == 2, "both of the quick ones")
    # `next` was pulled after `quick` was acknowledged. Something else is at work, whose
    # notifications may not be published.
    assert "marked" not in job.lines
    job.process.kill()
    assert "quick" not in bench.unclaimed(3, wait=ACK_DEADLINE_S)


def test_requests_are_marked_as_notified_when_no_bundle_is_at_work(bench: Bench) -> None:
    job = bench.job(bundles=2)
    bench.send("a")
    job.await_line("marked")
    assert job.names("second") == ["a"]


def test_nothing_is_kept_of_messages_that_are_processed(bench: Bench) -> None:
    job = bench.job(max_messages=1)
    names = [f"{number}" for number in range(120)]

    def objects_after(count: int) -> int:
        new = names[len(job.names("second")) : count]
        bench.send(*new)
        until(lambda: len(job.names("second")) == count, f"{count} messages")
        assert len(bench.pull(bench.answered, len(new))) == len(new)
        return job.objects()

    few = objects_after(20)
    many = objects_after(120)
    assert many - few < 50, "less than one object for two messages"


@pytest.mark.parametrize("kind", [OWN, EMULATOR])
def test_pubsub_may_go_away_and_come_back(
    kind: str, empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server: LocalPubSub | PubSubEmulator = LocalPubSub(empty_database_url)
    if kind == EMULATOR:
        found = find_emulator()
        if isinstance(found, str):
            pytest.skip(found)
        server = PubSubEmulator(*found, log=tmp_path / "emulator.log")
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", server.start())
    bench = Bench("test-away", tmp_path)

    def notices(text: str) -> None:
        errors = job.log.with_suffix(".err")
        until(lambda: errors.read_text().count(text) >= MORE_THAN_BEAM_TRIES, text)

    def come_back(text: str) -> None:
        """Start the server again. The emulator then lacks its topics, which the job must see."""
        server.start()
        if kind == OWN:
            return
        notices(text)
        # A message published before its subscription exists reaches no reader.
        job.send_signal(signal.SIGSTOP)
        bench.create()
        job.send_signal(signal.SIGCONT)

    try:
        job = bench.job(lease=10)
        bench.send("before")
        assert len(bench.pull(bench.answered, 1)) == 1

        server.stop()  # while the job reads
        notices("trying again: 503")
        come_back("trying again: 404")
        bench.send("after", second=1)
        job.await_line("second after")

        server.stop()  # before the job publishes
        notices("publishing again: 503")
        come_back("publishing again: 404")
        assert len(bench.pull(bench.answered, 1)) == 1
        drained, counters = job.stop()
        assert drained
        if kind == EMULATOR:
            assert counters == {"First": 2, "Second": 2}
        else:  # it still has the message whose acknowledgement it missed
            assert counters["First"] == counters["Second"] >= 2
    finally:
        bench.close()
        server.stop()
