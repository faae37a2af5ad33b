"""`vividly gallery`: one lesson per subject as video, and a contact sheet of their frames."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from beam_pipeline.cli.context import out, reported
from beam_pipeline.cli.display import safe

if TYPE_CHECKING:
    from PIL import Image

LESSONS = (
    ("newtons-second-law", "soccer", 10, "en-US"),
    ("chemical-bonds", "cooking", 9, "en-US"),
    ("photosynthesis", "basketball", 8, "en-US"),
    ("plate-tectonics", "video-games", 7, "en-US"),
    ("functions", "music", 9, "en-US"),
)
"""Topic, interest, grade and language of each."""


def gallery(
    into: Annotated[Path, typer.Option("--out", help="folder of the videos")] = Path("gallery"),
    sheet: Annotated[Path | None, typer.Option(help="where the contact sheet is written")] = None,
    aspect: Annotated[str, typer.Option(help="16:9 or 9:16")] = "16:9",
) -> None:
    """Render one lesson per subject, and a contact sheet of frames from the videos."""
    with reported():
        from vividly.lesson.video.contact_sheet import contact_sheet

        rows = [_lesson(*lesson, into, aspect) for lesson in LESSONS]
        columns = max(map(len, rows))
        path = sheet or into / "contact-sheet.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        width = 400 if aspect == "16:9" else 240
        contact_sheet(rows, width).save(path, quality=82, optimize=True)
        out.print(f"{len(rows)} lessons, {columns} frames each at most: {safe(str(path))}")


def _lesson(
    topic: str, interest: str, grade: int, language: str, into: Path, aspect: str
) -> list[Image.Image]:
    """Render a lesson; a frame from the end of each of its scenes."""
    from vividly.lesson.scripting.shipped import shipped_script
    from vividly.lesson.speech import make_synthesizer
    from vividly.lesson.speech.narrate import narrate, wav_bytes
    from vividly.lesson.video.render import RenderSettings, render_lesson
    from vividly.model.lesson import Narration
    from vividly.model.settings import Settings

    started = time.monotonic()
    script = shipped_script(topic, grade_level=grade, interest=interest, language=language)
    settings = Settings(database_url="", generated_content_bucket="", temp_files_bucket="")
    voice = make_synthesizer(settings, language)
    voiced = narrate(script, voice)
    folder = into / f"{script.subject}-{topic}"
    folder.mkdir(parents=True, exist_ok=True)
    wav = folder / "narration.wav"
    wav.write_bytes(wav_bytes(voiced.samples, voiced.sample_rate))
    narration = Narration(
        audio=wav.name,
        sample_rate=voiced.sample_rate,
        duration=voiced.duration,
        scene_starts=voiced.scene_starts,
        lines=voiced.lines,
        voice=voice.identity,
    )
    spoken = time.monotonic()
    files = render_lesson(script, narration, wav, folder, RenderSettings(aspect=aspect))
    wav.unlink()
    out.print(
        f"{safe(script.title)}: {voiced.duration:.0f} s of video, spoken in "
        f"{spoken - started:.1f} s, rendered in {time.monotonic() - spoken:.1f} s"
    )
    ends = [*narration.scene_starts[1:], narration.duration]
    times = []
    for scene, start, end in zip(script.scenes, narration.scene_starts, ends, strict=True):
        # At the scene's last word; a scene without speech just before its end.
        times.append(end - scene.pause - 0.1 if scene.lines else max(start, end - 0.5))
    return _frames(files["video"], times)


def _frames(video: Path, times: list[float]) -> list[Image.Image]:
    """The frames of a video at some times, in seconds."""
    import av

    found = []
    with av.open(str(video)) as container:
        for at in times:
            container.seek(int(at * av.time_base))
            frames = container.decode(video=0)
            found.append(next(frame for frame in frames if frame.time >= at).to_image())
    return found
