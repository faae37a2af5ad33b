"""One message becomes a lesson: Pub/Sub, Postgres, both jobs as processes of their own."""

from __future__ import annotations

import json
import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import av
import numpy as np
import pytest
import webvtt

from beam_pipeline.cli.context import Context
from beam_pipeline.cli.dlq import DeadLetter, dead_letters
from beam_pipeline.cli.requests import publish
from beam_pipeline.local.stack import LocalStack
from beam_pipeline.pubsub import Received, subscription_of
from tests.support.recognise import word_error_rate
from vividly.model.lesson import Narration, Script, from_json
from vividly.platform.ledger import queries
from vividly.platform.ledger.schema import ENDED

pytestmark = pytest.mark.slow
PATIENCE_S = 240
FRAME_S = 1 / 30


@dataclass
class Ran:
    """The final state of the whole system."""

    rows: dict[str, dict]
    stages: dict[str, list]
    events: dict[str, list]
    letters: list[DeadLetter]
    notifications: list[dict]
    script: Script
    narration: Narration
    bad: list[bytes]

    def path(self, request: str, kind: str) -> Path:
        return Path(unquote(urlsplit(self.rows[request][f"{kind}_url"]).path))


@pytest.fixture(scope="module")
def ran() -> Iterator[Ran]:
    with (
        tempfile.TemporaryDirectory(prefix="vividly-home-") as home,
        pytest.MonkeyPatch.context() as patch,
    ):
        Path(home).chmod(0o755)  # Postgres runs as another user if we are root
        patch.setenv("VIVIDLY_HOME", home)
        for name in ("DATABASE_URL", "PUBSUB_EMULATOR_HOST"):
            patch.delenv(name, raising=False)
        with LocalStack(print) as stack:
            stack.start_jobs()
            yield _run(stack)
        os.environ.pop("PUBSUB_EMULATOR_HOST", None)


def _run(stack: LocalStack) -> Ran:
    context = Context()
    base = {"student_id": "student-1", "grade_level": 9, "interest": "basketball"}
    asked = {
        "video": {"student_query": "Explain photosynthesis for basketball fans"},
        "audio": {"student_query": "What is gravity?", "requested_modalities": ["audio"]},
        "text": {"student_query": "What is natural selection?", "requested_modalities": ["text"]},
        "clarify": {"student_query": "waves"},
        "off": {"student_query": "Who won the game last night?"},
    }
    ids = {
        name: publish(context, {"request_id": str(uuid.uuid4()), **base, **fields})
        for name, fields in asked.items()
    }
    again = json.dumps({"request_id": ids["video"], **base, **asked["video"]}).encode()
    bad = [b"\xff\xfenot json", json.dumps({"request_id": "test-smoke-001"}).encode()]
    for data in (again, *bad):
        context.resources.publish(context.request_topic, data, {"sent_by": "the test"})
    end = time.monotonic() + PATIENCE_S
    engine = context.services.engine
    while time.monotonic() < end:
        stack.check()
        rows = queries.by_id(engine, ids.values())
        if all(row["status"] in ENDED for row in rows.values()):
            break
        time.sleep(0.5)
    with dead_letters(context, 10) as letters:
        found = list(letters)
    topic = context.job[1].notifications
    told: list[Received] = []
    while batch := context.resources.pull(subscription_of(topic), limit=100, wait=2):
        context.resources.acknowledge(subscription_of(topic), [m.ack_id for m in batch])
        told += batch
    names = {request_id: name for name, request_id in ids.items()}
    temp = context.services.temp
    stages = {name: queries.stages(engine, request_id) for name, request_id in ids.items()}
    scripts = sorted(temp.root.glob("write_script/*/*.json"))
    script, narration = _of_topic(scripts, temp.root, "photosynthesis")
    return Ran(
        rows={names[key]: dict(row) for key, row in rows.items()},
        stages=stages,
        events={name: queries.events(engine, request_id) for name, request_id in ids.items()},
        letters=found,
        notifications=[
            json.loads(m.data) | {"name": names[m.attributes["request_id"]]} for m in told
        ],
        script=script,
        narration=narration,
        bad=bad,
    )


def _of_topic(scripts: list[Path], root: Path, topic: str) -> tuple[Script, Narration]:
    (script,) = (
        s for s in (from_json(Script, p.read_bytes()) for p in scripts) if s.topic_id == topic
    )
    lines = sum(len(scene.lines) for scene in script.scenes)
    narrations = [from_json(Narration, p.read_bytes()) for p in root.glob("speak/*/*.json")]
    (narration,) = (
        n
        for n in narrations
        if len(n.scene_starts) == len(script.scenes)
        and len(n.lines) == lines
        and n.lines[0].words[0].text == script.scenes[0].lines[0].say.split()[0]
    )
    return script, narration


def test_every_request_comes_to_its_own_end(ran: Ran) -> None:
    assert {name: row["status"] for name, row in ran.rows.items()} == {
        "video": "completed",
        "audio": "completed",
        "text": "completed",
        "clarify": "clarification_needed",
        "off": "out_of_scope",
    }
    assert {ran.rows[name]["progress_percentage"] for name in ("video", "audio", "text")} == {100}


def test_the_duplicate_was_done_once(ran: Ran) -> None:
    assert [event["event_type"] for event in ran.events["video"]] == [
        "claimed",
        "text_ready",
        "completed",
    ]
    assert ran.rows["video"]["attempt"] == 1


