"""Renders a lesson: video, captions, chapters, transcript, thumbnail, and the audio alone."""

from __future__ import annotations

import errno
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from vividly.lesson.video.audio import encode_m4a, read_wav
from vividly.lesson.video.captions import captions_vtt, chapters_vtt, transcript_markdown
from vividly.lesson.video.encode import encode_lesson
from vividly.lesson.video.layout import LANDSCAPE
from vividly.lesson.video.moviepy_encoder import encode_with_moviepy
from vividly.lesson.video.painter import Painter
from vividly.lesson.video.settings import RenderSettings
from vividly.lesson.video.slides import slides_of
from vividly.lesson.video.supervise import Progress, nothing, supervised
from vividly.lesson.video.thumbnail import draw_thumbnail
from vividly.lesson.video.timeline import build_timeline
from vividly.lesson.video.tracks import tracks_of
from vividly.model.errors import PermanentError, TransientError
from vividly.model.lesson import Narration, Script

__all__ = ["FILES", "RenderSettings", "render_in_subprocess", "render_lesson"]

FILES = {
    "video": "video.mp4",
    "captions": "captions.vtt",
    "chapters": "chapters.vtt",
    "transcript": "transcript.md",
    "thumbnail": "thumbnail.jpg",
    "audio": "audio.m4a",
}
LONGEST_S = 20 * 60.0
LONGEST_HEADING = 160
"""Most characters of a heading. A longer one would be cut: only items can turn pages."""
_BYTES_PER_SECOND = 200_000
_AUDIO_TOLERANCE_S = 0.1


def render_lesson(
    script: Script,
    narration: Narration,
    audio_path: Path,
    out_dir: Path,
    settings: RenderSettings | None = None,
    *,
    figures: Mapping[str, Path] | None = None,
    on_progress: Progress = nothing,
) -> dict[str, Path]:
    """Render in this process.

    Args:
        audio_path: the narration, a 16-bit mono WAV file.
        out_dir: created if missing; it receives only finished files.
        figures: object name -> file, of the script's figures.
        on_progress: called with a fraction from 0 to 1.

    Returns:
        Kind -> file, with the kinds `video`, `captions`, `chapters`, `transcript`, `thumbnail`,
        `audio`.

    Raises:
        PermanentError: script, narration and audio do not belong together, or the lesson is
            empty or longer than 20 minutes.
        TransientError: the disk is full.
    """
    settings = settings or RenderSettings()
    with _finished_into(out_dir, script, narration, settings) as work:
        render_files(script, narration, audio_path, work, settings, figures or {}, on_progress)
    return _files_in(out_dir)


def render_in_subprocess(
    script: Script,
    narration: Narration,
    audio_path: Path,
    out_dir: Path,
    settings: RenderSettings | None = None,
    *,
    figures: Mapping[str, Path] | None = None,
    timeout: float,
    stall_timeout: float = 60.0,
    on_progress: Progress = nothing,
) -> dict[str, Path]:
    """Render like `render_lesson`, in a separate process that can be stopped.

    Args:
        timeout: seconds for the whole render.
        stall_timeout: seconds without progress after which the render is stopped.
        on_progress: as for `render_lesson`; if it raises, the render stops.

    Raises:
        DeadlineExceeded: `timeout` has passed.
        TransientError: the render stalled or crashed, or the disk is full.
        PermanentError: as for `render_lesson`.
    """
    settings = settings or RenderSettings()
    with _finished_into(out_dir, script, narration, settings) as work:
        supervised(
            script,
            narration,
            audio_path,
            work,
            settings,
            figures or {},
            timeout=timeout,
            stall_timeout=stall_timeout,
            on_progress=on_progress,
        )
    return _files_in(out_dir)


