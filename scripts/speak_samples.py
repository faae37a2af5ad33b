"""Speaks the samples in docs/samples, as lessons are spoken.

python scripts/speak_samples.py             # all
python scripts/speak_samples.py spanish     # one
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from vividly.lesson.speech import make_synthesizer
from vividly.lesson.speech.narrate import narrate, wav_bytes
from vividly.lesson.video.audio import encode_m4a
from vividly.model.lesson import Line, Scene, Script
from vividly.model.settings import Settings

FOLDER = Path(__file__).parents[1] / "docs" / "samples"
LARGEST = 100_000
SAMPLES = {
    "grade-5": (5, "en-US", "hibari", [
        ("explanation", ["A leaf is a small kitchen.", "It takes in light, water and air."], 0.6),
        ("explanation", ["From these three it makes sugar, the food of the whole plant."], 0.0),
    ]),
    "grade-12": (12, "en-US", "hibari", [
        ("explanation", ["The net force on a body is its mass times its acceleration: F = m × a.",
                         "So 6 N give a ball of 2 kg an acceleration of 3 m/s²."], 0.0),
    ]),
    "question": (8, "en-US", "hibari", [
        ("check", ["You throw a ball straight up. Which force acts on it at the top?"], 3.0),
        ("answer", ["Its weight, as on the whole way."], 0.0),
    ]),
    "spanish": (8, "es-MX", "kokoro", [
        ("explanation", ["Una hoja es una pequeña cocina.",
                         "Con luz, agua y aire prepara el azúcar que alimenta a la planta."], 0.0),
    ]),
    "man": (8, "en-US", "kokoro", [
        ("explanation", ["In a solid, the particles keep their places and only tremble.",
                         "When it melts, they begin to move past one another."], 0.0),
    ]),
}  # fmt: skip
"""Name -> grade, language, provider, and scenes: kind, lines, seconds of pause."""


def speak(name: str) -> Path:
    """Speak a sample. Returns its file."""
    grade, language, provider, told = SAMPLES[name]
    scenes = tuple(
        Scene(kind, "", tuple(Line(line) for line in lines), pause=pause)
        for kind, lines, pause in told
    )
    script = Script(
        title=name, topic_id=name, subject="", grade_level=grade, language=language,
        bridge="", scenes=scenes, sources=(), writer="",
    )  # fmt: skip
    voice = make_synthesizer(Settings("", "", "", speech_provider=provider), language)
    voiced = narrate(script, voice)
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "narration.wav"
        wav.write_bytes(wav_bytes(voiced.samples, voiced.sample_rate))
        return encode_m4a(wav, FOLDER / f"{name}.m4a")


def main(names: list[str]) -> None:
    """Speak the samples of these names, or all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names or SAMPLES:
        size = speak(name).stat().st_size
        print(f"{name}: {size:,} bytes")
        if size >= LARGEST:
            raise SystemExit(f"{name} is too large: shorten it")


if __name__ == "__main__":
    main(sys.argv[1:])