def test_the_text_is_there_long_before_the_video(ran: Ran) -> None:
    row = ran.rows["video"]
    assert row["created_at"] < row["text_ready_at"] < row["completed_at"]
    assert row["seconds_to_text"] < row["seconds_to_end"] / 2


def test_only_what_was_asked_for_is_run(ran: Ran) -> None:
    done = {
        name: [s["stage_name"] for s in ran.stages[name] if s["status"] == "completed"]
        for name in ran.stages
    }
    text = ["understand", "find_lesson", "retrieve", "write_script"]
    assert done["video"] == [*text, "speak", "render", "deliver"]
    assert done["audio"] == [*text, "speak", "deliver"]
    assert done["text"] == text
    assert done["clarify"] == done["off"] == ["understand"]


def test_dead_letters_hold_the_bytes_as_they_came(ran: Ran) -> None:
    assert sorted(letter.data for letter in ran.letters) == sorted(ran.bad)
    for letter in ran.letters:
        assert letter.attributes["sent_by"] == "the test"
        assert letter.get("reason") == "invalid"
        assert letter.get("stage") == "validate"


def test_the_student_is_told_of_every_event(ran: Ran) -> None:
    told = {(note["name"], note["event"]) for note in ran.notifications}
    assert told == {
        ("video", "text_ready"),
        ("video", "completed"),
        ("audio", "text_ready"),
        ("audio", "completed"),
        ("text", "text_ready"),
        ("text", "completed"),
        ("clarify", "clarification_needed"),
        ("off", "out_of_scope"),
    }
    (last,) = (n for n in ran.notifications if (n["name"], n["event"]) == ("video", "completed"))
    assert last["video_url"] == ran.rows["video"]["video_url"]


def test_the_video_is_h264_and_aac_in_full_hd(ran: Ran) -> None:
    with av.open(str(ran.path("video", "video"))) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert (video.codec_context.width, video.codec_context.height) == (1920, 1080)
        assert video.average_rate == 30
        pictures = float(video.duration * video.time_base)
        sound = float(audio.duration * audio.time_base)
    assert pictures == pytest.approx(sound, abs=0.2)
    assert pictures == pytest.approx(ran.narration.duration, abs=0.2)
    assert 110 < pictures < 200


def test_it_can_play_while_it_loads(ran: Ran) -> None:
    data = ran.path("video", "video").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_it_is_not_black_and_it_changes(ran: Ran) -> None:
    pictures = []
    with av.open(str(ran.path("video", "video"))) as container:
        stream = container.streams.video[0]
        for second in range(5, int(ran.narration.duration) - 2, 15):
            container.seek(int(second / stream.time_base), stream=stream)
            frame = next(f for f in container.decode(stream) if f.time >= second - FRAME_S)
            pictures.append(frame.reformat(width=192, height=108, format="gray").to_ndarray())
    assert all(picture.max() > 180 and picture.std() > 8 for picture in pictures)
    for one, next_one in pairwise(pictures):
        assert np.abs(one.astype(int) - next_one).mean() > 1


def test_it_speaks_the_script(ran: Ran) -> None:
    samples, rate = _sound(ran.path("video", "video"))
    loudness = np.sqrt(np.mean((samples / 32768) ** 2))
    assert loudness > 0.01
    # The first minute, in the lines of the script.
    said = [line for line in ran.narration.lines if line.end < 60]
    text = " ".join(ran.script.scenes[line.scene].lines[line.line].say for line in said)
    heard = samples[: int((said[-1].end + 0.2) * rate)]
    assert word_error_rate(heard, rate, text) < 0.1
    assert word_error_rate(heard, rate, "Nobody said a single word of this sentence.") > 0.5


def test_captions_follow_the_words(ran: Ran) -> None:
    cues = webvtt.read(str(ran.path("video", "captions")))
    spoken = " ".join(line.say for _, _, line in ran.script.lines())
    assert " ".join(cue.text.replace("\n", " ") for cue in cues).split() == spoken.split()
    assert _seconds(cues[-1].end) <= ran.narration.duration
    for one, next_one in pairwise(cues):
        assert _seconds(one.start) < _seconds(one.end) <= _seconds(next_one.start)


def test_what_belongs_to_a_lesson_lies_beside_it(ran: Ran) -> None:
    folder = ran.path("video", "video").parent
    stem = ran.rows["video"]["id"]
    assert {p.name.removeprefix(stem) for p in folder.glob(f"{stem}*")} == {
        ".mp4", ".vtt", ".chapters.vtt", ".transcript.md", ".jpg", ".m4a", ".lesson.json",
    }  # fmt: skip
    lesson = json.loads((folder / f"{stem}.lesson.json").read_text())
    assert lesson["@type"] == "LearningResource"
    assert lesson["citation"]


def test_an_audio_lesson_is_a_playable_m4a(ran: Ran) -> None:
    samples, rate = _sound(ran.path("audio", "audio"))
    assert 100 < len(samples) / rate < 200
    assert np.abs(samples).max() > 3000
    assert ran.rows["audio"]["video_url"] is None


def _sound(path: Path) -> tuple[np.ndarray, int]:
    """All samples of a file's audio: 16-bit mono at 16 kHz."""
    rate = 16_000
    resampler = av.AudioResampler("s16", "mono", rate)
    with av.open(str(path)) as container:
        frames = [r for f in container.decode(audio=0) for r in resampler.resample(f)]
        frames += resampler.resample(None)
    return np.concatenate([f.to_ndarray()[0] for f in frames]), rate


def _seconds(stamp: str) -> float:
    hours, minutes, seconds = stamp.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
