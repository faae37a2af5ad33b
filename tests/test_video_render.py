"""The rendered files, checked with players and other decoders, and on a failing machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.support.lessons import script_of, short_script, tones, write_wav
from vividly.lesson.video.audio import encode_m4a, loudness, read_wav
from vividly.lesson.video.layout import PORTRAIT
from vividly.lesson.video.painter import Painter
from vividly.lesson.video.picture import plane_views
from vividly.lesson.video.render import FILES, RenderSettings, render_in_subprocess, render_lesson
from vividly.lesson.video.slides import Slide
from vividly.lesson.video.supervise import JOB, NARRATION, SCRIPT, start
from vividly.lesson.video.timeline import FPS, Shot, build_timeline, frame_count
from vividly.model.errors import DeadlineExceeded, PermanentError, TransientError
from vividly.model.lesson import Line, Narration, Scene, Script, to_json

Lesson = tuple[Script, Narration, Path]


def lesson_in(folder: Path, *scenes: Scene) -> Lesson:
    """A lesson whose narration is written to a folder."""
    script = script_of(*scenes) if scenes else short_script()
    narration, samples = tones(script, word_s=0.2)
    return script, narration, write_wav(samples, folder / "narration.wav")


def tiny(folder: Path) -> Lesson:
    """Two seconds, two scenes."""
    return lesson_in(
        folder,
        Scene("title", "Motion", (Line("It moves.", "It moves"),), 0.3),
        Scene("explanation", "Speed", (Line("One, two.", "v = s ÷ t"), Line("Fast!", "Fast")), 0.3),
    )


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lesson, dict[str, Path]]:
    folder = tmp_path_factory.mktemp("rendered")
    lesson = lesson_in(folder)
    return lesson, render_lesson(*lesson, folder / "out")


def luma(path: Path) -> list[NDArray[np.uint8]]:
    """The Y plane of each frame, at a quarter of the size in each direction."""
    with av.open(str(path)) as container:
        return [plane_views(frame)[0][::4, ::4].copy() for frame in container.decode(video=0)]


def shots_of(lesson: Lesson) -> tuple[tuple[Shot, ...], Painter]:
    script, narration, _ = lesson
    painter = Painter(script, narration)
    return build_timeline(script, narration, painter.turns), painter


def test_the_video_is_what_players_expect(rendered: tuple[Lesson, dict[str, Path]]) -> None:
    (_, narration, _), files = rendered
    with av.open(str(files["video"])) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        context = video.codec_context
        assert (context.name, context.width, context.height) == ("h264", 1920, 1080)
        assert context.pix_fmt == "yuv420p"
        assert (context.color_primaries, context.color_trc, context.colorspace) == (1, 1, 1)
        assert context.color_range == 1
        assert (video.average_rate, video.base_rate) == (FPS, FPS)
        assert (audio.codec_context.name, audio.rate, audio.layout.name) == ("aac", 24000, "mono")
        lengths = [float(s.duration * s.time_base) for s in (video, audio)]
        assert lengths == pytest.approx([narration.duration] * 2, abs=1 / FPS)
        packets = [packet for packet in container.demux(video) if packet.size]
    starts = [float(packet.pts * packet.time_base) for packet in packets]
    assert np.allclose(np.diff(starts), 1 / FPS)
    assert all(packet.pts == packet.dts for packet in packets)
    data = files["video"].read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_each_slide_is_painted_once(
    rendered: tuple[Lesson, dict[str, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[tuple[Slide, int, int, bool]] = []
    paint = Slide.paint

    def noted(slide: Slide, revealed: int, turn: int = 0, *, moving: bool = False) -> Image.Image:
        painted.append((slide, revealed, turn, moving))
        return paint(slide, revealed, turn, moving=moving)

    monkeypatch.setattr(Slide, "paint", noted)
    shots, painter = shots_of(rendered[0])
    for shot in shots:
        painter.paint(shot.state)
    assert painted
    assert len(painted) == len(set(painted))


def test_every_frame_shows_its_state(rendered: tuple[Lesson, dict[str, Path]]) -> None:
    lesson, files = rendered
    frames = luma(files["video"])
    assert len(frames) == frame_count(lesson[1])
    shots, painter = shots_of(lesson)
    for shot in shots:
        drawn = plane_views(painter.paint(shot.state))[0][::4, ::4].astype(int)
        for at in (shot.start, shot.start + shot.frames - 1):
            error = np.abs(frames[at].astype(int) - drawn)
            assert error.mean() < 1.5 and np.percentile(error, 99.9) < 24
    assert all(frame.max() > 150 and frame.std() > 8 for frame in frames)


def test_skipped_pictures_decode_to_exactly_the_repeated_ones(
    rendered: tuple[Lesson, dict[str, Path]], tmp_path: Path
) -> None:
    lesson, files = rendered
    variable = render_lesson(*lesson, tmp_path, RenderSettings(frame_rate_mode="vfr"))
    shots, _ = shots_of(lesson)
    with av.open(str(variable["video"])) as sparse, av.open(str(files["video"])) as constant:
        constant.streams.video[0].codec_context.options = {"err_detect": "explode"}
        frames = constant.decode(video=0)
        decoded = 0
        for shot, picture in zip(shots, sparse.decode(video=0), strict=True):
            assert round(picture.time * FPS) == shot.start
            wanted = [view.copy() for view in plane_views(picture)]
            for _ in range(shot.frames):
                frame = next(frames)
                assert round(frame.time * FPS) == decoded
                assert all(map(np.array_equal, plane_views(frame), wanted))
                decoded += 1
        assert next(frames, None) is None
    assert decoded == frame_count(lesson[1])


@pytest.mark.parametrize("preset", ["superfast", "veryfast"])
def test_pictures_are_also_skipped_exactly_with_cabac(preset: str, tmp_path: Path) -> None:
    lesson = tiny(tmp_path)
    modes = {
        mode: render_lesson(
            *lesson, tmp_path / mode, RenderSettings(preset=preset, frame_rate_mode=mode)
        )["video"]  # type: ignore[arg-type]
        for mode in ("cfr", "vfr")
    }
    sparse, constant = luma(modes["vfr"]), luma(modes["cfr"])
    shots, _ = shots_of(lesson)
    repeated = [
        frame for shot, frame in zip(shots, sparse, strict=True) for _ in range(shot.frames)
    ]
    assert len(constant) == len(repeated)
    assert all(map(np.array_equal, constant, repeated))


def test_ffmpeg_itself_decodes_without_complaint(rendered: tuple[Lesson, dict[str, Path]]) -> None:
    ffmpeg = pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()
    lesson, files = rendered
    done = subprocess.run(
        [
            ffmpeg,
            "-v",
            "error",
            "-xerror",
            "-err_detect",
            "explode",
            "-i",
            str(files["video"]),
            "-map",
            "0:v",
            "-f",
            "framemd5",
            "-",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    sums = [line.split(",")[-1] for line in done.stdout.splitlines() if not line.startswith("#")]
    shots, _ = shots_of(lesson)
    assert len(sums) == frame_count(lesson[1]) and done.stderr == ""
    for shot in shots:
        assert len(set(sums[shot.start : shot.start + shot.frames])) == 1


def test_seeking_lands_on_the_right_picture(rendered: tuple[Lesson, dict[str, Path]]) -> None:
    (_, narration, _), files = rendered
    every = luma(files["video"])
    with av.open(str(files["video"])) as container:
        stream = container.streams.video[0]
        for start in narration.scene_starts:
            wanted = round(start * FPS) + 8
            container.seek(int(wanted / FPS / stream.time_base), stream=stream)
            frame = next(f for f in container.decode(stream) if round(f.time * FPS) == wanted)
            assert np.array_equal(plane_views(frame)[0][::4, ::4], every[wanted])


def test_the_sound_is_the_narration_at_the_loudness_of_online_video(
    rendered: tuple[Lesson, dict[str, Path]], tmp_path: Path
) -> None:
    (_, narration, wav), files = rendered
    with av.open(str(files["video"])) as container:
        resampler = av.AudioResampler("s16", "mono", narration.sample_rate)
        heard = np.concatenate(
            [
                part.to_ndarray()[0]
                for frame in [*container.decode(audio=0), None]
                for part in resampler.resample(frame)
            ]
        )
    assert loudness(heard, narration.sample_rate) == pytest.approx(-16, abs=1)
    assert np.abs(heard.astype(int)).max() <= 32768 * 10 ** (-1.5 / 20)
    said, _ = read_wav(wav)
    length = min(len(said), len(heard))
    window = np.ones(400)
    said_level, heard_level = (
        np.convolve(np.abs(x[:length].astype(float)), window, "same")[::100] for x in (said, heard)
    )
    shifts = range(-8, 9)
    match = [np.corrcoef(said_level[8:-8], np.roll(heard_level, s)[8:-8])[0, 1] for s in shifts]
    assert max(match) > 0.9
    assert abs(shifts[int(np.argmax(match))]) <= 2  # of 100 samples: 12 ms


def test_the_narration_alone_is_a_playable_file(tmp_path: Path) -> None:
    _, narration, wav = tiny(tmp_path)
    encode_m4a(wav, tmp_path / "narration.m4a")
    with av.open(str(tmp_path / "narration.m4a")) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
        assert container.duration / av.time_base == pytest.approx(narration.duration, abs=0.05)


def test_silence_is_not_amplified(tmp_path: Path) -> None:
    wav = write_wav(np.zeros(16000, np.int16), tmp_path / "silence.wav")
    encode_m4a(wav, tmp_path / "silence.m4a")
    with av.open(str(tmp_path / "silence.m4a")) as container:
        assert all(np.abs(frame.to_ndarray()).max() < 1e-3 for frame in container.decode(audio=0))


def test_the_other_files_are_there(rendered: tuple[Lesson, dict[str, Path]]) -> None:
    _, files = rendered
    assert files.keys() == FILES.keys()
    assert {path.name for path in files["video"].parent.iterdir()} == set(FILES.values())
    with Image.open(files["thumbnail"]) as thumbnail:
        assert (thumbnail.size, thumbnail.format) == ((1280, 720), "JPEG")
        assert np.asarray(thumbnail.convert("L")).std() > 8


def test_the_same_lesson_gives_the_same_bytes(tmp_path: Path) -> None:
    lesson = tiny(tmp_path)
    once, again = (render_lesson(*lesson, tmp_path / name) for name in ("once", "again"))
    assert {k: p.read_bytes() for k, p in once.items()} == {
        k: p.read_bytes() for k, p in again.items()
    }


def test_moviepy_makes_the_same_film(tmp_path: Path) -> None:
    lesson = tiny(tmp_path)
    ours = luma(render_lesson(*lesson, tmp_path / "ours")["video"])
    files = render_lesson(*lesson, tmp_path / "theirs", RenderSettings(encoder="moviepy"))
    theirs = luma(files["video"])
    assert len(ours) == len(theirs) == frame_count(lesson[1])
    for first, second in zip(ours, theirs, strict=True):
        assert np.abs(first.astype(int) - second).mean() < 1.5
    with av.open(str(files["video"])) as container:
        assert container.duration / av.time_base == pytest.approx(lesson[1].duration, abs=0.2)
        assert container.streams.audio[0].codec_context.name == "aac"
        assert container.streams.video[0].codec_context.colorspace == 1
    assert {path.name for path in (tmp_path / "theirs").iterdir()} == set(FILES.values())


def test_a_subprocess_gives_the_same_files_and_reports_progress(tmp_path: Path) -> None:
    lesson = tiny(tmp_path)
    seen: list[float] = []
    files = render_in_subprocess(*lesson, tmp_path / "sub", timeout=120, on_progress=seen.append)
    assert seen == sorted(seen) and seen[-1] == 1 and len(seen) > 5
    here = render_lesson(*lesson, tmp_path / "here")
    assert {k: p.read_bytes() for k, p in files.items()} == {
        k: p.read_bytes() for k, p in here.items()
    }
    assert {path.name for path in (tmp_path / "sub").iterdir()} == set(FILES.values())


def hanging(folder: Path) -> Lesson:
    """A lesson whose narration never arrives: reading the pipe blocks."""
    script, narration, wav = tiny(folder)
    wav.unlink()
    os.mkfifo(wav)
    return script, narration, wav


@pytest.mark.parametrize(
    ("limits", "error"),
    [
        ({"timeout": 3.0}, DeadlineExceeded),
        ({"timeout": 60.0, "stall_timeout": 3.0}, TransientError),
    ],
)
def test_a_hanging_render_is_killed(
    tmp_path: Path, limits: dict[str, float], error: type[Exception]
) -> None:
    lesson = hanging(tmp_path)
    with pytest.raises(error):
        render_in_subprocess(*lesson, tmp_path / "out", **limits)
    assert list((tmp_path / "out").iterdir()) == []
    assert processes_about(tmp_path) == []


def test_a_render_that_claims_too_much_memory_ends_and_leaves_nothing(tmp_path: Path) -> None:
    lesson = tiny(tmp_path)
    settings = RenderSettings(memory_bytes=200_000_000)
    with pytest.raises((PermanentError, TransientError), match="memory"):
        render_in_subprocess(*lesson, tmp_path / "out", settings, timeout=60)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_upright_video_shows_upright_slides(tmp_path: Path) -> None:
    script, narration, wav = tiny(tmp_path)
    settings = RenderSettings(aspect="9:16")
    files = render_lesson(script, narration, wav, tmp_path / "out", settings)
    with av.open(str(files["video"])) as container:
        context = container.streams.video[0].codec_context
        assert (context.width, context.height) == (1080, 1920)
    painter = Painter(script, narration, layout=PORTRAIT)
    frames = luma(files["video"])
    shots = build_timeline(script, narration, painter.turns)
    assert len(frames) == frame_count(narration)
    for shot in shots:
        drawn = plane_views(painter.paint(shot.state))[0][::4, ::4].astype(int)
        assert np.abs(frames[shot.start].astype(int) - drawn).mean() < 1.5
    with Image.open(files["thumbnail"]) as thumbnail:
        assert thumbnail.size == (1280, 720)  # players and platforms show thumbnails in landscape


def test_a_lossless_video_needs_a_variable_frame_rate(tmp_path: Path) -> None:
    lesson = tiny(tmp_path)
    with pytest.raises(PermanentError, match="vfr"):
        render_lesson(*lesson, tmp_path / "out", RenderSettings(quantiser=0))
    settings = RenderSettings(quantiser=0, frame_rate_mode="vfr")
    assert render_lesson(*lesson, tmp_path / "out", settings)["video"].stat().st_size


def test_raising_from_on_progress_stops_the_render(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(_fraction: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        render_in_subprocess(*tiny(tmp_path), tmp_path / "out", timeout=60, on_progress=stop)
    assert list((tmp_path / "out").iterdir()) == []
    assert processes_about(tmp_path) == []


def job(folder: Path, lesson: Lesson) -> Path:
    """A directory with the job of a lesson, as `supervised` writes it."""
    script, narration, wav = lesson
    work = folder / "job"
    work.mkdir()
    (work / SCRIPT).write_bytes(to_json(script))
    (work / NARRATION).write_bytes(to_json(narration))
    (work / JOB).write_text(json.dumps({"audio": str(wav), "settings": {}, "figures": {}}))
    return work


def test_the_render_ends_with_the_process_that_asked_for_it(tmp_path: Path) -> None:
    work = job(tmp_path, hanging(tmp_path))
    asks = (
        "import sys, time; from pathlib import Path\n"
        "from vividly.lesson.video.supervise import start\n"
        "start(Path(sys.argv[1])); print('started', flush=True); time.sleep(600)"
    )
    asking = subprocess.Popen([sys.executable, "-c", asks, str(work)], stdout=subprocess.PIPE)
    assert asking.stdout is not None and asking.stdout.readline() == b"started\n"
    with writer_of(tmp_path / "narration.wav"):
        assert len(processes_about(tmp_path)) == 1
        asking.kill()
        asking.wait()
        asking.stdout.close()
        ended(lambda: processes_about(tmp_path))


def test_a_render_ends_with_its_server_and_the_next_one_gets_another(tmp_path: Path) -> None:
    process = start(job(tmp_path, hanging(tmp_path)))
    with writer_of(tmp_path / "narration.wav"):
        (render,) = processes_about(tmp_path)
        os.kill(parent_of(render), signal.SIGKILL)
        assert process.end() == -signal.SIGKILL
        ended(lambda: processes_about(tmp_path))
    (tmp_path / "other").mkdir()
    files = render_in_subprocess(*tiny(tmp_path / "other"), tmp_path / "out", timeout=120)
    assert files.keys() == FILES.keys()


def test_renders_at_once_end_on_their_own(tmp_path: Path) -> None:
    stuck = start(job(tmp_path, hanging(tmp_path)))
    (tmp_path / "other").mkdir()
    other = tiny(tmp_path / "other")
    with writer_of(tmp_path / "narration.wav"):
        files = render_in_subprocess(*other, tmp_path / "out", timeout=120)
        assert files["video"].stat().st_size
        assert len(processes_about(tmp_path)) == 1
        assert stuck.end() == -signal.SIGKILL
        assert processes_about(tmp_path) == []


def ended(left: Callable[[], object]) -> None:
    """Wait until nothing is left."""
    end = time.monotonic() + 30
    while left():
        assert time.monotonic() < end
        time.sleep(0.05)


def parent_of(process: int) -> int:
    """The process id of the parent."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


