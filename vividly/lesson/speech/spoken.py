"""Turns written text into the words that a voice speaks.

Each spoken word keeps the position of its written token, so that the times of the speech ("twenty
five degrees Celsius") can be assigned to the writing ("25°C"). Tokens are split at whitespace.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from anyascii import anyascii

from vividly.lesson.speech.expand import expand, is_number
from vividly.lesson.speech.formulas import (
    LETTER,
    LOWERED,
    NAMED,
    RAISED,
    RANGE,
    SUBSCRIPTS,
    TO_RAISED,
    resolved,
)
from vividly.model.errors import PermanentError
from vividly.text.locales import speech_for
from vividly.text.locales.sections import Speech
from vividly.text.signs import unnamed_signs


class UnsayableSigns(PermanentError):
    """A text has signs without a word, so that it would be said wrong."""


_NO_WORDS: Mapping[str, str] = MappingProxyType({})
MAX_TEXT = 20_000
MAX_TOKEN = 200
MAX_SENTENCE = 50

# One form for each sign: quotes, hyphens, dashes (all as "–"), ellipsis, micro, delta, ohm.
_FORMS = str.maketrans("’‘ʼ`“”„‐‑—―…。？！μΔ\u2126", "''''\"\"\"--––..?!µ∆Ω")
_EM_DASH = re.compile(r"[—―](?!\d)|(?<!\d)[—―]")
_DECADE = re.compile(r"(?<=\d0)'s\b")
_POINT = re.compile(r"(?<![\w.])\.(?=\d)")
"""The point of a number without a digit before it: ".65"."""
_CARET = re.compile(r"\^(?:([-−]?\d+)(?![+−-](?!\w))|\{?(\d?[+−-])\}?(?![\w(]))")
"""A power, or a charge such as that of `SO4^2-`."""
# Raised digits after nothing, unless they are the mass number of an element or a charge.
_BASELESS = re.compile(
    rf"(?<![^\s(\[{{=+×·/−])[{RAISED}]+(?<![⁺⁻])(?![{RAISED}])(?![{LOWERED}]*[A-Z])"
)
_INITIALS = re.compile(r"^(?:[A-Z][a-z]?\.|[a-z]\.){2,}$")
_EDGES = re.compile(r"^([\"'(\[{¿¡–-]*)(.*?)([\"')\]}.,;:!?–]*)$", re.DOTALL)


@dataclass(frozen=True)
class SpokenToken:
    """A word for the voice.

    Attributes:
        source: position of its written token.
        text: letters, digits, apostrophes, and `.` or `,` inside a number; a capital `A` is
            the letter, not the article.
        punctuation: "", "," or one of ".?!", for the pause after it and the intonation.
    """

    source: int
    text: str
    punctuation: str = ""


def spoken_tokens(
    text: str, language: str, pronunciations: Mapping[str, str] = _NO_WORDS
) -> tuple[SpokenToken, ...]:
    """The words to speak for a text.

    Args:
        text: as written.
        language: BCP 47; decides the words for signs and units.
        pronunciations: written word -> the words to say for it.

    Raises:
        UnsayableSigns: a sign has no word in the language.
        PermanentError: nothing in it can be spoken, or a token or the text is too long.
    """
    if len(text) > MAX_TEXT:
        raise PermanentError(
            f"a text of {len(text)} characters is too long to be spoken at once:"
            f" at most {MAX_TEXT}; split it into lines"
        )
    lexicon = speech_for(language)
    parts = [(at, part) for at, token in enumerate(text.split()) for part in _cleaned(token)]
    written = _readable([part for _, part in parts], language, lexicon)
    tokens: list[SpokenToken] = []
    for at, ((source, _), token) in enumerate(zip(parts, written, strict=True)):
        if len(token) > MAX_TOKEN:
            raise PermanentError(
                f"word {source + 1} of a line has {len(token)} characters: at most {MAX_TOKEN}"
                " can be spoken; leave it out of the line"
            )
        before = written[at - 1].rpartition(RANGE)[2] if at else ""
        if at > 1 and is_number(before) and written[at - 2] == lexicon.phrases.get("sub"):
            before = written[at - 2]  # "v sub 0 t": no amount
        if "/" in before and at > 1 and written[at - 2].isdigit():  # "2 1/2 kg"
            before = f"{written[at - 2]} {before}"
        after = written[at + 1] if at + 1 < len(written) else ""
        first = written[at - 2] if at > 1 and is_number(before) else before
        words, punctuation = _say(token, (first, before), after, lexicon, pronunciations)
        if punctuation == "." and after[:1].islower():
            punctuation = ","
        if words:
            said = [
                SpokenToken(source, word.rstrip(","), "," * word.endswith(",")) for word in words
            ]
            said[-1] = replace(said[-1], punctuation=punctuation or said[-1].punctuation)
            tokens.extend(said)
        elif tokens and not tokens[-1].punctuation and token:
            # A dash or a lone mark is not spoken, but makes a pause.
            tokens[-1] = replace(tokens[-1], punctuation=punctuation or ",")
    if not tokens:
        raise PermanentError("a line has no letters or digits, so there is nothing to speak")
    return tuple(tokens)


def sentences(tokens: Sequence[SpokenToken]) -> Iterator[tuple[SpokenToken, ...]]:
    """Split tokens into sentences of at most `MAX_SENTENCE` tokens.

    A longer sentence is cut after its last pause mark before the limit, or else at the limit.
    """
    sentence: list[SpokenToken] = []
    for token in tokens:
        sentence.append(token)
        if token.punctuation in (".", "?", "!"):
            yield tuple(sentence)
            sentence = []
        elif len(sentence) == MAX_SENTENCE:
            commas = [at for at, said in enumerate(sentence, 1) if said.punctuation]
            cut = commas[-1] if commas else MAX_SENTENCE
            yield tuple(sentence[:cut])
            sentence = sentence[cut:]
    if sentence:
        yield tuple(sentence)


def unsayable(text: str, language: str) -> str:
    """Why no voice can say a text; empty if it can be said.

    Example: `⊕` has no word, but `Na⁺` is "N A plus".
    """
    try:
        spoken_tokens(text, language)
    except UnsayableSigns as error:
        return str(error)
    return ""


def ascii_word(text: str) -> str:
    """Transliterate a word to ASCII, for a voice that reads nothing else."""
    return re.sub(r"[^A-Za-z0-9'.,]", "", anyascii(text)).strip("'.,")


def visible(token: str) -> str:
    """Drop control and similar characters, which XML forbids or voices misread."""
    composed = unicodedata.normalize("NFC", token)
    return "".join(c for c in composed if unicodedata.category(c)[0] != "C")


def _cleaned(token: str) -> list[str]:
    """Its parts between dashes, with one form for each sign and without invisible characters."""
    token = _EM_DASH.sub("– ", visible(token)).translate(_FORMS)
    token = _POINT.sub("0.", token)
    token = _CARET.sub(lambda power: (power[1] or power[2]).translate(TO_RAISED), token)
    return _DECADE.sub("s", token).split()


def _readable(written: list[str], language: str, lexicon: Speech) -> list[str]:
    """The tokens with unambiguous signs.

    Raises:
        PermanentError: a sign has no word in the language.
    """
    if not lexicon.phrases:
        return [token.translate(SUBSCRIPTS) for token in written]
    text = resolved(" ".join(written), lexicon)
    if raised := _BASELESS.search(text):
        raise UnsayableSigns(
            f"the raised {raised[0]!r} of a line stands on nothing; write it in words, or leave the"
            " sentence out"
        )
    if signs := unnamed_signs(text, language, besides=NAMED):
        names = ", ".join(f"{sign} ({unicodedata.name(sign, 'no name')})" for sign in signs[:5])
        raise UnsayableSigns(
            f"no words are known for signs of a line: {names}; write them in words, or leave the"
            " sentence out"
        )
    return text.split()


def _say(
    token: str,
    earlier: tuple[str, str],
    after: str,
    lexicon: Speech,
    pronunciations: Mapping[str, str],
) -> tuple[list[str], str]:
    """The words for one token, and its closing punctuation.

    Args:
        earlier: the token before its amount, and the token before it.
    """
    article, before = earlier
    found = _EDGES.match(token)
    opening, core, closing = found.groups() if found else ("", token, "")
    if opening.endswith(("-", "–")) and re.match(r"[\d.$€£]", core):
        core = "−" + core
    while core.count("(") > core.count(")") and closing.startswith(")"):
        core, closing = core + ")", closing[1:]
    if said := _pronounced(core, pronunciations):
        return said, _closing(closing)
    plain = opening + core + closing.rstrip(",;:!?\"')")
    is_unit = is_number(before) and core in lexicon.units  # "5 ms." is no Ms.
    if era := lexicon.abbreviations.get(f"{plain} {after.rstrip(',;:?!)')}".lower()):
        return era.split()[:-1], ""  # "a. C."
    if era := lexicon.abbreviations.get(f"{before} {plain}".lower()):
        return era.split()[-1:], "." if not after else _closing(closing.strip("."))
    for form in () if is_unit else (plain, plain.rstrip(".")):
        numbers = lexicon.abbreviations.get(f"{form.lower()}#") if after[:1].isdigit() else None
        if numbers:
            return numbers.split(), ""
        expansion = lexicon.abbreviations.get(form.lower())
        if form.endswith(".") and (after[:1].isdigit() or is_number(before)):  # "Aug. 3"
            expansion = expansion or lexicon.calendar.get(form[:-1].lower())
        if expansion and (form.endswith(".") or form == core):
            ends = "." if not after and form.endswith(".") else _closing(closing.strip(".)\"'"))
            return expansion.split(), ends
    if RANGE in core.strip(RANGE):
        sides = core.split(RANGE, 1)
        first, _ = _say(sides[0], earlier, "", lexicon, pronunciations)
        last, mark = _say(sides[1] + closing, (before, sides[0]), after, lexicon, pronunciations)
        letter = sides[1][1:] == LETTER
        to = lexicon.phrases["to letter" if letter else "to"].split()
        return [*first, *to, *last], mark
    if _INITIALS.match(plain):
        return list(plain.replace(".", "").upper()), "." if not after else ""
    initial = len(core) == 1 and core.isupper() and closing == "."
    if initial and after[:1].isupper() and after not in lexicon.sentence_starters:
        return [core], ""  # initial of a name: not the end of a sentence
    if len(core) == 1 and core.islower() and closing == "." and re.match(r"[a-z]\.", after):
        return [core.upper()], ""  # "a. m."
    if opening.endswith("'") and re.fullmatch(r"\d0s", core):
        return [core], _closing(closing)  # "the '60s"
    inches = core == "in" and is_number(before) and (closing == "." or not after)
    if inches and "in" in lexicon.joined_units:
        unit = lexicon.joined_units["in"]
        ends = "" if after[:1].islower() else _closing(closing)
        return [lexicon.singular(unit) if before == "1" else unit], ends
    if core in ("A", "a") and lexicon.letter_a_is_article and not is_number(before):
        return [_letter_or_article(core, before, after, closing, lexicon)], _closing(closing)
    if len(core) == 1 and core in lexicon.letters and _is_quantity(after, closing, lexicon):
        core += LETTER
    core = re.sub(r"'(?![A-Za-z])|(?<![A-Za-z])'(?!\w)", "", core)
    adjective = (
        lexicon.letter_a_is_article
        and article.lower() in ("a", "an")
        and not closing
        and after[:1].islower()
    )
    words = expand(core, before, lexicon, "" if closing else after, adjective=adjective)
    return words, _closing(closing)


def _pronounced(core: str, pronunciations: Mapping[str, str]) -> list[str]:
    """The operator's words for a token, also in the possessive; empty if there are none."""
    bare = core.removesuffix("'s")
    said = pronunciations.get(bare) or pronunciations.get(bare[:1].lower() + bare[1:], "")
    return (said + core[len(bare) :]).split() if said else []


def _closing(marks: str) -> str:
    for mark in "?!.":
        if mark in marks:
            return mark
    return "," if any(mark in marks for mark in ",;:–") else ""


def _letter_or_article(core: str, before: str, after: str, closing: str, lexicon: Speech) -> str:
    beside_sign = before in lexicon.signs or after in lexicon.signs
    mid_sentence = before and before[-1] not in ".?!:\"'"
    named = core == "A" and mid_sentence
    return "A" if beside_sign or named or _is_quantity(after, closing, lexicon) else "a"


def _is_quantity(after: str, closing: str, lexicon: Speech) -> bool:
    """Whether a lone letter is no word, by what follows: "side a is longer", "sides a, b"."""
    return not after or bool(closing) or after in lexicon.after_letters
