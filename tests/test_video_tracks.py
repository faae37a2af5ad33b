"""The other tracks of an MP4: captions, chapters, metadata, and the level of the sound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.lessons import RATE, script_of, short_script, tones, write_wav
from tests.support.media import measured_loudness
from tests.test_speech import speaker
from vividly.lesson.scripting.shipped import shipped_script
from vividly.lesson.speech.narrate import narrate
from vividly.lesson.video import audio
from vividly.lesson.video.audio import encode_m4a, true_peak
from vividly.lesson.video.captions import caption_cues, transcript_markdown
from vividly.lesson.video.render import RenderSettings, render_lesson
from vividly.model.lesson import Line, Narration, Scene, Script, Source
from vividly.text.locales import locale_for

Rendered = tuple[Script, Narration, Path]


def two_scenes() -> Script:
    """Two scenes with signs that a careless writer of subtitles would trip over."""
    script = script_of(
        Scene("title", "Speed & <motion>", (Line("Is 3 < 4? Yes & no: «sí», ñandú."),), 0.6),
        Scene("explanation", "Más", (Line("One two three four five six seven."),), 1.2),
    )
    source = Source("A book", "1.1", "OpenStax", "CC BY 4.0")
    return replace(script, sources=(source, source), language="es-MX")


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    folder = tmp_path_factory.mktemp("tracks")
    script = two_scenes()
    narration, samples = tones(script)
    wav = write_wav(samples, folder / "narration.wav")
    return script, narration, render_lesson(script, narration, wav, folder / "out")["video"]


def subtitles(path: Path) -> list[tuple[float, float, str]]:
    """(start, end, text) of the cues that show something, in seconds."""
    with av.open(str(path)) as container:
        stream = next(s for s in container.streams if s.type == "subtitle")
        found = []
        for packet in container.demux(stream):
            if packet.pts is None:
                continue
            data = bytes(packet)
            text = data[2 : 2 + int.from_bytes(data[:2], "big")].decode()
            start = float(packet.pts * packet.time_base)
            if text:
                found.append((start, start + float(packet.duration * packet.time_base), text))
        return found


def test_the_captions_are_a_track_too(rendered: Rendered) -> None:
    _, narration, video = rendered
    cues = caption_cues(narration)
    found = subtitles(video)
    assert [text for _, _, text in found] == ["\n".join(cue.rows) for cue in cues]
    for (start, end, _), cue in zip(found, cues, strict=True):
        assert start == pytest.approx(cue.start, abs=0.0011)
        assert end == pytest.approx(cue.end, abs=0.0011)


def test_another_decoder_reads_the_captions(rendered: Rendered) -> None:
    with av.open(str(rendered[2])) as container:
        stream = next(s for s in container.streams if s.type == "subtitle")
        assert stream.metadata["language"] == "spa"
        said = " ".join(found.dialogue.decode() for found in container.decode(stream))
    assert "3 < 4? Yes & no" in said and "ñandú" in said


@pytest.mark.parametrize("burned", [True, False])
def test_the_track_is_on_only_where_the_picture_has_no_captions(
    burned: bool, rendered: Rendered, tmp_path: Path
) -> None:
    video = rendered[2]
    if not burned:
        script = two_scenes()
        narration, samples = tones(script)
        wav = write_wav(samples, tmp_path / "narration.wav")
        settings = RenderSettings(burn_captions=False)
        video = render_lesson(script, narration, wav, tmp_path / "out", settings)["video"]
    with av.open(str(video)) as container:
        stream = next(s for s in container.streams if s.type == "subtitle")
        assert bool(stream.disposition & av.stream.Disposition.default) is not burned


def test_the_scenes_are_chapters(rendered: Rendered) -> None:
    script, narration, video = rendered
    with av.open(str(video)) as container:
        chapters = container.chapters()
    assert [c["metadata"]["title"] for c in chapters] == [s.heading for s in script.scenes]
    starts = [float(c["start"] * c["time_base"]) for c in chapters]
    assert starts == pytest.approx(list(narration.scene_starts), abs=0.001)
    assert float(chapters[-1]["end"] * chapters[-1]["time_base"]) == pytest.approx(
        narration.duration, abs=0.002
    )


def test_title_and_credits_are_in_the_file(rendered: Rendered) -> None:
    script, _, video = rendered
    with av.open(str(video)) as container:
        assert container.metadata["title"] == script.title
        assert container.metadata["comment"] == "A book (OpenStax, CC BY 4.0)"
    data = video.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def spoken() -> tuple[NDArray[np.int16], int]:
    """A real voice with the pause of a question in between."""
    voiced = narrate(short_script("newtons-second-law"), speaker("hibari"))
    gap = np.zeros(4 * voiced.sample_rate, np.int16)
    half = len(voiced.samples) // 2
    return np.concatenate([voiced.samples[:half], gap, voiced.samples[half:]]), voiced.sample_rate


def quiet() -> tuple[NDArray[np.int16], int]:
    samples, rate = spoken()
    return (samples * 0.02).astype(np.int16), rate


def clipped() -> tuple[NDArray[np.int16], int]:
    samples, rate = spoken()
    return np.clip(samples.astype(np.float64) * 30, -32768, 32767).astype(np.int16), rate


def with_clicks() -> tuple[NDArray[np.int16], int]:
    samples, rate = spoken()
    samples = (samples * 0.2).astype(np.int16)
    for at in range(rate, len(samples), rate):
        samples[at : at + 2] = (32767, -32768)
    return samples, rate


@pytest.mark.parametrize("make", [spoken, quiet, clipped, with_clicks])
def test_loudness_and_true_peak(
    make: Callable[[], tuple[NDArray[np.int16], int]], tmp_path: Path
) -> None:
    samples, rate = make()
    wav = write_wav(samples, tmp_path / "narration.wav", rate)
    encode_m4a(wav, tmp_path / "narration.m4a")
    loudness, peak = measured_loudness(tmp_path / "narration.m4a")
    assert loudness == pytest.approx(-16, abs=1)
    assert peak <= -1.5


@pytest.mark.parametrize(
    ("voice", "topic"), [("hibari", "newtons-second-law"), ("espeak", "states-of-matter")]
)
def test_a_whole_lesson_has_the_level_too(voice: str, topic: str, tmp_path: Path) -> None:
    """Lessons that once came out of AAC at -1.39 dBTP, and of the limiter at -17.1 LUFS."""
    voiced = narrate(shipped_script(topic), speaker(voice))
    wav = write_wav(voiced.samples, tmp_path / "narration.wav", voiced.sample_rate)
    loudness, peak = measured_loudness(encode_m4a(wav, tmp_path / "narration.m4a"))
    assert loudness == pytest.approx(-16, abs=1)
    assert peak <= -1.5


def test_a_peak_that_came_out_too_high_is_encoded_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples, rate = spoken()
    wav = write_wav(samples, tmp_path / "narration.wav", rate)
    monkeypatch.setattr(audio, "_LIMIT_DB", -0.5)
    monkeypatch.setattr(audio, "_ATTEMPTS", 1)
    assert true_peak(encode_m4a(wav, tmp_path / "once.m4a")) > -1.5
    monkeypatch.setattr(audio, "_ATTEMPTS", 4)
    loudness, peak = measured_loudness(encode_m4a(wav, tmp_path / "anew.m4a"))
    assert peak == pytest.approx(true_peak(tmp_path / "anew.m4a"), abs=0.01)
    assert loudness == pytest.approx(-16, abs=1)
    assert peak <= -1.5


def test_the_video_has_the_same_level(tmp_path: Path) -> None:
    script = short_script()
    narration, samples = tones(script, word_s=0.1)
    wav = write_wav(samples, tmp_path / "narration.wav", RATE)
    loudness, peak = measured_loudness(render_lesson(script, narration, wav, tmp_path)["video"])
    assert loudness == pytest.approx(-16, abs=1)
    assert peak <= -1.5


@pytest.mark.parametrize(("language", "heading"), [("en-US", "Sources"), ("es-MX", "Fuentes")])
def test_sources_stand_once_under_a_heading_of_the_language(language: str, heading: str) -> None:
    source = Source("Una fuente", "2.1", "alguien", "CC BY", "https://example.org/a")
    last = Scene("sources", locale_for(language).lesson.headings.sources, ())
    script = replace(
        script_of(Scene("explanation", "1", (Line("Uno."),)), last),
        language=language,
        sources=(source,),
    )
    narration, _ = tones(script)
    for text in (script.text, transcript_markdown(script, narration)):
        assert text.endswith(
            f"\n\n## {heading}\n\n- Una fuente: 2.1 (alguien, CC BY) <https://example.org/a>\n"
        )
        assert text.count("Una fuente") == 1 and text.count("## ") == 2
