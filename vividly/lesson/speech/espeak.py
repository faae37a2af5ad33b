"""Offline speech with espeak-ng: small robotic voices in many languages, from PyPI alone."""

from __future__ import annotations

import importlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np

from vividly.lesson.speech._espeak_worker import NOT_SET_UP
from vividly.lesson.speech.assemble import Part, join, rules_fingerprint, until_silent
from vividly.lesson.speech.pronunciations import NO_PRONUNCIATIONS, Pronunciations
from vividly.lesson.speech.spoken import SpokenToken, sentences, spoken_tokens
from vividly.lesson.speech.synthesizer import (
    USUAL_GRADE,
    LanguageNotSpoken,
    Samples,
    Utterance,
    by_grade,
)
from vividly.model.errors import PermanentError, SettingsError, TransientError
from vividly.text.locales import primary_subtag

# BCP 47 tag or primary language in lower case -> espeak-ng's name of the voice.
VOICES: Mapping[str, str] = {
    "en": "en-us", "en-us": "en-us", "en-gb": "en-gb-x-rp", "es": "es-419", "es-es": "es",
    "fr": "fr", "de": "de", "it": "it", "pt": "pt", "pt-br": "pt-br",
}  # fmt: skip
"""Spanish is Latin American except for Spain, as in the lessons."""
# espeak-ng's own setting in words a minute; it gives about 155 with our pauses.
PACE = 142
PACES: Mapping[str, int] = {"es": 157}
"""Paces of languages that need another: Spanish has longer words, spoken faster."""
_RESPELLED = {"es": {"newton": "niuton", "joule": "yul", "coulomb": "culomb"}}
"""Names of units that it would read by the rules of the language, so that nobody knew them."""
_BY_GRADE = (0.93, 0.96, 1.055)
"""Share of its pace below grade 5, at grade 5 and at grade 12; in grade 8 it is 1."""
_TIMEOUT = 30.0
_WORKER = Path(__file__).with_name("_espeak_worker.py")
# A sample counts as sound if it is above this share of the sentence's peak.
_SILENCE = 0.02


def voice_for(language: str) -> str:
    """espeak-ng's name of the voice for a BCP 47 language; empty if there is none."""
    return VOICES.get(language.lower()) or VOICES.get(primary_subtag(language), "")


@dataclass(frozen=True, eq=False)
class _Spoken:
    samples: Samples
    sample_rate: int
    events: tuple[tuple[int, float], ...]


