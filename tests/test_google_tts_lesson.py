"""A whole lesson in one of Google's voices: words and captions match the sound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
import pytest

from tests.support.lessons import short_script
from tests.support.recognise import word_error_rate
from tests.support.tts_server import SpeechServer, speech_server
from tests.test_google_tts import voice_of
from vividly.lesson.speech.narrate import LINE_GAP, QUESTION_GAP, Voiced, narrate
from vividly.lesson.speech.ssml import speech_requests
from vividly.lesson.video.captions import caption_cues
from vividly.library.corpus import load_topics
from vividly.model.lesson import Narration, Script
from vividly.platform.cost import metered

SCRIPT = short_script()


@pytest.fixture(params=["grpc", "rest"], scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[SpeechServer]:
    """Text-to-Speech over each transport in turn."""
    with speech_server(request.param) as server:
        yield server


@pytest.fixture(params=["", "Chirp3-HD-Kore"], scope="module", ids=["marks", "no marks"])
def lesson(server: SpeechServer, request: pytest.FixtureRequest) -> tuple[Voiced, list[float]]:
    """The lesson with marks and without, and how far each word is off in its line, in seconds."""
    before = len(server.truth)
    voiced = narrate(SCRIPT, voice_of(server, request.param))
    # Several lines are asked for at once, so that they are answered in any order.
    said = {_letters(word for word, *_ in spoken.words): spoken for spoken in server.truth[before:]}
    off: list[float] = []
    for line in voiced.lines:
        (asked,) = speech_requests(
            SCRIPT.scenes[line.scene].lines[line.line].say, "en-US", ssml=True, marks=True
        )
        spoken = said[_letters(token.plain for token in asked.tokens)]
        # The start of the first spoken word of each token.
        counts = [len(token.plain.split()) for token in asked.tokens]
        firsts = np.cumsum([0, *counts[:-1]])
        true = np.array([spoken.words[at][1] for at in firsts])
        found = np.array([line.words[token.at].start for token in asked.tokens])
        shift = np.median(found - true)
        off += np.abs(found - true - shift).tolist()
    return voiced, off


def _letters(words: Iterable[str]) -> str:
    return "".join(c for word in words for c in word.lower() if c.isalnum())


def narration_of(voiced: Voiced) -> Narration:
    return Narration(
        "", voiced.sample_rate, voiced.duration, voiced.scene_starts, voiced.lines, "google"
    )


def test_the_words_are_in_step(
    lesson: tuple[Voiced, list[float]], request: pytest.FixtureRequest
) -> None:
    _, off = lesson
    marks = "no marks" not in request.node.name
    print(
        f"\n{request.node.name}: {len(off)} words, median {np.median(off) * 1000:.0f} ms,"
        f" p95 {np.percentile(off, 95) * 1000:.0f} ms, most {max(off) * 1000:.0f} ms"
    )
    assert len(off) > 80
    assert np.median(off) <= (0.01 if marks else 0.06)
    assert np.percentile(off, 95) <= (0.08 if marks else 0.3)


def test_the_lines_are_as_written_and_one_after_the_other(
    lesson: tuple[Voiced, list[float]],
) -> None:
    voiced, _ = lesson
    says = [line.say for _, _, line in SCRIPT.lines()]
    assert [" ".join(word.text for word in line.words) for line in voiced.lines] == [
        " ".join(say.split()) for say in says
    ]
    assert voiced.sample_rate == 24_000
    assert all(one.end < other.start for one, other in pairwise(voiced.lines))
    # The voices' own silence at both ends is cut: only our pauses are between lines.
    same = [(a, b) for a, b in pairwise(voiced.lines) if a.scene == b.scene]
    for a, b in same:
        gap = QUESTION_GAP if a.words[-1].text.endswith("?") else LINE_GAP
        assert b.start - a.end == pytest.approx(gap, abs=0.002)


def test_the_captions_are_in_step(lesson: tuple[Voiced, list[float]]) -> None:
    voiced, _ = lesson
    cues = caption_cues(narration_of(voiced))
    starts = {word.start for line in voiced.lines for word in line.words}
    assert all(min(abs(cue.start - start) for start in starts) <= 0.02 for cue in cues)
    assert all(one.end <= other.start + 0.001 for one, other in pairwise(cues))
    shown = " ".join(" ".join(cue.rows) for cue in cues).split()
    assert shown == [word.text for line in voiced.lines for word in line.words]
    loud = np.abs(voiced.samples.astype(int))
    rate = voiced.sample_rate
    for cue in cues:
        heard = loud[round(cue.start * rate) : round(cue.end * rate)]
        assert heard.max() > 1500, cue.rows


def test_there_are_no_clicks_and_nothing_is_cut_off(
    lesson: tuple[Voiced, list[float]],
) -> None:
    voiced, _ = lesson
    rate = voiced.sample_rate
    for line in voiced.lines:
        begin, end = round(line.start * rate), round(line.end * rate)
        assert abs(int(voiced.samples[begin])) < 100
        assert abs(int(voiced.samples[end - 1])) < 100
        assert not voiced.samples[end : end + round(0.2 * rate)].any()


def test_a_recogniser_understands_the_lesson(server: SpeechServer) -> None:
    script = Script(**{**vars(SCRIPT), "scenes": SCRIPT.scenes[:2]})
    voiced = narrate(script, voice_of(server, "en-US-Neural2-D"))
    text = " ".join(line.say for _, _, line in script.lines())
    assert word_error_rate(voiced.samples, voiced.sample_rate, text) <= 0.15


@pytest.mark.parametrize("topic_id", ["photosynthesis", "newtons-second-law"])
def test_a_lesson_is_billed_for_little_more_than_its_letters(
    server: SpeechServer, topic_id: str
) -> None:
    topic = load_topics()[topic_id]
    says = [sentence.say for section in topic.sections for sentence in section.sentences][:8]
    synthesizer = voice_of(server)
    with metered() as meter:
        for say in says:
            synthesizer.synthesize(say)
    (usage,) = meter.usage
    assert 1.0 < usage.amount / sum(map(len, says)) < 1.3
