"""The methods of rendering that `bench/render.py` compares, each in its own process.

`python bench/render_ways.py WAY FOLDER` loads everything, prints `ready`, waits for a line on
stdin, renders, and prints its own measurements as JSON: wall seconds, CPU seconds of itself and
its children, and for how many seconds of video they are.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vividly.model.lesson import Narration, Script, from_json

MOVIEPY_SECONDS = 15.0
NAIVE_SECONDS = 2.0
Way = Callable[[], tuple[Path, float]]
"""Renders; returns the video and how many seconds of it were rendered."""


def loaded(folder: Path) -> tuple[Script, Narration, Path]:
    """The lesson of the benchmark."""
    script = from_json(Script, (folder / "script.json").read_bytes())
    narration = from_json(Narration, (folder / "narration.json").read_bytes())
    return script, narration, folder / "narration.wav"


def ours(folder: Path, quantiser: int | None = None, *, motion: bool = True) -> Way:
    """The product's own renderer."""
    from vividly.lesson.video.render import RenderSettings, render_lesson

    lesson = loaded(folder)
    settings = RenderSettings(motion=motion)
    if quantiser is not None:
        settings = replace(settings, quantiser=quantiser, frame_rate_mode="vfr")
    out = folder / ("ours" if quantiser is None else "lossless")

    def run() -> tuple[Path, float]:
        return render_lesson(*lesson, out, settings)["video"], lesson[1].duration

    return run


def warm(folder: Path, *, motion: bool = True) -> Way:
    """The same in a process that has rendered another lesson before."""
    from vividly.lesson.video.render import render_lesson

    render_lesson(*loaded(folder.parent / "other"), folder / "before")
    return ours(folder, motion=motion)


def limit(folder: Path) -> Way:
    """x264 alone, on the pictures that differ, painted before; and AAC, at the same time."""
    import av

    from vividly.lesson.video import encode
    from vividly.lesson.video.audio import encode_m4a
    from vividly.lesson.video.painter import Painter
    from vividly.lesson.video.picture import plane_views
    from vividly.lesson.video.settings import RenderSettings
    from vividly.lesson.video.timeline import build_timeline

    script, narration, wav = loaded(folder)
    painter = Painter(script, narration)
    shots = build_timeline(script, narration, painter.turns)
    frames = []
    for shot in shots:
        painter.paint(shot.state)
        frame = av.VideoFrame(painter._frame.width, painter._frame.height, "yuv420p")
        for view, painted in zip(plane_views(frame), plane_views(painter._frame), strict=True):
            np.copyto(view, painted)
        frame.pts, frame.time_base = shot.start, encode._TICK
        frames.append(frame)
    settings = RenderSettings()

    def run() -> tuple[Path, float]:
        from concurrent.futures import ThreadPoolExecutor

        path = folder / "limit.mp4"
        with ThreadPoolExecutor(1) as pool, av.open(str(path), "w") as container:
            sound = pool.submit(encode_m4a, wav, folder / "limit.m4a")
            stream = encode._add_video_stream(container, settings)
            for frame in frames:
                for packet in stream.codec_context.encode(frame):
                    packet.stream = stream
                    container.mux(packet)
            for packet in stream.codec_context.encode(None):
                packet.stream = stream
                container.mux(packet)
            sound.result()
        return path, narration.duration

    return run


def moviepy_of_states(folder: Path) -> Way:
    """The same timeline with MoviePy's frame loop: a part from the middle of the lesson."""
    from vividly.lesson.video.audio import encode_m4a
    from vividly.lesson.video.moviepy_encoder import encode_with_moviepy
    from vividly.lesson.video.painter import Painter
    from vividly.lesson.video.settings import RenderSettings
    from vividly.lesson.video.timeline import FPS, build_timeline

    script, narration, wav = loaded(folder)
    painter = Painter(script, narration)
    shots = build_timeline(script, narration, painter.turns)
    middle = round(narration.duration * FPS / 2)
    some = [s for s in shots if 0 <= s.start - middle < MOVIEPY_SECONDS * FPS]
    stretch = [replace(shot, start=shot.start - some[0].start) for shot in some]
    sound: Future[Path] = Future()
    sound.set_result(encode_m4a(wav, folder / "moviepy.m4a"))
    settings = RenderSettings(encoder="moviepy")

    def run() -> tuple[Path, float]:
        path = folder / "moviepy.mp4"
        encode_with_moviepy(stretch, painter.paint, sound, path, settings, lambda _: None)
        return path, (stretch[-1].start + stretch[-1].frames) / FPS

    return run


