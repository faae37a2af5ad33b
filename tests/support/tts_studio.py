"""Answers requests of Google Cloud Text-to-Speech with real sound, over any transport.

Requests are checked as Google checks them. An offline voice speaks their text, and its times
are the times of the marks.
"""

from __future__ import annotations

import bisect
import io
import re
import threading
import wave
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from xml.etree import ElementTree

import av
import numpy as np
from google.cloud import texttospeech_v1beta1 as api
from numpy.typing import NDArray

from tests.support.google_server import Refusal
from vividly.lesson.speech.espeak import EspeakSynthesizer
from vividly.lesson.speech.hibari import HibariSynthesizer
from vividly.lesson.speech.synthesizer import Utterance

LEAD, TAIL = 0.12, 0.35
"""Seconds of silence that Google's voices begin and end with."""
MAX_BYTES = 5000

# The part of the public list of voices that the package's settings may ask for.
_NEURAL = {
    "en-US": "ACDEFGHIJ", "en-GB": "ABCDFNO", "en-AU": "ABCD", "en-IN": "ABCD", "es-ES": "AEFGH",
    "es-US": "ABC", "fr-FR": "FG", "fr-CA": "ABCD", "de-DE": "GH", "it-IT": "AEF",
    "pt-BR": "ABC", "hi-IN": "ABCD",
}  # fmt: skip
_CHIRP_LOCALES = (
    *_NEURAL, "ar-XA", "bn-IN", "id-ID", "ko-KR", "nl-NL", "pl-PL", "ru-RU", "sv-SE", "sw-KE",
    "ta-IN", "te-IN", "tr-TR", "uk-UA", "ur-IN", "vi-VN",
)  # fmt: skip
_CHIRP = ("Aoede", "Charon", "Kore", "Puck", "Sulafat", "Vindemiatrix")
VOICES = (
    *(f"{at}-Neural2-{letter}" for at, letters in _NEURAL.items() for letter in letters),
    *(f"{at}-Chirp3-HD-{name}" for at in _CHIRP_LOCALES for name in _CHIRP),
    *("en-US-Wavenet-D", "en-US-Standard-C", "en-US-Studio-O", "en-GB-Studio-B"),
    "en-US-Polyglot-1",
)

Change = Callable[[api.SynthesizeSpeechResponse], api.SynthesizeSpeechResponse]
"""A function that spoils an answer."""


@dataclass(frozen=True)
class Spoken:
    """The speech for one request.

    Attributes:
        words: (spoken word, start, end) in seconds of the sound that was sent.
        marks: name -> seconds.
        authorization: the authorization of the request, if any.
    """

    request: api.SynthesizeSpeechRequest
    words: tuple[tuple[str, float, float], ...]
    marks: dict[str, float]
    authorization: str


@dataclass
class Studio:
    """Answers requests, over any transport.

    Attributes:
        truth: the speech so far.
        changes: applied to the next answers, one each.
    """

    truth: list[Spoken] = field(default_factory=list)
    changes: deque[Change] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def synthesize(
        self, request: api.SynthesizeSpeechRequest, authorization: str
    ) -> api.SynthesizeSpeechResponse:
        """Speak a request. Raises `Refusal` as Google would."""
        check(request)
        text, offsets = read_input(request.input)
        config = request.audio_config
        with self._lock:
            spoken = _speak(text, request.voice.name, config.speaking_rate or 1.0)
        rate = config.sample_rate_hertz or 24_000
        starts = [match.start() for match in re.finditer(r"\S+", text)]
        words = tuple((w.text, w.start + LEAD, w.end + LEAD) for w in spoken.words)
        marks = {
            name: words[at][1] if at < len(words) else words[-1][2]
            for name, at in ((n, bisect.bisect_left(starts, o)) for n, o in offsets)
        }
        asked = api.SynthesizeSpeechRequest.TimepointType.SSML_MARK in request.enable_time_pointing
        marked = asked and not re.search("Chirp|Polyglot", request.voice.name)
        points = [
            api.Timepoint(mark_name=name, time_seconds=at) for name, at in marks.items() if marked
        ]
        answer = api.SynthesizeSpeechResponse(
            audio_content=wav(_padded(spoken, rate), rate),
            timepoints=points,
            audio_config=config,
        )
        with self._lock:
            self.truth.append(Spoken(request, words, marks, authorization))
            change = self.changes.popleft() if self.changes else None
        return change(answer) if change else answer


