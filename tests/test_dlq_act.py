"""`vividly dlq replay|purge` and `vividly purge`: nothing is lost between two queues."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from beam_pipeline.cli import letters
from beam_pipeline.cli.letter_filters import Filter, age
from beam_pipeline.cli.letters import REPLAYS, DeadLetter
from beam_pipeline.pubsub import Resources
from tests.support.command_line import name_system, vividly
from tests.support.requests import claimed, ticket
from vividly.errors import SettingsError, TransientError
from vividly.ledger import Ledger, queries
from vividly.ledger.purge import MARK
from vividly.storage import open_store

TOPICS = {
    "content-generation-requests": "content-generation-worker-sub",
    "content-media": "content-media-worker-sub",
    "content-notifications": "content-notifications-sub",
    "content-requests-dev-dlq": "content-requests-dev-dlq-sub",
}


class Project:
    """Topics, and what lies on them."""

    def __init__(self, name: str) -> None:
        self.name, self.resources = name, Resources()
        for topic, subscription in TOPICS.items():
            self.resources.check_topic(self._full("topics", topic), create=True)
            self.resources.check_subscription(
                self._full("subscriptions", subscription),
                topic=self._full("topics", topic),
                create=True,
            )

    def _full(self, kind: str, name: str) -> str:
        return f"projects/{self.name}/{kind}/{name}"

    def publish(self, topic: str, data: bytes, **attributes: str) -> None:
        self.resources.publish(self._full("topics", topic), data, attributes)

    def bury(self, data: bytes, *, minutes_ago: int = 0, **attributes: str) -> None:
        at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        own = {
            "dlq_stage": "speak",
            "dlq_reason": "transient_exhausted",
            "dlq_replayable": "true",
            "dlq_failed_at": at.isoformat(timespec="milliseconds"),
        }
        self.publish("content-requests-dev-dlq", data, **(own | attributes))

    def take(self, topic: str) -> list[tuple[bytes, dict[str, str]]]:
        name, found = self._full("subscriptions", TOPICS[topic]), []
        while batch := self.resources.pull(name, limit=100, wait=0.5):
            self.resources.acknowledge(name, [one.ack_id for one in batch])
            found += [(one.data, dict(one.attributes)) for one in batch]
        return found

    @property
    def buried(self) -> list[bytes]:
        listed = (
            vividly("dlq", "list", "--json").json if vividly("dlq", "list").out[0] != "N" else []
        )
        return sorted(letter["data"].encode() for letter in listed)


@pytest.fixture
def project(
    pubsub: str, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Project:
    url = engine.url.render_as_string(hide_password=False)
    name_system(monkeypatch, tmp_path, url, pubsub)
    monkeypatch.setattr(letters, "PULL_S", 0.5)
    return Project(pubsub)


# -- replay -----------------------------------------------------------------------------------


def test_a_replay_is_the_original_message_and_counts_itself(project: Project) -> None:
    project.bury(b"one", trace="t-1", dlq_request_id="aaaa")
    project.bury(b"media", dlq_stage="take_over")
    assert "2 replayed" in vividly("dlq", "replay").out
    assert project.take("content-generation-requests") == [(b"one", {"trace": "t-1", REPLAYS: "1"})]
    assert project.take("content-media") == [(b"media", {REPLAYS: "1"})]
    assert project.buried == []


def test_what_does_not_match_stays(project: Project) -> None:
    project.bury(b"old", minutes_ago=180)
    project.bury(b"new")
    project.bury(b"other", dlq_stage="render", dlq_request_id="bbbb")
    project.bury(b"bad", dlq_reason="invalid", dlq_replayable="false")
    for words, replayed in (
        (["--older-than", "2h"], [b"old"]),
        (["--stage", "render"], [b"other"]),
        (["--request", "BB"], []),
        (["--newer-than", "1h", "--limit", "1"], [b"new"]),
        (["--reason", "invalid"], []),
        (["--reason", "invalid", "--force"], [b"bad"]),
    ):
        assert vividly("dlq", "replay", *words).code == 0
        assert [data for data, _ in project.take("content-generation-requests")] == replayed
    assert project.buried == []


def test_what_was_replayed_too_often_is_passed_over(project: Project) -> None:
    project.bury(b"again", **{REPLAYS: "3"})
    (passed,) = vividly("dlq", "replay", "--json").json
    assert (passed["result"], passed["why"]) == (
        "passed over",
        "it was replayed 3 times (--max-replays, --force)",
    )
    assert project.buried == [b"again"]
    assert vividly("dlq", "replay", "--max-replays", "4").code == 0
    ((_, attributes),) = project.take("content-generation-requests")
    assert attributes[REPLAYS] == "4"


def test_a_letter_whose_message_is_elsewhere_says_so(project: Project) -> None:
    project.bury(b"", dlq_data_url="gs://temp/dead-letters/abc")
    (passed,) = vividly("dlq", "replay", "--force", "--json").json
    assert "too large to be published; it lies at gs://temp/dead-letters/abc" in passed["why"]


def test_a_letter_stays_until_its_message_is_published(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        project.bury(f"m{number}".encode(), minutes_ago=10 - number)
    publish = Resources.publish

    def second_fails(self: Resources, topic: str, data: bytes, attributes: dict[str, str]) -> str:
        if data == b"m1":
            raise TransientError("Pub/Sub is away")
        return publish(self, topic, data, attributes)

    monkeypatch.setattr(Resources, "publish", second_fails)
    ended = vividly("dlq", "replay", "--json")
    assert ended.code == 1
    assert [one["result"] for one in ended.json] == ["replayed", "failed", "replayed"]
    monkeypatch.undo()
    assert [data for data, _ in project.take("content-generation-requests")] == [b"m0", b"m2"]


def test_a_replay_that_is_killed_loses_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.bury(b"first", minutes_ago=2)
    project.bury(b"second", minutes_ago=1)

    def gone(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(letters.Held, "done", gone)
        assert vividly("dlq", "replay").code == 130
    assert [data for data, _ in project.take("content-generation-requests")] == [b"first"]
    assert project.buried == [b"first", b"second"], "published, and not yet taken away: not lost"


def test_more_than_one_pull_brings(project: Project) -> None:
    for number in range(230):
        project.bury(f"{number}".encode())
    assert "230 replayed" in vividly("dlq", "replay", "--limit", "500").out
    assert len(project.take("content-generation-requests")) == 230


# -- purge ------------------------------------------------------------------------------------


def test_a_purge_asks_first(project: Project) -> None:
    project.bury(b"one")
    refused = vividly("dlq", "purge")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert "1 would be purged" in vividly("dlq", "purge", "--dry-run").out
    assert project.buried == [b"one"]
    assert "1 purged" in vividly("dlq", "purge", "--yes").out
    assert project.buried == []


def test_test_data_leaves_no_trace_and_nothing_else_goes(
    project: Project, engine: Engine, tmp_path: Path
) -> None:
    for bucket in ("generated", "temp"):
        (tmp_path / bucket).mkdir()
    submitted = vividly(
        *("submit", "--query", "Explain gravity", "--grade", "9", "--test", "--json")
    ).json["request_id"]
    ledger = Ledger(engine, owner="test")
    real = claimed(ledger)
    published = ticket()
    marked = claimed(ledger)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            'UPDATE content_requests SET message_attributes = \'{"vividly_test": "smoke"}\' '
            f"WHERE id = '{marked.request.request_id}'"
        )
    store = open_store(str(tmp_path / "generated"))
    for one in (real, marked):
        store.write(f"videos/{one.request.request_id}.mp4", b"x", "video/mp4")
    project.bury(b"test", **{MARK: "canary"})
    project.bury(b"about it", dlq_request_id=submitted)
    project.bury(b"real", dlq_request_id=published.request.request_id)
    project.publish("content-notifications", b"{}", request_id=submitted, event="completed")
    project.publish("content-notifications", b"{}", request_id=real.request.request_id)

    assert vividly("purge", "--yes").code == 2, "of what, it does not say"
    dry = vividly("purge", "--test-data", "--dry-run", "--json").json
    assert dry == {"requests": 2, "dead letters": 2, "notifications": 1}
    assert vividly("purge", "--test-data").code == 2, "nobody confirmed it"
    done = vividly("purge", "--test-data", "--yes").out
    assert "2 requests removed" in done
    assert queries.by_id(engine, [submitted, marked.request.request_id]) == {}
    assert real.request.request_id in queries.by_id(engine, [real.request.request_id])
    assert project.buried == [b"real"]
    assert [a["request_id"] for _, a in project.take("content-notifications")] == [
        real.request.request_id
    ]
    assert [p.name for p in (tmp_path / "generated" / "videos").iterdir()] == [
        f"{real.request.request_id}.mp4"
    ]
    assert vividly("purge", "--test-data", "--yes", "--json").json["requests"] == 0


def test_production_is_not_purged_by_accident(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "prod")
    refused = vividly("purge", "--test-data", "--yes")
    assert refused.code == 2
    assert "production" in refused.err


# -- cancel -----------------------------------------------------------------------------------


def test_what_has_ended_cannot_be_cancelled(project: Project, engine: Engine) -> None:
    ledger = Ledger(engine, owner="test")
    done = claimed(ledger)
    ledger.finish(done, "completed", message="", details={})
    refused = vividly("cancel", done.request.request_id)
    assert refused.code == 1
    assert "is completed already" in refused.err
    assert vividly("cancel", "ffffffff").code == 3
    pending = ticket()
    ledger.submit(pending.request, pending.message, {})
    assert vividly("cancel", pending.request.request_id).code == 0
    row = queries.by_id(engine, [pending.request.request_id])[pending.request.request_id]
    assert row["status"] == "cancelled"


# -- filters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("15m", 900), ("2h", 7200), ("3d", 259_200), ("0s", 0)]
)
def test_an_age_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert age(text, "--older-than").total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "2", "h", "-1h", "2 weeks", "1.5h", "9999999d"])
def test_any_other_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="such as 2h"):
        age(text, "--older-than")


def test_numbers_are_those_of_the_whole_list() -> None:
    all_of_them = [DeadLetter(b"a", {"dlq_stage": s}) for s in ("speak", "render", "speak")]
    assert [n for n, _ in Filter(stage="speak").matching(all_of_them)] == [1, 3]
