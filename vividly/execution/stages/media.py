"""The stages that speak the script, render the video, and deliver both.

Audio and video libraries load slowly, and a text job never needs them. So each stage imports
its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vividly.execution.lesson_files import delivered_name, lesson_json
from vividly.execution.stages.base import StageContext, StageSpec
from vividly.model.errors import PermanentError
from vividly.model.lesson import LessonMedia, MediaFile, Narration, Script
from vividly.model.visuals.figure import Figure
from vividly.platform.cost import Usage
from vividly.platform.scratch import scratch_folder

SPEAK_WORKER_S = 4.0
RENDER_PER_SECOND = 0.1
"""Worker seconds for a second of video."""

if TYPE_CHECKING:
    from vividly.lesson.video.render import RenderSettings


def _speak_inputs(context: StageContext) -> Mapping[str, object]:
    return {
        "script": context.ticket.results["write_script"],
        "provider": context.services.synthesizer(context.request.language).identity,
    }


def _speak(context: StageContext, prefix: str) -> Narration:
    from vividly.lesson.speech.narrate import narrate, wav_bytes

    synthesizer = context.services.synthesizer(context.request.language)
    script = context.result("write_script", Script)
    voiced = narrate(script, synthesizer, check=context.deadline.check)
    audio = f"{prefix}.wav"
    context.services.temp.write(audio, wav_bytes(voiced.samples, voiced.sample_rate), "audio/wav")
    context.metadata["characters"] = sum(len(line.say) for _, _, line in script.lines())
    return Narration(
        audio=audio,
        sample_rate=voiced.sample_rate,
        duration=voiced.duration,
        scene_starts=voiced.scene_starts,
        lines=voiced.lines,
        voice=synthesizer.identity,
    )


def _describe_narration(narration: Narration) -> Mapping[str, object]:
    return {"provider": narration.voice, "audio_seconds": round(narration.duration, 3)}


def _render_settings(context: StageContext) -> RenderSettings:
    from vividly.lesson.video.render import RenderSettings

    settings = context.services.settings
    return RenderSettings(
        encoder=settings.video_encoder,
        aspect=settings.video_aspect,
        frame_rate_mode=settings.video_frame_rate,
        burn_captions=settings.video_captions == "burned_in",
    )


def _render_inputs(context: StageContext) -> Mapping[str, object]:
    return {
        "script": context.ticket.results["write_script"],
        "narration": context.ticket.results["speak"],
        "settings": _render_settings(context).identity,
    }


def _render(context: StageContext, prefix: str) -> LessonMedia:
    from vividly.lesson.video.render import render_in_subprocess

    script = context.result("write_script", Script)
    narration = context.result("speak", Narration)
    with scratch_folder("render") as folder:
        audio = folder / "narration.wav"
        context.services.temp.download(narration.audio, audio)
        script, figures = _with_its_figures(context, script, folder)
        rendered = render_in_subprocess(
            script,
            narration,
            audio,
            folder / "out",
            _render_settings(context),
            figures=figures,
            timeout=context.deadline.remaining,
            on_progress=context.report,
        )
        files = {kind: _keep(context, prefix, kind, path) for kind, path in rendered.items()}
    context.metadata["encoder"] = context.services.settings.video_encoder
    return LessonMedia(files=files, duration=narration.duration)


def _with_its_figures(
    context: StageContext, script: Script, folder: Path
) -> tuple[Script, dict[str, Path]]:
    """Download the figures of a script. Returns the script, and the files by object name.

    A scene whose figure is missing or unreadable becomes an explanation in words, so that a
    missing picture does not fail the lesson.

    Args:
        folder: where to put the files.

    Raises:
        TransientError: the OER bucket is busy or unavailable.
    """
    found, scenes = {}, []
    for at, scene in enumerate(script.scenes):
        if isinstance(scene.visual, Figure):
            name = scene.visual.image
            path = folder / f"figure-{at}{Path(name).suffix}"
            try:
                store = context.services.oer
                if store is None:
                    raise FileNotFoundError(name)
                store.download(name, path)
                found[name] = path
            except (FileNotFoundError, PermanentError):
                lines = tuple(replace(line, part=None) for line in scene.lines)
                scene = replace(scene, kind="explanation", visual=None, lines=lines)
                context.metadata["figures_missing"] = context.metadata.get("figures_missing", 0) + 1
        scenes.append(scene)
    return replace(script, scenes=tuple(scenes)), found


def _describe_media(media: LessonMedia) -> Mapping[str, object]:
    return {
        "seconds": round(media.duration, 3),
        "bytes": {kind: file.size for kind, file in media.files.items()},
    }


def _keep(context: StageContext, prefix: str, kind: str, path: Path) -> MediaFile:
    """Store a finished file under the stage's content-addressed prefix."""
    name = f"{prefix}.{kind}{path.suffix}"
    content_type = CONTENT_TYPES[path.suffix]
    context.services.temp.upload(name, path, content_type)
    return MediaFile(name=name, content_type=content_type, size=path.stat().st_size)


