"""Splits a text into requests for a speech service: plain, or SSML with a mark per word.

Tokens that a general voice would misread ("CO₂", "m/s²", "E = mc²") get the words of our own
lexicon, as `<sub alias="...">`. Names, plain numbers and punctuation are left to the voice, which
knows the intonation of a sentence better. In a language without a lexicon only the forms of signs
are normalised.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal
from xml.sax.saxutils import escape, quoteattr  # it only escapes  # nosec B406

from vividly.lesson.speech.expand import INITIALISMS
from vividly.lesson.speech.expected_sounds import Expected
from vividly.lesson.speech.spoken import spoken_tokens
from vividly.model.errors import PermanentError

MAX_BYTES = 5000
"""Most UTF-8 bytes of a request, with tags: Google's limit."""
_HEAD, _FOOT = "<speak>", "</speak>"
_MARK = re.compile(r"<mark name=\"\d+\"/>")
_AROUND = re.compile(r"[\"“”„«»()\[\]{}¿¡;:!?…]")
_HYPHENS = re.compile(r"[-‐‑–—―]+")
_INAUDIBLE = re.compile(r"[,'’ʼ`]")
_LEAD, _TAIL = re.compile(r"^[\"“„«(\[{¿¡]*"), re.compile(r"[\"”»)\]}]+(?=[.,;:!?…]*$)")
# Punctuation of scripts that our rules do not cover.
_OTHER_MARKS = {"।": ".", "॥": ".", "۔": ".", "؟": "?", "،": ",", "؛": ","}
_CONSONANTS = re.compile(r"[b-df-hj-np-tv-xz]{2,3}")

Ending = Literal["sentence", "clause", "word"]


@dataclass(frozen=True)
class Token:
    """A written token as sent to the service.

    Attributes:
        at: its position among the whitespace tokens of the text.
        plain: its plain text.
        ssml: its SSML, escaped.
        expected: the expected speech; None if it is only a pause.
    """

    at: int
    plain: str
    ssml: str
    expected: Expected | None


@dataclass(frozen=True)
class SpeechRequest:
    """A part of a text that is spoken in one request.

    Attributes:
        content: the plain text or SSML to send.
        tokens: its tokens, without those that are only pauses.
        ending: decides the pause after it.
    """

    content: str
    tokens: tuple[Token, ...]
    ending: Ending

    @property
    def billed_characters(self) -> int:
        """The characters that Google bills: all, with tags, except the marks."""
        return len(_MARK.sub("", self.content))


def speech_requests(
    text: str,
    language: str,
    pronunciations: Mapping[str, str] = MappingProxyType({}),
    *,
    ssml: bool,
    marks: bool,
    limit: int = MAX_BYTES,
) -> tuple[SpeechRequest, ...]:
    """Split a text into requests, in order.

    A text too long for one request is cut after a sentence, else after a comma, else between two
    words.

    Args:
        language: BCP 47.
        pronunciations: written word -> the words to say for it.
        ssml: whether the voice takes SSML.
        marks: whether it reports the time of a `<mark>`. Its name is the token's position.
        limit: most UTF-8 bytes of a request.

    Raises:
        PermanentError: nothing in the text can be spoken, or a word is too long.
    """
    tokens = tuple(_tokens(text, language, pronunciations))
    return tuple(
        _request(part, ssml=ssml, marks=marks)
        for part in _parts(tokens, ssml=ssml, marks=marks, limit=limit)
    )


def halves(request: SpeechRequest, *, ssml: bool, marks: bool) -> tuple[SpeechRequest, ...]:
    """A request as two, cut at the pause mark nearest to its middle, else between two words.

    Args:
        request: of at least two words.
        ssml, marks: see `speech_requests`.
    """
    tokens = request.tokens
    pauses = [at for at, t in enumerate(tokens[:-1], 1) if t.expected and t.expected.closing]
    cut = min(pauses or range(1, len(tokens)), key=lambda at: abs(2 * at - len(tokens)))
    return tuple(_request(part, ssml=ssml, marks=marks) for part in (tokens[:cut], tokens[cut:]))


def _request(part: Sequence[Token], *, ssml: bool, marks: bool) -> SpeechRequest:
    return SpeechRequest(
        _content(part, ssml=ssml, marks=marks),
        tuple(token for token in part if token.expected),
        _ending(part),
    )