def naive(folder: Path) -> Way:
    """Like the original system: nested clips, text cut at 200 characters on a flat colour."""
    try:
        from moviepy import AudioFileClip, ColorClip, CompositeVideoClip, ImageClip
    except ImportError:
        from moviepy.editor import AudioFileClip, ColorClip, CompositeVideoClip, ImageClip

    script, _, wav = loaded(folder)
    scene = next(scene for scene in script.scenes if scene.explains)

    def text_clip(text: str, size: int, top: int, start: float) -> Any:
        picture = Image.new("RGBA", (1600, 160))
        font = ImageFont.load_default(size)
        ImageDraw.Draw(picture).text((0, 20), text, font=font, fill=(255, 255, 255, 255))
        clip = ImageClip(np.asarray(picture))
        if hasattr(clip, "with_duration"):
            clip = clip.with_duration(NAIVE_SECONDS - start).with_start(start)
            return clip.with_position((160, top))
        clip = clip.set_duration(NAIVE_SECONDS - start).set_start(start).crossfadein(0.3)
        return clip.set_position((160, top))

    def run() -> tuple[Path, float]:
        clips = [ColorClip((1920, 1080), color=(30, 41, 59), duration=NAIVE_SECONDS)]
        clips.append(text_clip(scene.heading[:200], 72, 160, 0.0))
        for at, line in enumerate(scene.lines[:4]):
            clips.append(text_clip((line.show or line.say)[:200], 48, 360 + 140 * at, 0.3 * at))
        video = CompositeVideoClip(clips, size=(1920, 1080))
        sound = AudioFileClip(str(wav))
        path = folder / "naive.mp4"
        if hasattr(video, "with_audio"):
            video = video.with_audio(sound.subclipped(0, NAIVE_SECONDS))
        else:
            video = video.set_audio(sound.subclip(0, NAIVE_SECONDS))
        video.write_videofile(
            str(path),
            fps=30,
            codec="libx264",
            audio_codec="aac",
            preset="medium",
            bitrate="5000k",
            logger=None,
        )
        return path, NAIVE_SECONDS

    return run


def pictures(folder: Path) -> Way:
    """Our pictures without the sound, to measure the cost of a long lesson."""
    from vividly.lesson.video.audio import encode_m4a
    from vividly.lesson.video.encode import encode_lesson
    from vividly.lesson.video.painter import Painter
    from vividly.lesson.video.settings import RenderSettings
    from vividly.lesson.video.timeline import build_timeline
    from vividly.lesson.video.tracks import tracks_of

    script, narration, wav = loaded(folder)
    sound: Future[Path] = Future()
    sound.set_result(encode_m4a(wav, folder / "sound.m4a"))

    def run() -> tuple[Path, float]:
        painter = Painter(script, narration)
        shots = build_timeline(script, narration, painter.turns)
        path = folder / "pictures.mp4"
        tracks = tracks_of(script, narration, captions_on=False)
        encode_lesson(shots, painter.paint, sound, path, RenderSettings(), tracks, lambda _: None)
        return path, narration.duration

    return run


WAYS: dict[str, Callable[[Path], Way]] = {
    "ours": ours,
    "warm": warm,
    "moving": lambda folder: warm(folder.parent / "moving"),
    "still": lambda folder: warm(folder.parent / "moving", motion=False),
    "lossless": lambda folder: ours(folder, quantiser=0),
    "limit": limit,
    "moviepy": moviepy_of_states,
    "naive": naive,
    "pictures": pictures,
}


def _cpu() -> float:
    """CPU seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def main() -> None:
    """Run one method once."""
    way = WAYS[sys.argv[1]](Path(sys.argv[2]))
    print("ready", flush=True)
    sys.stdin.readline()
    started, cpu = time.monotonic(), _cpu()
    path, seconds = way()
    report = {
        "wall": time.monotonic() - started,
        "cpu": _cpu() - cpu,
        "seconds": seconds,
        "bytes": path.stat().st_size,
        "path": str(path),
    }
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
