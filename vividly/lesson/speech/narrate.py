"""Narrates a whole lesson: speaks each line, places it in time and normalises the level."""

from __future__ import annotations

import io
import math
import wave
from collections.abc import Callable, Iterator, Mapping
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
    track = _Track(LEAD_IN)
    scene_starts: list[float] = []
    with _spoken(script, synthesizer, check) as utterances:
        for scene_at, scene in enumerate(script.scenes):
            scene_starts.append(track.seconds if scene_at else 0.0)
            for line_at, _ in enumerate(scene.lines):
                utterance = next(utterances)
                if line_at:
                    before = scene.lines[line_at - 1].say
                    track.pause(QUESTION_GAP if asks(before) else LINE_GAP)
                track.place(scene_at, line_at, utterance)
            track.pause(_pause_after(scene, scene_at))
    return track.finish(tuple(scene_starts))


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

    if synthesizer.at_once == 1:
        yield map(speak, script.lines())
        return
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


class _Track:
    """The narration in progress. It counts samples, so that rounding errors do not add up."""

    def __init__(self, lead_in: float) -> None:
        self._silence = lead_in
        self._rate = 0
        self._length = 0
        self._placed: list[tuple[int, Utterance]] = []
        self._lines: list[SpokenLine] = []

    @property
    def seconds(self) -> float:
        """Length so far, with the silence that is pending."""
        spoken = self._length / self._rate if self._rate else 0.0
        return round(spoken + self._silence, 6)

    def pause(self, seconds: float) -> None:
        self._silence += seconds
        self._refuse_too_long()

    def place(self, scene: int, line: int, utterance: Utterance) -> None:
        if self._rate not in (0, utterance.sample_rate):
            raise PermanentError(
                f"the voice changed from {self._rate} to {utterance.sample_rate} samples a second"
                f" at scene {scene + 1}, line {line + 1}: use one voice for a whole script"
            )
        self._rate = utterance.sample_rate
        at = self._length + round(self._silence * self._rate)
        self._silence = 0.0
        offset = at / self._rate
        words = tuple(
            Word(word.text, round(offset + word.start, 3), round(offset + word.end, 3))
            for word in utterance.words
        )
        end = at + len(utterance.samples)
        self._lines.append(
            SpokenLine(scene, line, round(offset, 3), round(end / self._rate, 3), words)
        )
        self._placed.append((at, utterance))
        self._length = end
        self._refuse_too_long()

    def finish(self, scene_starts: tuple[float, ...]) -> Voiced:
        """Mix all lines, and scale them so that the loudest sample is at the peak level."""
        samples = np.zeros(self._length + round(self._silence * self._rate), np.int16)
        loudest = max(int(np.abs(u.samples.astype(np.int32)).max()) for _, u in self._placed)
        if not loudest:
            raise PermanentError("the voice gave silence for the whole script")
        gain = np.float32(PEAK * 32767 / loudest)
        for at, utterance in self._placed:
            samples[at : at + len(utterance.samples)] = np.rint(utterance.samples * gain)
        return Voiced(
            samples, self._rate, len(samples) / self._rate, scene_starts, tuple(self._lines)
        )

    def _refuse_too_long(self) -> None:
        if self.seconds > MAX_DURATION:
            raise PermanentError(
                f"the narration is longer than {MAX_DURATION / 60:g} minutes:"
                " shorten the script or its pauses"
            )
