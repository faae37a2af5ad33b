"""A text as the requests that a speech service gets: plain, or as SSML with a mark per word.

What a general voice would say wrong ("CO₂", "m/s²", "E = mc²") is given the words of our own
lexicon, as `<sub alias="...">`; names, plain numbers and punctuation are left to the voice,
which knows the melody of a sentence better. In a language without a lexicon only the forms of
the signs are made plain.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape, quoteattr  # it only escapes  # nosec B406

from vividly.lesson.speech.align_words import Expected
from vividly.lesson.speech.expand import INITIALISMS
from vividly.lesson.speech.spoken import spoken_tokens
from vividly.model.errors import PermanentError

MAX_BYTES = 5000
"""What a request may hold, tags included; Google's own limit."""
_HEAD, _FOOT = "<speak>", "</speak>"
_MARK = re.compile(r"<mark name=\"\d+\"/>")
_AROUND = re.compile(r"[\"“”„«»()\[\]{}¿¡;:!?…]")
_HYPHENS = re.compile(r"[-‐‑–—―]+")
_INAUDIBLE = re.compile(r"[,'’ʼ`]")
_LEAD, _TAIL = re.compile(r"^[\"“„«(\[{¿¡]*"), re.compile(r"[\"”»)\]}]+(?=[.,;:!?…]*$)")
# Marks of scripts that our own rules do not know.
_OTHER_MARKS = {"।": ".", "॥": ".", "۔": ".", "؟": "?", "،": ",", "؛": ","}
_CONSONANTS = re.compile(r"[b-df-hj-np-tv-xz]{2,3}")

Ending = Literal["sentence", "clause", "word"]


@dataclass(frozen=True)
class Token:
    """A written token as the service gets it.

    Attributes:
        at: its position among the whitespace tokens of the text.
        plain: what it is in plain text.
        ssml: what it is in SSML, escaped.
        expected: what is to be heard; None where it is only a pause.
    """

    at: int
    plain: str
    ssml: str
    expected: Expected | None


@dataclass(frozen=True)
class SpeechRequest:
    """A part of a text that is spoken in one request.

    Attributes:
        content: what the service gets.
        tokens: those of the text that are in it, without the ones that are not heard.
        ending: what it ends with, for the pause after it.
    """

    content: str
    tokens: tuple[Token, ...]
    ending: Ending

    @property
    def billed_characters(self) -> int:
        """What Google bills: all characters, those of tags too, but not the marks."""
        return len(_MARK.sub("", self.content))


def speech_requests(
    text: str, language: str, *, ssml: bool, marks: bool, limit: int = MAX_BYTES
) -> tuple[SpeechRequest, ...]:
    """The requests that a text is spoken by, in order.

    A text that is too long for one is cut after a sentence, else after a comma, else between
    two words.

    Args:
        language: BCP 47.
        ssml: whether the voice takes SSML.
        marks: whether it tells the time of a `<mark>`; its name is the token's position.
        limit: UTF-8 bytes that a request may have.

    Raises:
        PermanentError: nothing of the text can be said, or a word of it is too long.
    """
    tokens = tuple(_tokens(text, language))
    return tuple(
        SpeechRequest(
            _content(part, ssml=ssml, marks=marks),
            tuple(token for token in part if token.expected),
            _ending(part),
        )
        for part in _parts(tokens, ssml=ssml, marks=marks, limit=limit)
    )


def _tokens(text: str, language: str) -> Iterator[Token]:
    said: dict[int, list[str]] = {}
    closing: dict[int, str] = {}
    for spoken in spoken_tokens(text, language):
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
    """Without control characters and the like, which XML forbids or voices stumble over."""
    composed = unicodedata.normalize("NFC", token)
    return "".join(c for c in composed if unicodedata.category(c)[0] != "C")


def _reads_itself(written: str, words: Sequence[str]) -> bool:
    """Whether a token is just the words that are to be said, with marks around or between."""
    bare = _AROUND.sub("", written).strip("'’.,-‐‑–—―")
    if bare in INITIALISMS:
        return True
    parts = [_INAUDIBLE.sub("", part).casefold() for part in _HYPHENS.split(bare)]
    plain = [_INAUDIBLE.sub("", part).casefold() for word in words for part in _HYPHENS.split(word)]
    # A word of more than 30 letters comes in pieces, for the sake of other voices.
    return plain == parts or (len(parts) == 1 and len(bare) > 30 and "".join(plain) == parts[0])


def _spelled(word: str) -> str:
    """The letters of a product like the mc in mc², which is no word."""
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
    """After how many tokens a part that is full ends."""
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
