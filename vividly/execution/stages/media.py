"""The stages that speak the script, render the video, and gather the files of both.

Audio and video libraries load slowly, and a text job never needs them. So each stage imports
its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from vividly.execution.stages.base import StageContext, StageSpec
from vividly.lesson.video.settings import render_settings
from vividly.model.errors import PermanentError
from vividly.model.lesson import LessonMedia, MediaFile, Narration, Script
from vividly.model.visuals.figure import Figure
from vividly.platform.cost import Usage, charge
from vividly.platform.scratch import scratch_folder

SPEAK_WORKER_S = 4.0
DEAR_VOICE_PER_CHARACTER = 0.2
"""Worker seconds for a character, spoken by a voice that needs all cores."""
RENDER_PER_SECOND = 0.1
"""Worker seconds for a second of video."""


def _speak_inputs(context: StageContext) -> Mapping[str, object]:
    return {
        "script": context.ticket.results["write_script"],
        "provider": context.services.synthesizer(context.request.language).identity,
    }


def _speak(context: StageContext, prefix: str) -> Narration:
    from vividly.lesson.speech.narrate import narrate, wav_bytes

    synthesizer = context.services.synthesizer(context.request.language)
    script = context.result("write_script", Script)
    began = time.monotonic()
    voiced = narrate(script, synthesizer, check=context.deadline.check)
    if synthesizer.at_once > 1:  # the stage itself is charged as one core
        charge("worker", seconds=(synthesizer.at_once - 1) * (time.monotonic() - began))
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
    return {
        "provider": narration.voice,
        "robotic": narration.robotic,
        "audio_seconds": round(narration.duration, 3),
    }


def _render_inputs(context: StageContext) -> Mapping[str, object]:
    return {
        "script": context.ticket.results["write_script"],
        "narration": context.ticket.results["speak"],
        "settings": render_settings(context.services.settings).identity,
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
            render_settings(context.services.settings),
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
    return {
        "narration": context.ticket.results["speak"],
        "render": context.ticket.results.get("render", ""),
    }


def _deliver(context: StageContext, prefix: str) -> LessonMedia:
    """Gather the lesson's files, which are then delivered to each request that waits for it."""
    from vividly.lesson.video.audio import encode_m4a

    narration = context.result("speak", Narration)
    files: dict[str, MediaFile] = {}
    if context.request.wants_video:
        files |= context.result("render", LessonMedia).files
    if "audio" not in files:
        with scratch_folder("deliver") as folder:
            wav, m4a = folder / "narration.wav", folder / "narration.m4a"
            context.services.temp.download(narration.audio, wav)
            encode_m4a(wav, m4a)
            files["audio"] = _keep(context, prefix, "audio", m4a)
    return LessonMedia(files=files, duration=narration.duration)


def _estimate_speech(context: StageContext) -> Iterator[Usage]:
    """The expected usage of speaking the script, estimated high."""
    voice = context.services.synthesizer(context.request.language)
    lines = context.result("write_script", Script).lines()
    characters = sum(len(line.say) for _, _, line in lines)
    if voice.sku:
        yield Usage(voice.sku, "characters", characters * 1.2)
    dear = characters * DEAR_VOICE_PER_CHARACTER if voice.uses_all_cores else 0.0
    yield Usage("worker", "seconds", SPEAK_WORKER_S + dear)


def _voice_needs_all_cores(context: StageContext) -> bool:
    return context.services.synthesizer(context.request.language).uses_all_cores


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
    needs_all_cores=_voice_needs_all_cores,
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
    computes=True,
)
