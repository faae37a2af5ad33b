"""Offline speech with flite: small, deterministic English voices that report word times.

Needs the shared library of Debian's `libflite1`, which Debian's ffmpeg depends on. The library
runs inside this process, so it gets only short ASCII words.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path

from vividly.lesson.speech import _flite_library
from vividly.lesson.speech._flite_library import library_dir
from vividly.lesson.speech.assemble import MARGIN, Part, join, rules_fingerprint
from vividly.lesson.speech.spoken import ascii_word, sentences, spoken_tokens
from vividly.lesson.speech.synthesizer import USUAL_GRADE, Utterance
from vividly.model.errors import SettingsError

__all__ = ["PACES", "FliteSynthesizer", "library_dir"]

# Factor on the durations of each voice, so that it narrates at about 155 words a minute.
PACES: Mapping[str, float] = {"rms": 1.0, "slt": 1.15, "kal16": 1.22}
_lock = threading.Lock()


class FliteSynthesizer:
    """An American English voice: `rms` (male), `slt` (female) or `kal16` (male, robotic).

    A speech recogniser understood rms best.
    """

    sku = ""

    def __init__(
        self, voice: str | None = None, *, folder: str | os.PathLike[str] | None = None
    ) -> None:
        """Load the voice.

        Args:
            folder: the folder of the library; by default `library_dir` searches for it.

        Raises:
            SettingsError: no such voice, or flite is not installed.
        """
        self._name = voice or "rms"
        if self._name not in PACES:
            raise SettingsError(
                f"--speech_voice={voice!r}: flite has {', '.join(PACES)}; choose one of them"
            )
        self._pace = PACES[self._name]
        with _lock:
            self._library = _flite_library.load(Path(folder) if folder else None)
            self._voice = self._library.voice(self._name)

    @property
    def identity(self) -> str:
        """Library version, voice, pace and a hash of the speech code."""
        return (
            f"flite/{self._library.version}/{self._name}/pace={self._pace}"
            f"/rules={rules_fingerprint()}"
        )

    def synthesize(self, text: str, grade: int = USUAL_GRADE) -> Utterance:
        """Speak a text, one sentence at a time. See `SpeechSynthesizer.synthesize`."""
        parts: list[Part | None] = []
        for sentence in sentences(spoken_tokens(text, "en-US")):
            sources: list[int] = []
            tokens: list[tuple[str, str]] = []
            for token in sentence:
                # flite reads "A" as the article, and "ay" as the letter.
                word = "ay" if token.text == "A" else ascii_word(token.text)
                if word:
                    sources.append(token.source)
                    tokens.append((word, token.punctuation))
            if not tokens:
                continue
            with _lock:
                samples, rate, words = self._library.speak(self._voice, tokens, self._pace)
            spans = [(sources[word.token], word.start, word.end) for word in words]
            parts.append(Part.trimmed(samples, rate, spans, MARGIN))
        return join(text, parts)
