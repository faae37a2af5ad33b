"""Narrates a whole lesson: speaks each line, places it in time and normalises the level."""

from __future__ import annotations

import io
import math
import wave
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial

import numpy as np

from vividly.lesson.speech.assemble import asks
from vividly.lesson.speech.synthesizer import Samples, SpeechSynthesizer, Utterance
from vividly.model.errors import PermanentError
from vividly.model.lesson import Line, Scene, SceneKind, Script, SpokenLine, Word

LEAD_IN = 0.4
LINE_GAP = 0.45
QUESTION_GAP = 0.8
"""Silence after a line that asks, in seconds."""
SILENT_SCENE = 2.0
SILENT_SCENES: Mapping[SceneKind, float] = {"sources": 4.0}
MAX_PAUSE = 60.0
MAX_DURATION = 20 * 60.0
PEAK = 10 ** (-3 / 20)


@dataclass(frozen=True, eq=False)
class Voiced:
    """A narration with its samples; `lesson.Narration` has a file name instead of them.

    The sample rate is the voice's own (hibari 24000, espeak-ng 22050). The video encoder
    resamples once, so nothing is resampled here.

    Attributes:
        samples: mono signed 16-bit samples, shape (n,); the peak is at -3 dBFS.
        duration: length in seconds, with the pause after the last scene.
        scene_starts: seconds, one per scene of the script.
        lines: in spoken order; times in seconds from the start of the narration.
    """

    samples: Samples
    sample_rate: int
    duration: float
    scene_starts: tuple[float, ...]
    lines: tuple[SpokenLine, ...]


def narrate(
    script: Script, synthesizer: SpeechSynthesizer, *, check: Callable[[], None] = lambda: None
) -> Voiced:
    """Speak a script.

    Args:
        check: called before each line; raises to stop the work.

    Raises:
        PermanentError: the script has no lines, a line cannot be spoken, a pause is out of
            range, or the narration would be longer than 20 minutes.
    """
    if not any(scene.lines for scene in script.scenes):
        raise PermanentError("the script has no lines, so there is nothing to narrate")
    with _spoken(script, synthesizer, check) as utterances:
        return _placed(script, list(utterances))


def _placed(script: Script, utterances: Sequence[Utterance]) -> Voiced:
    """The lines in time, scaled so that the loudest sample is at the peak level."""
    following = iter(utterances)
    rate, seconds = utterances[0].sample_rate, LEAD_IN
    scene_starts: list[float] = []
    lines: list[SpokenLine] = []
    firsts: list[int] = []
    for scene_at, scene in enumerate(script.scenes):
        scene_starts.append(round(seconds, 6) if scene_at else 0.0)
        for line_at in range(len(scene.lines)):
            utterance = next(following)
            if utterance.sample_rate != rate:
                raise PermanentError(
                    f"the voice changed from {rate} to {utterance.sample_rate} samples a second at"
                    f" scene {scene_at + 1}, line {line_at + 1}: use one voice for a whole script"
                )
            if line_at:
                asked = asks(scene.lines[line_at - 1].say)
                seconds += QUESTION_GAP if asked else LINE_GAP
            firsts.append(round(seconds * rate))
            start = firsts[-1] / rate  # in whole samples, so that rounding errors do not add up
            seconds = start + utterance.duration
            words = tuple(
                Word(word.text, round(start + word.start, 3), round(start + word.end, 3))
                for word in utterance.words
            )
            lines.append(SpokenLine(scene_at, line_at, round(start, 3), round(seconds, 3), words))
        seconds += _pause_after(scene, scene_at)
        if seconds > MAX_DURATION:
            raise PermanentError(
                f"the narration is longer than {MAX_DURATION / 60:g} minutes:"
                " shorten the script or its pauses"
            )
    loudest = max(int(np.abs(one.samples.astype(np.int32)).max()) for one in utterances)
    if not loudest:
        raise PermanentError("the voice gave silence for the whole script")
    samples = np.zeros(round(seconds * rate), np.int16)
    gain = np.float32(PEAK * 32767 / loudest)
    for first, utterance in zip(firsts, utterances, strict=True):
        samples[first : first + len(utterance.samples)] = np.rint(utterance.samples * gain)
    return Voiced(samples, rate, len(samples) / rate, tuple(scene_starts), tuple(lines))


@contextmanager
def _spoken(
    script: Script, synthesizer: SpeechSynthesizer, check: Callable[[], None]
) -> Iterator[Iterator[Utterance]]:
    """The spoken lines in order; as many are spoken at once as the voice asks for."""

    def speak(line: tuple[int, int, Line]) -> Utterance:
        check()
        try:
            return synthesizer.synthesize(line[2].say, script.grade_level)
        except PermanentError as error:
            place = f"scene {line[0] + 1}, line {line[1] + 1}"
            raise type(error)(f"{place}: {error}") from error

    pool = ThreadPoolExecutor(synthesizer.at_once, thread_name_prefix="vividly-speak")
    try:
        # The stage's deadline and its meter are in the context of this thread.
        speaks = [partial(copy_context().run, speak, line) for line in script.lines()]
        yield pool.map(lambda speak: speak(), speaks)
    finally:
        pool.shutdown(cancel_futures=True)


def wav_bytes(samples: Samples, sample_rate: int) -> bytes:
    """A mono 16-bit WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(sample_rate)
        out.writeframes(samples.astype("<i2", copy=False).tobytes())
    return file.getvalue()


def _pause_after(scene: Scene, at: int) -> float:
    if not (math.isfinite(scene.pause) and 0 <= scene.pause <= MAX_PAUSE):
        raise PermanentError(
            f"scene {at + 1} has a pause of {scene.pause} s: give 0 to {MAX_PAUSE:g} s"
        )
    least = 0.0 if scene.lines else SILENT_SCENES.get(scene.kind, SILENT_SCENE)
    return max(scene.pause, least)
