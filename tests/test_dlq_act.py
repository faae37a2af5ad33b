"""`vividly dlq replay|purge`: no message is lost between two queues."""

from __future__ import annotations

import time
from itertools import product
from pathlib import Path

import pytest

from beam_pipeline.cli import dead_letters as dead_letters_module
from beam_pipeline.cli.dead_letters import REPLAYS, DeadLetter, Filter, age
from beam_pipeline.cli.dlq_replay import IN_A_ROW
from beam_pipeline.pubsub import Resources
from tests.support.command_line import vividly
from tests.support.project import Project
from vividly.model.errors import SettingsError, TransientError

REQUESTS = "content-generation-requests"
LETTERS = "content-requests-dev-dlq"


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
        (["--request", "cc"], []),
        (["--request", "BB"], [b"other"]),
        (["--stage", "render"], []),
        (["--newer-than", "1h", "--limit", "1"], [b"new"]),
        (["--reason", "invalid"], []),
        (["--reason", "invalid", "--force"], [b"bad"]),
    ):
        assert vividly("dlq", "replay", *words).code == 0
        assert [data for data, _ in project.take("content-generation-requests")] == replayed
    assert project.buried == []


def test_what_was_replayed_too_often_is_skipped(project: Project) -> None:
    project.bury(b"again", **{REPLAYS: "3"})
    (passed,) = vividly("dlq", "replay", "--json").json
    assert (passed["result"], passed["why"]) == (
        "skipped",
        "it was replayed 3 times (--max-replays, --force)",
    )
    assert project.buried == [b"again"]
    assert vividly("dlq", "replay", "--max-replays", "4").code == 0
    ((_, attributes),) = project.take("content-generation-requests")
    assert attributes[REPLAYS] == "4"


def test_a_letter_whose_message_is_elsewhere_says_so(project: Project) -> None:
    project.bury(b"", dlq_data_url="gs://temp/dead-letters/abc")
    (passed,) = vividly("dlq", "replay", "--force", "--json").json
    assert "too large to be published; it is stored at gs://temp/dead-letters/abc" in passed["why"]


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

    with monkeypatch.context() as patch:
        patch.setattr(Resources, "publish", second_fails)
        ended = vividly("dlq", "replay", "--json")
    assert ended.code == 1
    assert [one["result"] for one in ended.json] == ["replayed", "failed", "replayed"]
    assert project.buried == [b"m1"]
    assert [data for data, _ in project.take("content-generation-requests")] == [b"m0", b"m2"]