CONTENT_TYPES = {
    ".mp4": "video/mp4",
    ".m4a": "audio/mp4",
    ".vtt": "text/vtt",
    ".jpg": "image/jpeg",
    ".md": "text/markdown",
    ".json": "application/json",
}


def _deliver_inputs(context: StageContext) -> Mapping[str, object]:
    # Each attempt delivers its own files, marked with its number: the files of an earlier
    # attempt may be about to be withdrawn.
    return {
        "attempt": context.ticket.attempt,
        "request": context.request.request_id,
        "modalities": context.request.modalities,
        "results": dict(context.ticket.results),
    }


def _deliver(context: StageContext, prefix: str) -> LessonMedia:
    """Copy the lesson's files to the generated bucket, where the student's app reads them."""
    from vividly.lesson.video.audio import encode_m4a

    request, services = context.request, context.services
    script = context.result("write_script", Script)
    narration = context.result("speak", Narration)
    delivered: dict[str, MediaFile] = {}

    def publish(kind: str, path: Path) -> None:
        name = delivered_name(request.request_id, kind)
        content_type = CONTENT_TYPES[Path(name).suffix]
        context.check()
        services.generated.upload(name, path, content_type, attempt=context.ticket.attempt)
        delivered[kind] = MediaFile(name, content_type, path.stat().st_size)

    with scratch_folder("deliver") as folder:
        if request.wants_video:
            for kind, made in context.result("render", LessonMedia).files.items():
                path = folder / f"{kind}{Path(made.name).suffix}"
                services.temp.download(made.name, path)
                publish(kind, path)
        if "audio" not in delivered:
            wav, m4a = folder / "narration.wav", folder / "narration.m4a"
            services.temp.download(narration.audio, wav)
            encode_m4a(wav, m4a)
            publish("audio", m4a)
        urls = {kind: services.generated.uri(file.name) for kind, file in delivered.items()}
        lesson = folder / "lesson.json"
        lesson.write_bytes(lesson_json(request, script, narration, urls))
        publish("lesson", lesson)
    return LessonMedia(files=delivered, duration=narration.duration)


def _estimate_speech(context: StageContext) -> Iterator[Usage]:
    """The expected usage of speaking the script, estimated high."""
    voice = context.services.synthesizer(context.request.language)
    if voice.sku:
        lines = context.result("write_script", Script).lines()
        yield Usage(voice.sku, "characters", sum(len(line.say) for _, _, line in lines) * 1.2)
    yield Usage("worker", "seconds", SPEAK_WORKER_S)


def _estimate_rendering(context: StageContext) -> Iterator[Usage]:
    """The expected usage of rendering the video."""
    seconds = context.result("speak", Narration).duration * RENDER_PER_SECOND
    yield Usage("worker", "seconds", seconds)


SPEAK = StageSpec(
    name="speak",
    doing="Recording the narration",
    start=40,
    end=60,
    result=Narration,
    inputs=_speak_inputs,
    run=_speak,
    describe=_describe_narration,
    applies=lambda request: request.wants_media,
    computes=True,
    estimate=_estimate_speech,
    follows_text=True,
)
RENDER = StageSpec(
    name="render",
    doing="Rendering the video",
    start=60,
    end=92,
    result=LessonMedia,
    inputs=_render_inputs,
    run=_render,
    describe=_describe_media,
    applies=lambda request: request.wants_video,
    pool="render",
    computes=True,
    estimate=_estimate_rendering,
    follows_text=True,
)
DELIVER = StageSpec(
    name="deliver",
    doing="Delivering the lesson",
    start=92,
    end=95,
    result=LessonMedia,
    inputs=_deliver_inputs,
    run=_deliver,
    describe=_describe_media,
    applies=lambda request: request.wants_media,
    shared=False,
    computes=True,
)
