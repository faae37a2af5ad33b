"""Speech by Google Cloud Text-to-Speech: natural voices in many languages."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from itertools import chain

from cachetools import LRUCache, cachedmethod
from google.api_core.exceptions import BadRequest
from google.cloud import texttospeech_v1beta1 as api

from vividly.lesson.speech.align import align
from vividly.lesson.speech.assemble import SENTENCE_PAUSE, Part, join, rules_fingerprint
from vividly.lesson.speech.google_audio import check_plausible, read_wav
from vividly.lesson.speech.google_client import speech_client
from vividly.lesson.speech.google_voices import GoogleVoice, choose_voice
from vividly.lesson.speech.pronunciations import NO_PRONUNCIATIONS, Pronunciations
from vividly.lesson.speech.ssml import SpeechRequest, speech_requests
from vividly.lesson.speech.synthesizer import USUAL_GRADE, Utterance
from vividly.model.errors import PermanentError, SettingsError
from vividly.model.settings import Settings
from vividly.model.time_left import at_most
from vividly.platform.cost import charge
from vividly.platform.google.errors import google_errors

_PAUSES = {"sentence": SENTENCE_PAUSE, "clause": 0.12, "word": 0.0}
_RECENT_SECONDS = 600.0
"""Seconds of speech that are kept, so that a retried narration is not paid for twice: three to five
lessons, 29 MB at 24,000 samples a second."""
_TOO_LONG = re.compile(r"\bsentences?\b.*\btoo long\b", re.DOTALL | re.IGNORECASE)
_FIXES = {
    400: (
        "the voice does not take such a request: check --speech_voice, and what"
        " google_voices.yaml says that its family can do"
    ),
    403: (
        "enable texttospeech.googleapis.com in the project of the workers' service account, and"
        " billing with it"
    ),
    404: "check --speech_voice and --tts_endpoint",
}


class _SentenceTooLong(Exception):
    """The service finds a sentence of a request too long."""


class GoogleSynthesizer:
    """A voice of Google Cloud Text-to-Speech for a language.

    Word times come from SSML marks if the voice reports them. If it reports none or only some,
    the text is aligned with the sound.
    """

    def __init__(
        self,
        settings: Settings,
        language: str,
        pronunciations: Pronunciations = NO_PRONUNCIATIONS,
    ) -> None:
        """Choose the voice by `speech_voice` and `speech_style`.

        Args:
            language: BCP 47.

        Raises:
            SettingsError: no such style or voice, or the address is malformed.
            LanguageNotSpoken: no voice speaks the language.
            PermanentError: there are no credentials.
        """
        self.voice: GoogleVoice = choose_voice(
            language, style=settings.speech_style, voice=settings.speech_voice
        )
        self._language = language
        self._pronunciations = pronunciations
        self._timeout = settings.speech_timeout
        self._client = speech_client(settings)
        self._recent: LRUCache[object, Part] = LRUCache(
            _RECENT_SECONDS, getsizeof=lambda part: len(part.samples) / part.sample_rate
        )
        self._lock = threading.Lock()
        self._name = f"Text-to-Speech ({self.voice.name})"

    @property
    def identity(self) -> str:
        """Voice, rate, pitch, sample rate, language and a hash of the speech code."""
        voice = self.voice
        return (
            f"google-tts/{voice.name}/rate={voice.rate:g}/pitch={voice.pitch:g}"
            f"/hz={voice.family.sample_rate}/language={self._language}"
            f"/rules={rules_fingerprint()}{self._pronunciations.identity}"
        )

    at_once = 4
    """The service takes seconds for a sentence, and no core meanwhile."""
    uses_all_cores = False

    @property
    def sku(self) -> str:
        """The SKU that its characters are billed as."""
        return self.voice.family.sku

    def check(self) -> None:
        """Check that the service has the voice. Costs nothing.

        Raises:
            SettingsError: the service has no such voice.
            PermanentError: the service refuses.
            TransientError: the service is busy, slow or unreachable.
        """
        with google_errors(self._name, fixes=_FIXES):
            answer = self._client.list_voices(
                language_code=self.voice.locale, timeout=self._timeout
            )
        names = sorted(voice.name for voice in answer.voices)
        if self.voice.name not in names:
            shown = ", ".join(names[:20]) or "none at all"
            raise SettingsError(
                f"Text-to-Speech has no voice {self.voice.name!r}; for {self.voice.locale} it has"
                f" {shown}: choose one with --speech_voice"
            )

    def synthesize(self, text: str, grade: int = USUAL_GRADE) -> Utterance:
        """Speak a text, at the pace of the voice for any grade. See `SpeechSynthesizer.synthesize`.

        Raises:
            UnusableAnswer: the response is not speech of this text.
            DeadlineExceeded: the stage has no time left.
        """
        family = self.voice.family
        words = self._pronunciations.of(self._language)
        requests = speech_requests(
            text, self._language, words, ssml=family.ssml, marks=family.marks
        )
        pauses = [0.0, *(_PAUSES[request.ending] for request in requests)]
        parts = [self._parts(r, pause) for r, pause in zip(requests, pauses, strict=False)]
        return join(text, list(chain.from_iterable(parts)))

    def _parts(self, request: SpeechRequest, pause: float) -> list[Part]:
        """Speak a request, with `pause` seconds of silence before it.

        The service refuses some sentences as too long, by a limit that it does not publish: they
        are cut in two until it takes them.
        """
        try:
            return [replace(self._spoken(request), pause=pause)]
        except _SentenceTooLong:
            first, second = request.halves()
            return [*self._parts(first, pause), *self._parts(second, _PAUSES[first.ending])]

    @cachedmethod(  # type: ignore[untyped-decorator]
        lambda self: self._recent, lock=lambda self: self._lock
    )
    def _spoken(self, request: SpeechRequest) -> Part:
        rate = self.voice.family.sample_rate
        answer = self._ask(request)
        samples = read_wav(answer.audio_content, rate)
        words = [token.expected for token in request.tokens if token.expected]
        check_plausible(samples, rate, words, self.voice.rate)
        position = {str(token.at): at for at, token in enumerate(request.tokens)}
        known = {
            position[point.mark_name]: point.time_seconds
            for point in answer.timepoints
            if point.mark_name in position
        }
        spans = [
            (token.at, start, end)
            for token, (start, end) in zip(
                request.tokens, align(samples, rate, words, known), strict=True
            )
        ]
        part = Part.trimmed(samples, rate, spans)
        if part is None:
            raise PermanentError("a line has no words that this voice can speak")
        return part

    def _ask(self, request: SpeechRequest) -> api.SynthesizeSpeechResponse:
        voice, family = self.voice, self.voice.family
        kind = {"ssml" if family.ssml else "text": request.content}
        marks = api.SynthesizeSpeechRequest.TimepointType.SSML_MARK
        question = api.SynthesizeSpeechRequest(
            input=api.SynthesisInput(**kind),
            voice=api.VoiceSelectionParams(language_code=voice.locale, name=voice.name),
            audio_config=api.AudioConfig(
                audio_encoding=api.AudioEncoding.LINEAR16,
                sample_rate_hertz=family.sample_rate,
                # Zeros are not sent, so a family that refuses these fields does not get them.
                speaking_rate=voice.rate if family.rate else 0.0,
                pitch=voice.pitch if family.pitch else 0.0,
            ),
            enable_time_pointing=[marks] if family.marks else [],
        )
        # Also the words without tags: an error message may quote either.
        words = " ".join(token.plain for token in request.tokens)
        with google_errors(self._name, private=f"{request.content}\n{words}", fixes=_FIXES):
            try:
                answer = self._client.synthesize_speech(question, timeout=at_most(self._timeout))
            except BadRequest as error:
                if len(request.tokens) < 2 or not _TOO_LONG.search(error.message or ""):
                    raise
                answer = None
        if answer is None:
            raise _SentenceTooLong
        charge(self.sku, characters=request.billed_characters)
        return answer
