"""Short lessons for video tests: real text, with tones as the voice."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vividly.library.corpus import load_topics
from vividly.model.lesson import Line, Narration, Scene, Script, Source, SpokenLine, Word

RATE = 16_000
_WORD_S, _GAP_S = 0.3, 0.2


def short_script(topic_id: str = "photosynthesis") -> Script:
    """A lesson with every kind of scene, each with a few short lines of a topic's text."""
    topic = load_topics()[topic_id]
    section, example, check = topic.sections[0], topic.worked_example, topic.check

    def brief(*shown: str | None) -> tuple[Line, ...]:
        """Lines that say their text on screen, which is shorter than the topic's sentences."""
        return tuple(Line(text, text) for text in shown if text)

    scenes = (
        Scene("title", topic.title, brief(topic.bridges[0].hook[0].show), 0.3),
        Scene("explanation", section.heading, brief(*(s.show for s in section.sentences)), 0.3),
        Scene(
            "worked_example",
            "Worked example",
            brief(example.problem.show, *(s.show for s in example.steps), example.answer.show),
            0.3,
        ),
        Scene(
            "misconception",
            "A common mix-up",
            brief(topic.misconception.belief.show, topic.misconception.correction[0].show),
            0.3,
        ),
        Scene("takeaways", "Takeaways", brief(*(s.show for s in topic.takeaways)), 0.3),
        Scene("check", "Your turn", brief(check.question.show), 1.0),
        Scene("answer", "Answer", brief(check.answer.show), 0.4),
        Scene("sources", "Sources", (), 0.8),
    )
    source = Source(topic.title, section.heading, "Vividly lesson corpus", "CC BY 4.0")
    return Script(
        topic.title, topic.id, topic.subject, 8, "en-US", "everyday", scenes, (source,), "test"
    )


def script_of(*scenes: Scene, subject: str = "physics", title: str = "A title") -> Script:
    """A script with only these scenes."""
    return Script(title, "topic", subject, 9, "en-US", "everyday", scenes, (), "test")


def tones(script: Script, word_s: float = _WORD_S) -> tuple[Narration, NDArray[np.int16]]:
    """A narration with a tone of a different pitch for every word."""
    at = 0.2
    starts: list[float] = []
    lines: list[SpokenLine] = []
    for scene_at, scene in enumerate(script.scenes):
        starts.append(at if scene_at else 0.0)
        for line_at, line in enumerate(scene.lines):
            words = []
            start = at
            for text in line.say.split():
                words.append(Word(text, round(at, 3), round(at + 0.9 * word_s, 3)))
                at += word_s
            lines.append(SpokenLine(scene_at, line_at, round(start, 3), round(at, 3), tuple(words)))
            at += _GAP_S
        at += scene.pause
    samples = np.zeros(round(at * RATE), np.float64)
    for number, word in enumerate(word for line in lines for word in line.words):
        first, last = round(word.start * RATE), round(word.end * RATE)
        time = np.arange(last - first) / RATE
        pitch = 200 + 20 * (number % 10)
        samples[first:last] = 0.2 * np.sin(2 * np.pi * pitch * time) * np.hanning(len(time))
    seconds = len(samples) / RATE
    narration = Narration("test.wav", RATE, seconds, tuple(starts), tuple(lines), "tones")
    return narration, np.rint(samples * 32767).astype(np.int16)


def write_wav(samples: NDArray[np.int16], path: Path, rate: int = RATE) -> Path:
    """Write a mono 16-bit WAV file."""
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        wav.writeframes(samples.astype("<i2").tobytes())
    return path