class Espeak:
    """espeak-ng with a voice for a language. Each call is done in a separate process."""

    def __init__(
        self, voice: str = "", language: str = "en-US", *, timeout: float = _TIMEOUT
    ) -> None:
        """Find the voice.

        Args:
            voice: espeak-ng's own name ("en-us+f3"); by default the voice of the language.
            language: BCP 47.
            timeout: seconds for one call.

        Raises:
            SettingsError: espeakng-loader is not installed.
            LanguageNotSpoken: there is no voice for the language.
        """
        try:
            loader = importlib.import_module("espeakng_loader")
        except ImportError as error:
            raise SettingsError(
                "--speech_provider: espeak, and kokoro in Spanish, need espeak-ng: install it"
                " with `pip install espeakng-loader`"
            ) from error
        self.voice = voice or voice_for(language)
        if not self.voice:
            spoken = ", ".join(sorted({name.split("-")[0] for name in VOICES}))
            raise LanguageNotSpoken(
                f"no espeak-ng voice is set for the language {language!r}: ask for one of"
                f" {spoken}, or name a voice with --speech_voice"
            )
        self._timeout = timeout
        self._respelled = _RESPELLED.get(primary_subtag(language), {})
        self._pace = PACES.get(primary_subtag(language), PACE)
        self._job = {
            "library": loader.get_library_path(),
            "data": loader.get_data_path(),
            "voice": self.voice,
        }
        version = metadata.version("espeakng-loader")
        self.identity = (
            f"espeak-ng/loader-{version}/{self.voice}/pace={self._pace}/language={language}"
        )

    def phonemes(self, texts: Sequence[Sequence[str]]) -> list[list[str]]:
        """The phonemes of each word of each sentence, in IPA.

        Raises: as `sounds`.
        """
        jobs = [{"words": list(map(self.spelled, words))} for words in texts]
        found = self._run(jobs, self._pace)
        return [json.loads(line) for line in found.splitlines()]

    def spelled(self, word: str) -> str:
        """A word as it is given to it, also in the plural or with a prefix."""
        for name, sound in self._respelled.items():
            word = re.sub(name, sound, word, flags=re.IGNORECASE)
        return word

    def sounds(self, texts: Sequence[str], grade: int) -> list[_Spoken]:
        """The sound of each text, at the pace for a school grade.

        Raises:
            PermanentError: it fails on a text.
            SettingsError: it does not have the voice.
            TransientError: it is too slow.
        """
        pace = round(self._pace * by_grade(grade, *_BY_GRADE))
        return list(_read(self._run([{"text": text} for text in texts], pace)))

    def _run(self, texts: Sequence[Mapping[str, object]], pace: int) -> bytes:
        jobs = [self._job | {"pace": pace}, *texts]
        try:
            done = subprocess.run(
                [sys.executable, "-I", str(_WORKER)],
                input="".join(json.dumps(job) + "\n" for job in jobs).encode(),
                capture_output=True,
                timeout=self._timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise TransientError(
                f"espeak-ng did not finish a text within {self._timeout:g} s and was stopped"
            ) from error
        if done.returncode == NOT_SET_UP:
            reason = done.stderr.decode(errors="replace").strip()
            raise SettingsError(f"{reason}; check --speech_voice (now {self.voice!r})")
        if done.returncode:
            # Not its own message, which could quote the text.
            raise PermanentError(f"espeak-ng ended with code {done.returncode} on a line")
        return done.stdout


class EspeakSynthesizer:
    """An espeak-ng voice for a language."""

    sku = ""
    at_once = 1
    uses_all_cores = False

    def __init__(
        self,
        voice: str = "",
        language: str = "en-US",
        pronunciations: Pronunciations = NO_PRONUNCIATIONS,
        *,
        timeout: float = _TIMEOUT,
    ) -> None:
        """Find the voice. See `Espeak`."""
        self._espeak = Espeak(voice, language, timeout=timeout)
        self._language = language
        self._pronunciations = pronunciations

    @property
    def identity(self) -> str:
        """Library version, voice, pace, language and a hash of the speech code."""
        rules = rules_fingerprint()
        return f"{self._espeak.identity}/rules={rules}{self._pronunciations.identity}"

    def synthesize(self, text: str, grade: int = USUAL_GRADE) -> Utterance:
        """Speak a text, one sentence at a time. See `SpeechSynthesizer.synthesize`."""
        words = self._pronunciations.of(self._language)
        spoken = list(sentences(spoken_tokens(text, self._language, words)))
        lines = [_Line.of(sentence, self._espeak.spelled) for sentence in spoken]
        sounds = self._espeak.sounds([line.text.strip() for line in lines], grade)
        return join(text, [line.part(sound) for line, sound in zip(lines, sounds, strict=True)])


def _read(output: bytes) -> Iterator[_Spoken]:
    stream = io.BytesIO(output)
    while header := stream.readline():
        described = json.loads(header)
        samples = np.frombuffer(stream.read(described["bytes"]), "<i2").astype(np.int16)
        events = tuple((at, seconds) for at, seconds in described["words"])
        yield _Spoken(samples, described["rate"], events)


@dataclass(frozen=True)
class _Line:
    """A sentence as sent to espeak-ng, with the offset of each written token."""

    text: str
    starts: Mapping[int, int]

    @classmethod
    def of(cls, sentence: Sequence[SpokenToken], spelled: Callable[[str], str]) -> _Line:
        text = ""
        starts: dict[int, int] = {}
        for token in sentence:
            starts.setdefault(token.source, len(text))
            text += spelled(token.text) + token.punctuation + " "
        return cls(text, starts)

    def part(self, sound: _Spoken) -> Part | None:
        """The sentence with the times of its written tokens.

        espeak-ng reports the start of words, but only one event for "of the", and wrong
        positions inside numbers. So events that are not at the start of a token are ignored;
        tokens without an event share the time in proportion to their length.
        """
        size = np.abs(sound.samples.astype(np.int32))
        rate, offsets = sound.sample_rate, list(self.starts.values())
        loud = np.flatnonzero(size > _SILENCE * size.max(initial=0)) / rate
        if not len(loud):
            return None
        begin, finish = float(loud[0]), float(loud[-1]) + 1 / rate
        known = {0: begin}
        for offset, seconds in sound.events:
            last = max(known)
            if offset in offsets and offset > last and known[last] < seconds < finish:
                known[offset] = seconds
        ends = [*known.values(), finish]
        onsets = np.interp(offsets, [*known, len(self.text)], ends).tolist()
        spans = zip(self.starts, until_silent(onsets, loud, finish), strict=True)
        parts = [(source, *span) for source, span in spans]
        return Part.trimmed(sound.samples, rate, parts)