def check(request: api.SynthesizeSpeechRequest) -> None:
    """Refuse what Google refuses."""
    name, locale = request.voice.name, request.voice.language_code
    text, ssml = request.input.text, request.input.ssml
    if name not in VOICES:
        raise Refusal(400, f"Voice '{name}' does not exist. Is it misspelled?")
    if not name.startswith(f"{locale}-"):
        raise Refusal(
            400,
            f"Requested language code '{locale}' doesn't match the voice '{name}''s language"
            " code. Either fix the requested language code or choose a different voice.",
        )
    if bool(text) == bool(ssml):
        raise Refusal(400, "Either text or ssml must be supplied.")
    if len((text or ssml).encode()) > MAX_BYTES:
        raise Refusal(
            400,
            "Either `input.text` or `input.ssml` is longer than the limit of 5000 bytes. This"
            " limit is different from quotas.",
        )
    if request.audio_config.audio_encoding != api.AudioEncoding.LINEAR16:
        raise Refusal(400, "This server speaks LINEAR16 only.")
    if "Chirp" in name and ssml:
        raise Refusal(400, "This voice does not support SSML input.")
    if re.search("Chirp|Studio|Polyglot", name) and request.audio_config.pitch:
        raise Refusal(400, "This voice does not support pitch parameters at this time.")
    if "Studio" in name and "<mark" in ssml:
        raise Refusal(400, "`<mark>` tags are not currently supported by Studio voices.")
    rate = request.audio_config.speaking_rate
    if rate and not 0.25 <= rate <= 4:
        raise Refusal(400, "Invalid speaking rate.")


def read_input(given: api.SynthesisInput) -> tuple[str, list[tuple[str, int]]]:
    """The text to speak, and (name, offset in the text) of the marks. Raises `Refusal`."""
    if given.text:
        return given.text, []
    try:
        root = ElementTree.fromstring(given.ssml)
    except ElementTree.ParseError:
        raise Refusal(400, "Invalid SSML. Newer voices like Neural2 require valid SSML.") from None
    if root.tag != "speak":
        raise Refusal(400, "Invalid SSML. The root must be speak.")
    text, marks = root.text or "", []
    for element in root:
        if element.tag == "mark" and "name" in element.attrib:
            marks.append((element.attrib["name"], len(text)))
        elif element.tag == "sub" and "alias" in element.attrib:
            text += element.attrib["alias"]
        else:
            raise Refusal(400, f"Invalid SSML. {element.tag} is not supported here.")
        text += element.tail or ""
    return text, marks


def wav(samples: NDArray[np.int16], rate: int, *, channels: int = 1) -> bytes:
    """A 16-bit WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def _speak(text: str, voice: str, rate: float) -> Utterance:
    if not voice.startswith("en-"):
        return EspeakSynthesizer(None, voice[:5] if voice[:2] != "hi" else "en-US").synthesize(text)
    return HibariSynthesizer().synthesize_at(text, 0.83 * rate)


def _padded(spoken: Utterance, rate: int) -> NDArray[np.int16]:
    """The sound at another rate, with the silence of Google's voices before and after."""
    frame = av.AudioFrame.from_ndarray(spoken.samples[np.newaxis], format="s16", layout="mono")
    frame.sample_rate = spoken.sample_rate
    resampler = av.AudioResampler("s16", "mono", rate)
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    sound = np.concatenate([part.to_ndarray()[0] for part in frames])
    return np.pad(sound, (round(LEAD * rate), round(TAIL * rate)))


def listed(language: str) -> list[api.Voice]:
    """The voices for a language, or all voices."""
    return [
        api.Voice(name=name, language_codes=[name[:5]], natural_sample_rate_hertz=24_000)
        for name in VOICES
        if name.startswith(language)
    ]


@cache
def noise(seconds: float = 1.0, rate: int = 24_000) -> bytes:
    """A WAV file of white noise, for answers without speech."""
    size = round(seconds * rate)
    return wav(np.random.default_rng(1).integers(-9000, 9000, size).astype(np.int16), rate)