def test_a_replay_that_is_killed_loses_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.bury(b"first", minutes_ago=2)
    project.bury(b"second", minutes_ago=1)

    def gone(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(dead_letters_module.PulledDeadLetters, "remove", gone)
        assert vividly("dlq", "replay").code == 130
    assert [data for data, _ in project.take("content-generation-requests")] == [b"first"]
    assert project.buried == [b"first", b"second"], "published, and not yet taken away: not lost"


def test_thousands_are_replayed_and_the_others_stay(project: Project) -> None:
    for number in range(1_100):
        project.bury(f"{number}".encode(), dlq_stage="render" if number < 1_050 else "speak")
    told = vividly("dlq", "replay", "--limit", "5000", "--stage", "render").out
    assert told.splitlines()[-1] == "1050 replayed"
    assert len({data for data, _ in project.take(REQUESTS)}) == 1_050
    assert project.buried == sorted(f"{number}".encode() for number in range(1_050, 1_100))


# -- messages are held during the work ----------------------------------------------------------


@pytest.mark.parametrize("held_s", [12, 60], ids=["held again and again", "held at once"])
def test_letters_are_held_for_longer_than_their_subscription_would(
    project: Project, monkeypatch: pytest.MonkeyPatch, held_s: int
) -> None:
    project.hold_letters_for(10)
    monkeypatch.setattr(dead_letters_module, "LEASE_S", held_s)
    for number in range(2):  # seven seconds each: longer than both
        project.bury(f"m{number}".encode(), minutes_ago=10 - number)
    publish, others = Resources.publish, []

    def slowly(self: Resources, topic: str, data: bytes, attributes: dict[str, str]) -> str:
        time.sleep(7)
        others.extend(project.take(LETTERS))
        return publish(self, topic, data, attributes)

    monkeypatch.setattr(Resources, "publish", slowly)
    assert "2 replayed" in vividly("dlq", "replay").out
    assert others == [], "somebody else got what was held"
    assert len(project.take(REQUESTS)) == 2


def test_a_letter_that_is_delivered_twice_is_replayed_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.bury(b"one")
    pull, extend = Resources.pull, Resources.extend

    def back_at_once(self: Resources, subscription: str, ids: list[str], *, seconds: int) -> None:
        """As if the lease had run out before it was made longer."""
        extend(self, subscription, ids, seconds=0)

    def twice(self: Resources, subscription: str, *, limit: int, wait: float) -> list[object]:
        found = pull(self, subscription, limit=limit, wait=wait)
        if len(pulled := [*pulls, *found]) > 1:
            monkeypatch.setattr(Resources, "extend", extend)
        pulls[:] = pulled
        return found

    pulls: list[object] = []
    monkeypatch.setattr(Resources, "extend", back_at_once)
    monkeypatch.setattr(Resources, "pull", twice)
    told = vividly("dlq", "replay").out
    assert len(pulls) == 2, "it came again while it was held"
    assert told.splitlines()[-1] == "1 replayed"
    monkeypatch.undo()
    assert len(project.take(REQUESTS)) == 1
    assert project.take(LETTERS) == []


def test_an_interrupt_gives_back_what_was_not_replayed_and_tells_what_was(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        project.bury(f"m{number}".encode(), minutes_ago=10 - number)
    publish = Resources.publish

    def interrupted(self: Resources, topic: str, data: bytes, attributes: dict[str, str]) -> str:
        if data == b"m2":
            raise KeyboardInterrupt
        return publish(self, topic, data, attributes)

    with monkeypatch.context() as patch:
        patch.setattr(Resources, "publish", interrupted)
        ended = vividly("dlq", "replay", "--json")
    assert ended.code == 130
    assert [one["result"] for one in ended.json] == ["replayed", "replayed"]
    assert [data for data, _ in project.take(LETTERS)] == [b"m2", b"m3"], "at once, not later"


def test_what_could_not_be_taken_away_is_told(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.bury(b"one")

    def away(*_: object) -> None:
        raise TransientError("Pub/Sub is away")

    with monkeypatch.context() as patch:
        patch.setattr(Resources, "acknowledge", away)
        ended = vividly("dlq", "replay", "--json")
        purged = vividly("dlq", "purge", "--yes")
    assert (ended.code, purged.code) == (1, 1)
    assert ended.json[0]["why"] == "replayed, but it is a dead letter still: Pub/Sub is away"
    assert "it is a dead letter still" in purged.out
    assert project.buried == [b"one"]


def test_an_outage_is_not_waited_for_letter_by_letter(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(IN_A_ROW + 3):
        project.bury(f"m{number}".encode())
    tried = []

    def away(self: Resources, topic: str, data: bytes, attributes: dict[str, str]) -> str:
        tried.append(data)
        raise TransientError("Pub/Sub is away")

    with monkeypatch.context() as patch:
        patch.setattr(Resources, "publish", away)
        ended = vividly("dlq", "replay")
    assert ended.code == 1
    assert len(tried) == IN_A_ROW
    assert f"{IN_A_ROW} failed" in ended.out
    assert "3 were not tried" in ended.err
    assert len(project.buried) == IN_A_ROW + 3


# -- dry runs -----------------------------------------------------------------------------------


def test_a_dry_run_says_what_a_run_then_does(project: Project, tmp_path: Path) -> None:
    project.bury(b"one", minutes_ago=5, dlq_request_id="aaaa")
    project.bury(b"media", minutes_ago=4, dlq_stage="take_over")
    project.bury(b"bad", minutes_ago=3, dlq_replayable="false")
    project.bury(b"two\nlines", minutes_ago=2)
    for words in (["--to", str(tmp_path / "again.jsonl")], []):
        dry = vividly("dlq", "replay", *words, "--dry-run", "--json").json
        assert len(project.buried) == (4 if words else 3)
        assert project.take(REQUESTS) == []
        assert not (tmp_path / "again.jsonl").exists()
        done = vividly("dlq", "replay", *words, "--json").json
        assert [one | {"result": one["result"].removeprefix("would be ")} for one in dry] == done
        if words:
            assert [one["result"] for one in done] == ["replayed", *["skipped"] * 3]
            assert (tmp_path / "again.jsonl").read_bytes() == b"one\n"
            (tmp_path / "again.jsonl").unlink()
        else:
            assert [one["to"].rpartition("/")[2] for one in done] == ["content-media", "", REQUESTS]


def test_what_is_skipped_does_not_use_the_limit_up(project: Project) -> None:
    for number in range(3):
        project.bury(b"bad", minutes_ago=9 - number, dlq_replayable="false")
    project.bury(b"one", minutes_ago=2)
    project.bury(b"two", minutes_ago=1)
    assert "1 replayed" in vividly("dlq", "replay", "--limit", "1").out
    assert [data for data, _ in project.take(REQUESTS)] == [b"one"]


def test_pub_subs_own_attributes_are_not_published_again(project: Project) -> None:
    project.bury(b"one", googclient_schemarevisionid="7", trace="t")
    assert vividly("dlq", "replay").code == 0
    assert project.take(REQUESTS) == [(b"one", {"trace": "t", REPLAYS: "1"})]


def test_a_file_that_cannot_be_written_to_keeps_the_letter(
    project: Project, tmp_path: Path
) -> None:
    project.bury(b"one")
    ended = vividly("dlq", "replay", "--to", str(tmp_path / "no" / "folder"))
    assert ended.code == 1
    assert "No such file" in ended.out
    assert project.buried == [b"one"]


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


def test_a_letter_goes_by_its_own_id_or_pub_subs() -> None:
    mine = DeadLetter(b"a", {"dlq_id": "0123456789ab"}, message_id="77001")
    older = DeadLetter(b"a", {}, message_id="77001")
    assert [letter.id for letter in (mine, older)] == ["0123456789ab", "77001"]
    assert Filter(ids=["7700"]).matching([mine, older]) == [older]


def test_letters_are_replayed_and_purged_by_their_ids(project: Project) -> None:
    for name in ("aaaa", "bbbb", "cccc", "dddd"):
        project.bury(name.encode(), dlq_id=f"{name}00000000")
    (done,) = vividly("dlq", "replay", "bbbb", "--json").json
    assert (done["id"], done["result"]) == ("bbbb00000000", "replayed")
    assert [data for data, _ in project.take(REQUESTS)] == [b"bbbb"]
    assert "2 purged" in vividly("dlq", "purge", "aaaa", "dddd00000000", "--yes").out
    assert project.buried == [b"cccc"]
    assert vividly("dlq", "purge", "cccc", "aaaa", "--yes").code == 3, "one of them is gone"
    assert project.buried == [b"cccc"]


def test_show_takes_the_filters_too(project: Project) -> None:
    project.bury(b"one", minutes_ago=9, dlq_request_id="AAAA1111")
    project.bury(b"two", minutes_ago=2, dlq_stage="render", dlq_id="bbbb22223333")
    shown = {
        ("--stage", "render"): ["two"],
        ("--older-than", "5m"): ["one"],
        ("--request", "aaaa"): ["one"],
        ("aAaA1111",): ["one"],
        ("bbbb", "--newer-than", "5m"): ["two"],
        ("--reason", "transient_exhausted"): ["one", "two"],
    }
    for words, data in shown.items():
        assert [one["data"] for one in vividly("dlq", "show", *words, "--json").json] == data
    assert vividly("dlq", "show", "aaaa", "--stage", "render").code == 3
    assert vividly("dlq", "show", "--stage", "speech").code == 3
    assert vividly("dlq", "show").code == 2


def test_a_filter_that_says_nothing_is_refused(project: Project) -> None:
    """An unset variable of a script must not stand for all letters."""
    project.bury(b"one")
    wrong = []
    for command, (option, value) in product(
        ("list", "show", "replay", "purge"),
        [
            ("--request", ""),
            ("--stage", ""),
            ("--older-than", ""),
            ("--newer-than", "yesterday"),
            ("--reason", ""),
            ("--reason", "transient"),
        ],
    ):
        yes = ["--yes"] if command == "purge" else []
        refused = vividly("dlq", command, option, value, *yes)
        if refused.code != 2 or option not in refused.err:
            wrong.append((command, option, value, refused))
    assert wrong == []
    assert project.take(LETTERS) != []