def _tokens(text: str, language: str, pronunciations: Mapping[str, str]) -> Iterator[Token]:
    said: dict[int, list[str]] = {}
    closing: dict[int, str] = {}
    for spoken in spoken_tokens(text, language, pronunciations):
        said.setdefault(spoken.source, []).append(spoken.text)
        closing[spoken.source] = spoken.punctuation
    for at, token in enumerate(text.split()):
        written = _visible(token)
        if at not in said:
            if written and all(unicodedata.category(c)[0] == "P" for c in written):
                yield Token(at, written, escape(written), None)
            continue
        words, mark = tuple(said[at]), closing[at] or _OTHER_MARKS.get(written[-1:], "")
        expected = Expected(words, mark)
        if _reads_itself(written, words):
            yield Token(at, written, escape(written), expected)
        else:
            alias = " ".join(map(_spelled, words))
            core = _AROUND.sub("", written).rstrip(".,") or written
            lead, tail = _LEAD.findall(written)[0], "".join(_TAIL.findall(written)) + mark
            sub = f"<sub alias={quoteattr(alias)}>{escape(core)}</sub>"
            yield Token(at, lead + alias + tail, lead + sub + tail, expected)


def _visible(token: str) -> str:
    """Drop control and similar characters, which XML forbids or voices misread."""
    composed = unicodedata.normalize("NFC", token)
    return "".join(c for c in composed if unicodedata.category(c)[0] != "C")


def _reads_itself(written: str, words: Sequence[str]) -> bool:
    """Whether a token already is the words to speak, apart from marks around or between them."""
    bare = _AROUND.sub("", written).strip("'’.,-‐‑–—―")
    if bare in INITIALISMS:
        return True
    parts = [_INAUDIBLE.sub("", part).casefold() for part in _HYPHENS.split(bare)]
    plain = [_INAUDIBLE.sub("", part).casefold() for word in words for part in _HYPHENS.split(word)]
    # `spoken_tokens` cuts a word of more than 30 letters into pieces, for other voices.
    return plain == parts or (len(parts) == 1 and len(bare) > 30 and "".join(plain) == parts[0])


def _spelled(word: str) -> str:
    """Spell a product of letters, such as the mc of mc²; any other word unchanged."""
    return " ".join(word) if _CONSONANTS.fullmatch(word) else word


def _parts(
    tokens: Sequence[Token], *, ssml: bool, marks: bool, limit: int
) -> Iterator[tuple[Token, ...]]:
    frame = len(_HEAD) + len(_FOOT) if ssml else 0
    begin, size, at = 0, frame, 0
    while at < len(tokens):
        own = len(_written(tokens[at], ssml=ssml, marks=marks).encode()) + 1
        if frame + own > limit:
            raise PermanentError(
                f"word {tokens[at].at + 1} of a line takes {own} bytes to be spoken, and a"
                f" request may have {limit}: leave it out of the line"
            )
        if size + own <= limit:
            size += own
            at += 1
            continue
        cut = _cut(tokens[begin:at]) + begin
        if any(token.expected for token in tokens[begin:cut]):
            yield tuple(tokens[begin:cut])
        begin, size, at = cut, frame, cut
    if any(token.expected for token in tokens[begin:]):
        yield tuple(tokens[begin:])


def _cut(tokens: Sequence[Token]) -> int:
    """The number of tokens after which to cut a part that is full."""
    closings = [token.expected.closing if token.expected else "" for token in tokens]
    for marks in (".?!", ","):
        ends = [at for at, closing in enumerate(closings, 1) if closing and closing in marks]
        if ends:
            return ends[-1]
    return len(tokens)


def _ending(tokens: Iterable[Token]) -> Ending:
    closing = [token.expected.closing for token in tokens if token.expected][-1]
    if closing == ",":
        return "clause"
    return "sentence" if closing else "word"


def _content(tokens: Iterable[Token], *, ssml: bool, marks: bool) -> str:
    text = " ".join(_written(token, ssml=ssml, marks=marks) for token in tokens)
    return f"{_HEAD}{text}{_FOOT}" if ssml else text


def _written(token: Token, *, ssml: bool, marks: bool) -> str:
    if not ssml:
        return token.plain
    mark = f'<mark name="{token.at}"/>' if marks and token.expected else ""
    return mark + token.ssml