@contextmanager
def writer_of(pipe: Path) -> Iterator[None]:
    """Has a named pipe open that somebody reads, and writes nothing."""
    end = time.monotonic() + 30
    while True:
        try:
            descriptor = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
            break
        except OSError:  # no reader yet
            assert time.monotonic() < end
            time.sleep(0.05)
    try:
        yield
    finally:
        os.close(descriptor)


def processes_about(folder: Path) -> list[int]:
    """The renders that work in a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            works_in, line = os.readlink(entry / "cwd"), (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if works_in.startswith(str(folder)) and b"render_process" in line:
            found.append(int(entry.name))
    return found


def test_a_full_disk_is_told_before_anything_is_drawn(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    settings = RenderSettings(spare_bytes=free + 10**12)
    with pytest.raises(TransientError, match="MB of disk"):
        render_lesson(*tiny(tmp_path), tmp_path / "out", settings)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    "render",
    [
        render_lesson,
        lambda *a: render_in_subprocess(*a, timeout=60),
    ],
)
def test_what_cannot_be_rendered_is_refused_and_leaves_nothing(tmp_path: Path, render) -> None:  # type: ignore[no-untyped-def]
    script, narration, wav = tiny(tmp_path)
    out = tmp_path / "out"
    stereo = tmp_path / "text.wav"
    stereo.write_text("not a sound")
    cases = [
        (script, replace(narration, duration=0.0), wav),
        (script, replace(narration, duration=float("nan")), wav),
        (script, replace(narration, duration=1201.0), wav),
        (script, replace(narration, duration=narration.duration + 3), wav),
        (script, replace(narration, scene_starts=(0.0,)), wav),
        (script, replace(narration, scene_starts=(1.0, 0.5)), wav),
        (replace(script, scenes=script.scenes[:1]), narration, wav),
        (replace(script, title="x" * 200), narration, wav),
        (script, narration, stereo),
    ]
    for case in cases:
        with pytest.raises(PermanentError):
            render(*case, out)
        assert not out.exists() or list(out.iterdir()) == []
    with pytest.raises(PermanentError, match="encoder"):
        render(script, narration, wav, out, RenderSettings(encoder="gif"))


def test_the_identity_changes_with_the_look_but_not_with_the_machine() -> None:
    plain = RenderSettings()
    assert plain.identity == RenderSettings(threads=1, spare_bytes=0).identity
    others = [
        RenderSettings(quantiser=23),
        RenderSettings(burn_captions=False),
        RenderSettings(encoder="moviepy"),
        RenderSettings(frame_rate_mode="vfr"),
    ]
    assert len({plain.identity, *(other.identity for other in others)}) == 5
