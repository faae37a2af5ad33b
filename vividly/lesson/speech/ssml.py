"""Splits a text into requests for a speech service: plain, or SSML with a mark per word.

Tokens that a general voice would misread ("CO₂", "m/s²", "E = mc²") get the words of our own
lexicon, as `<sub alias="...">`. Names, plain numbers and punctuation are left to the voice, which
knows the intonation of a sentence better. In a language without a lexicon only the forms of signs
are normalised.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal
from xml.sax.saxutils import escape, quoteattr  # it only escapes  # nosec B406

from vividly.lesson.speech.expand import INITIALISMS
from vividly.lesson.speech.expected_sounds import Expected
from vividly.lesson.speech.spoken import spoken_tokens, visible
from vividly.model.errors import PermanentError

MAX_BYTES = 5000
"""Most UTF-8 bytes of a request, with tags: Google's limit."""
_ENDS = (".", "?", "!")
_MARK = re.compile(r"<mark name=\"\d+\"/>")
_AROUND = re.compile(r"[\"“”„«»()\[\]{}¿¡;:!?…]")
_HYPHENS = re.compile(r"[-‐‑–—―]+")
_INAUDIBLE = re.compile(r"[,'’ʼ`]")
_LEAD, _TAIL = re.compile(r"^[\"“„«(\[{¿¡]*"), re.compile(r"[\"”»)\]}]+(?=[.,;:!?…]*$)")
# Punctuation of scripts that our rules do not cover.
_OTHER_MARKS = {"।": ".", "॥": ".", "۔": ".", "؟": "?", "،": ",", "؛": ","}

Ending = Literal["sentence", "clause", "word"]


@dataclass(frozen=True)
class Token:
    """A written token as sent to the service.

    Attributes:
        at: its position among the whitespace tokens of the text.
        plain: its plain text.
        content: the plain text or SSML to send.
        expected: the expected speech; None if it is only a pause.
    """

    at: int
    plain: str
    content: str
    expected: Expected | None

    @property
    def closing(self) -> str:
        """The pause mark after it: "", "," or one of ".?!"."""
        return self.expected.closing if self.expected else ""


@dataclass(frozen=True)
class SpeechRequest:
    """A part of a text that is spoken in one request.

    Attributes:
        written: its tokens, also those that are only pauses.
        ssml: whether it is SSML.
    """

    written: tuple[Token, ...]
    ssml: bool

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The tokens that are spoken."""
        return tuple(token for token in self.written if token.expected)

    @property
    def content(self) -> str:
        """The plain text or SSML to send."""
        text = " ".join(token.content for token in self.written)
        return f"<speak>{text}</speak>" if self.ssml else text

    @property
    def ending(self) -> Ending:
        """Decides the pause after it."""
        closing = self.tokens[-1].closing
        return "clause" if closing == "," else "sentence" if closing else "word"

    @property
    def billed_characters(self) -> int:
        """The characters that Google bills: all, with tags, except the marks."""
        return len(_MARK.sub("", self.content))

    def halves(self) -> tuple[SpeechRequest, SpeechRequest]:
        """Cut it in two after a sentence, else after a comma, else between two words.

        Of several such places it is the one nearest to the middle. At least two words are needed.
        """
        tokens = self.tokens
        places = range(1, len(tokens))
        ends = [at for at in places if tokens[at - 1].closing in _ENDS]
        commas = [at for at in places if tokens[at - 1].closing == ","]
        cut = min(ends or commas or places, key=lambda at: abs(2 * at - len(tokens)))
        return replace(self, written=tokens[:cut]), replace(self, written=tokens[cut:])


def speech_requests(
    text: str,
    language: str,
    pronunciations: Mapping[str, str] = MappingProxyType({}),
    *,
    ssml: bool,
    marks: bool,
    limit: int = MAX_BYTES,
) -> tuple[SpeechRequest, ...]:
    """Split a text into requests, in order. One that would be too long is halved.

    Args:
        language: BCP 47.
        pronunciations: written word -> the words to say for it.
        ssml: whether the voice takes SSML.
        marks: whether it reports the time of a `<mark>`. Its name is the token's position.
        limit: most UTF-8 bytes of a request.

    Raises:
        PermanentError: nothing in the text can be spoken, or a word is too long.
    """
    tokens = tuple(_tokens(text, language, pronunciations, ssml=ssml, marks=marks))
    return tuple(_within(SpeechRequest(tokens, ssml), limit))


def _within(request: SpeechRequest, limit: int) -> Iterator[SpeechRequest]:
    if len(request.content.encode()) > limit:
        request = replace(request, written=request.tokens)
    size = len(request.content.encode())
    if size <= limit:
        yield request
    elif len(request.written) > 1:
        for half in request.halves():
            yield from _within(half, limit)
    else:
        raise PermanentError(
            f"word {request.written[0].at + 1} of a line takes {size} bytes to be spoken, and a"
            f" request may have {limit}: leave it out of the line"
        )


def _tokens(
    text: str, language: str, pronunciations: Mapping[str, str], *, ssml: bool, marks: bool
) -> Iterator[Token]:
    said: dict[int, list[str]] = {}
    closing: dict[int, str] = {}
    for spoken in spoken_tokens(text, language, pronunciations):
        said.setdefault(spoken.source, []).append(spoken.text)
        closing[spoken.source] = spoken.punctuation
    for at, token in enumerate(text.split()):
        written = visible(token)
        if at not in said:
            if written and all(unicodedata.category(c)[0] == "P" for c in written):
                yield Token(at, written, escape(written) if ssml else written, None)
            continue
        words, mark = tuple(said[at]), closing[at] or _OTHER_MARKS.get(written[-1:], "")
        expected = Expected(words, mark)
        plain, tagged = written, escape(written)
        if not _reads_itself(written, words):
            alias = " ".join(words)
            core = _AROUND.sub("", written).rstrip(".,") or written
            lead, tail = _LEAD.findall(written)[0], "".join(_TAIL.findall(written)) + mark
            plain = lead + alias + tail
            tagged = f"{lead}<sub alias={quoteattr(alias)}>{escape(core)}</sub>{tail}"
        name = f'<mark name="{at}"/>' if marks else ""
        yield Token(at, plain, name + tagged if ssml else plain, expected)


def _reads_itself(written: str, words: Sequence[str]) -> bool:
    """Whether a token already is the words to speak, apart from marks around or between them."""
    bare = _AROUND.sub("", written).strip("'’.,-‐‑–—―")
    if bare in INITIALISMS:
        return True
    parts = [_INAUDIBLE.sub("", part).casefold() for part in _HYPHENS.split(bare)]
    plain = [_INAUDIBLE.sub("", part).casefold() for word in words for part in _HYPHENS.split(word)]
    return plain == parts