def render_files(
    script: Script,
    narration: Narration,
    audio_path: Path,
    work: Path,
    settings: RenderSettings,
    figures: Mapping[str, Path],
    on_progress: Callable[[float], None],
) -> None:
    """Write all files into a directory of the caller, which must be empty otherwise."""
    samples, rate = read_wav(audio_path)
    if abs(len(samples) / rate - narration.duration) > _AUDIO_TOLERANCE_S:
        raise PermanentError(
            f"the audio lasts {len(samples) / rate:.2f} s, but its timings "
            f"{narration.duration:.2f} s: they are from different narrations, speak it again"
        )
    with ThreadPoolExecutor(1, "sound") as pool:
        sound = pool.submit(encode_m4a, audio_path, work / FILES["audio"])
        (work / FILES["captions"]).write_text(captions_vtt(script, narration), "utf-8")
        (work / FILES["chapters"]).write_text(chapters_vtt(script, narration), "utf-8")
        (work / FILES["transcript"]).write_text(transcript_markdown(script, narration), "utf-8")
        painter = Painter(
            script,
            narration,
            captions=settings.burn_captions,
            layout=settings.layout,
            figures=figures,
        )
        wide = (
            painter.slides if settings.layout is LANDSCAPE else slides_of(script, figures=figures)
        )
        thumbnail = draw_thumbnail(script, wide)
        thumbnail.save(work / FILES["thumbnail"], quality=90)
        shots = build_timeline(
            script, narration, painter.turns, painter.motions if settings.motion else None
        )
        video = work / FILES["video"]
        if settings.encoder == "moviepy":
            encode_with_moviepy(shots, painter.paint, sound, video, settings, on_progress)
        else:
            tracks = tracks_of(script, narration, captions_on=not settings.burn_captions)
            encode_lesson(shots, painter.paint, sound, video, settings, tracks, on_progress)


@contextmanager
def _finished_into(
    out_dir: Path, script: Script, narration: Narration, settings: RenderSettings
) -> Iterator[Path]:
    """A working directory, whose files are moved to `out_dir` on success.

    It is on the same disk, so each file appears atomically; the video comes last.
    """
    _check(script, narration, settings)
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        _check_space(out_dir, narration, settings)
        work = Path(tempfile.mkdtemp(prefix=".render-", dir=out_dir))
        try:
            yield work
            for name in reversed(FILES.values()):
                os.replace(work / name, out_dir / name)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise TransientError(
                "the disk became full while rendering: free space, or give the workers larger disks"
            ) from error
        raise


def _check(script: Script, narration: Narration, settings: RenderSettings) -> None:
    if settings.encoder not in ("pyav", "moviepy"):
        raise PermanentError(f"unknown video encoder {settings.encoder!r}: use pyav or moviepy")
    if settings.quantiser == 0 and settings.frame_rate_mode != "vfr":
        raise PermanentError("a lossless video (quantiser 0) needs the frame rate mode vfr")
    if not script.scenes:
        raise PermanentError("the script has no scenes, so there is nothing to show")
    for heading in (script.title, *(scene.heading for scene in script.scenes)):
        if len(heading) > LONGEST_HEADING:
            raise PermanentError(
                f"a title or heading has {len(heading)} characters, more than the "
                f"{LONGEST_HEADING} that fit a slide: shorten it"
            )
    if len(narration.scene_starts) != len(script.scenes):
        raise PermanentError(
            f"the narration times {len(narration.scene_starts)} scenes, but the script has "
            f"{len(script.scenes)}: they do not belong together, speak it again"
        )
    if not math.isfinite(narration.duration) or narration.duration <= 0:
        raise PermanentError(
            f"the narration lasts {narration.duration} s: there is nothing to show"
        )
    if narration.duration > LONGEST_S:
        raise PermanentError(
            f"the narration lasts {narration.duration:.0f} s, more than the {LONGEST_S:.0f} s "
            "that a lesson may: shorten the script"
        )
    for line in narration.lines:
        scenes = script.scenes
        if line.scene >= len(scenes) or line.line >= len(scenes[line.scene].lines):
            raise PermanentError(
                f"the narration speaks line {line.line} of scene {line.scene}, which the script "
                "does not have: they do not belong together, speak it again"
            )
    times = [*narration.scene_starts, narration.duration]
    if any(later < earlier for earlier, later in pairwise(times)):
        raise PermanentError("the scenes of the narration are not in the order of time")


def _check_space(out_dir: Path, narration: Narration, settings: RenderSettings) -> None:
    needed = round(narration.duration * _BYTES_PER_SECOND) + settings.spare_bytes
    free = shutil.disk_usage(out_dir).free
    if free < needed:
        raise TransientError(
            f"rendering needs {needed / 1e6:.0f} MB of disk, but {free / 1e6:.0f} MB are free: "
            "free space, or give the workers larger disks"
        )


def _files_in(folder: Path) -> dict[str, Path]:
    return {kind: folder / name for kind, name in FILES.items()}
