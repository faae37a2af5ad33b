"""From a text as it is written to the words that a voice is given.

Every written whitespace token keeps its position, so that the time of what was spoken
("twenty five degrees Celsius") can be given to what was written ("25°C").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from anyascii import anyascii

from vividly.errors import PermanentError
from vividly.speech.lexicon import ENGLISH, Lexicon, lexicon_for

MAX_TEXT = 20_000
MAX_TOKEN = 200
MAX_WORD = 30
MAX_SENTENCE = 50

# One form of each sign: quotes, hyphens, dashes (all as "–"), ellipsis, micro, delta, ohm.
_FORMS = str.maketrans("’‘ʼ`“”„‐‑—―…。？！μΔ\u2126", "''''\"\"\"--––..?!µ∆Ω")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋", "0123456789+−")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+−")
_NUMBER = r"\d+(?:[.,]\d+)*"
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_CARET = re.compile(r"\^([-−]?\d+)")
_RAISE = str.maketrans("0123456789-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")
_RAISED = re.compile(r"^(.*?[^⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻])([⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+)$")
_FORMULA = re.compile(r"^\d*(?:\(?[A-Z][a-z]?\d*\)?\d*){1,12}$")
_INITIALS = re.compile(r"^(?:[A-Za-z]\.){2,}$")
_EDGES = re.compile(r"^([\"'(\[{¿¡–-]*)(.*?)([\"')\]}.,;:!?–]*)$", re.DOTALL)
# Two capitals are letters ("UV", "DC") unless they are a short word in capitals.
# fmt: off
_SHOUTED = frozenset(
    (
        "AM", "AN", "AS", "AT", "BE", "BY", "DO", "GO", "HE", "IF", "IN", "IS", "IT",
        "ME", "MY", "NO", "OF", "ON", "OR", "SO", "TO", "UP", "WE",
    )
)
_SPELLED = frozenset(
    (
        "pH", "mRNA", "tRNA", "rRNA", "NaCl", "HCl", "KCl", "NaOH", "KOH", "LED", "LEDs",
        "FeS", "NaF",
    )
)
# After "C." these begin a sentence, and anything else in capitals is a surname.
_STARTERS = frozenset(
    (
        "The", "A", "An", "It", "Its", "This", "That", "These", "Those", "In", "On", "At",
        "So", "But", "And", "If", "When", "We", "You", "They", "He", "She", "What", "How",
        "Why", "For", "To", "As", "One", "Now", "Then", "Here", "There",
    )
)
# fmt: on


@dataclass(frozen=True)
class SpokenToken:
    """A word for the voice.

    Attributes:
        source: position of the written token that it says a part of.
        text: letters, digits, apostrophes, and `.` or `,` inside a number; a capital `A` is
            the letter, not the article.
        punctuation: "", "," or one of ".?!", for a pause and the melody after it.
    """

    source: int
    text: str
    punctuation: str = ""


def spoken_tokens(text: str, language: str) -> tuple[SpokenToken, ...]:
    """All that is to be said of a text.

    Args:
        text: as written.
        language: BCP 47; it chooses the words for signs and units.

    Raises:
        PermanentError: nothing of it can be said, or a token or the whole is too long.
    """
    if len(text) > MAX_TEXT:
        raise PermanentError(
            f"a text of {len(text)} characters is too long to be spoken at once:"
            f" at most {MAX_TEXT}; split it into lines"
        )
    lexicon = lexicon_for(language)
    written = [_clean(token) for token in text.split()]
    tokens: list[SpokenToken] = []
    for at, token in enumerate(written):
        if len(token) > MAX_TOKEN:
            raise PermanentError(
                f"word {at + 1} of a line has {len(token)} characters: at most {MAX_TOKEN}"
                " can be spoken; leave it out of the line"
            )
        before = written[at - 1] if at else ""
        after = written[at + 1] if at + 1 < len(written) else ""
        words, punctuation = _say(token, before, after, lexicon)
        if punctuation == "." and after[:1].islower():
            punctuation = ","
        if words:
            said = [SpokenToken(at, word) for whole in words for word in _pieces(whole)]
            said[-1] = replace(said[-1], punctuation=punctuation)
            tokens.extend(said)
        elif tokens and not tokens[-1].punctuation and token:
            # A dash or a lone mark is not said, but it is heard as a pause.
            tokens[-1] = replace(tokens[-1], punctuation=punctuation or ",")
    if not tokens:
        raise PermanentError("a line has no letters or digits, so there is nothing to speak")
    return tuple(tokens)


def sentences(tokens: Sequence[SpokenToken]) -> Iterator[tuple[SpokenToken, ...]]:
    """The sentences of a text, cut further where they are too long for a voice.

    A cut falls on the last comma before the limit, or on the limit.
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


def ascii_word(text: str) -> str:
    """A word in ASCII letters, digits and apostrophes, for a voice that knows no others."""
    return re.sub(r"[^A-Za-z0-9'.,]", "", anyascii(text)).strip("'.,")


def _clean(token: str) -> str:
    """One spelling for each sign, and no invisible characters."""
    token = unicodedata.normalize("NFC", token).translate(_FORMS).translate(_SUBSCRIPTS)
    token = _CARET.sub(lambda power: power[1].translate(_RAISE), token)
    return "".join(c for c in token if unicodedata.category(c)[0] != "C")


def _say(token: str, before: str, after: str, lexicon: Lexicon) -> tuple[list[str], str]:
    """The words for one token, and its closing punctuation."""
    found = _EDGES.match(token)
    opening, core, closing = found.groups() if found else ("", token, "")
    if opening.endswith(("-", "–")) and re.match(r"[\d.$€£]", core):
        core = "−" + core
    plain = opening + core + closing.rstrip(",;:!?\"')")
    for form in (plain, plain.rstrip(".")):
        expansion = lexicon.abbreviations.get(form.lower())
        if expansion and (form.endswith(".") or form == core):
            ends = "." if not after and form.endswith(".") else _closing(closing.strip(".)\"'"))
            return expansion.split(), ends
    if _INITIALS.match(plain):
        return list(plain.replace(".", "").upper()), "." if not after else ""
    initial = len(core) == 1 and core.isupper() and closing == "."
    if initial and after[:1].isupper() and after not in _STARTERS:
        return [core], ""  # of a name: not the end of a sentence
    if core in ("A", "a") and lexicon is ENGLISH and not _is_number(before):
        return [_letter_or_article(core, before, after, lexicon)], _closing(closing)
    core = re.sub(r"'(?![A-Za-z])|(?<![A-Za-z])'(?!\w)", "", core)
    words = _core(core, before, lexicon)
    return words, _closing(closing)


def _closing(marks: str) -> str:
    for mark in "?!.":
        if mark in marks:
            return mark
    return "," if any(mark in marks for mark in ",;:–") else ""


def _letter_or_article(core: str, before: str, after: str, lexicon: Lexicon) -> str:
    beside_sign = before in lexicon.signs or after in lexicon.signs
    mid_sentence = before and before[-1] not in ".?!:\"'"
    return "A" if beside_sign or (core == "A" and mid_sentence) else "a"


def _core(core: str, before: str, lexicon: Lexicon) -> list[str]:
    """The words for a token without its punctuation."""
    if not core:
        return []
    if not lexicon.phrases:
        return [core] if re.search(r"\w|[=+]", core) else []
    phrases = lexicon.phrases
    if core in lexicon.units and (_is_number(before) or re.search(r"[/°]", core)):
        return _unit(core, before, lexicon)
    if core.startswith("−") and _is_number(core[1:2]):
        return [phrases["minus"], *_core(core[1:], before, lexicon)]
    if (money := re.fullmatch(rf"([$€£])({_NUMBER})", core)) and money[1] in phrases:
        return _money(money[1], money[2], lexicon)
    if re.fullmatch(r"\d+(?:st|nd|rd|th)|\d{4}s", core):
        return [core]
    if measure := re.fullmatch(rf"({_NUMBER})(\D.*)", core):
        if measure[2] in lexicon.units:
            return [*_number(measure[1], lexicon), *_unit(measure[2], measure[1], lexicon)]
        if measure[2] in "½¼¾⅓⅔" and measure[2] in lexicon.signs:
            return [measure[1], phrases["and"], *lexicon.signs[measure[2]].split()]
    if core in lexicon.fractions:
        return lexicon.fractions[core].split()
    if span := re.fullmatch(rf"({_NUMBER})[–-]({_NUMBER})(.*)", core):
        first, last = _number(span[1], lexicon), _number(span[2], lexicon)
        return [*first, phrases["to"], *last, *_core(span[3], span[2], lexicon)]
    if time := re.fullmatch(r"(\d{1,2}):(\d\d)", core):
        return _time(time[1], time[2], lexicon)
    if ratio := re.fullmatch(r"(\d+):(\d+)", core):
        return [ratio[1], phrases["to"], ratio[2]]
    if raised := _RAISED.match(core):
        ion = raised[2][-1] in "⁺⁻" and _FORMULA.match(raised[1])
        base = _letters(raised[1]) if ion else _core(raised[1], before, lexicon)
        return [*base, *_power(raised[2], lexicon)]
    two_capitals = re.fullmatch(r"[A-Z]{2}", core) and core not in _SHOUTED
    if core in _SPELLED or two_capitals or (_FORMULA.match(core) and re.search(r"\d", core)):
        return _letters(core)
    return _split(core, lexicon)


def _letters(core: str) -> list[str]:
    """A formula or an abbreviation, letter by letter and number by number."""
    return re.findall(r"\d+|[A-Z]", core.upper())


def _unit(unit: str, amount: str, lexicon: Lexicon) -> list[str]:
    first, *rest = lexicon.units[unit].split()
    if amount == "1":
        first = "foot" if first == "feet" else first.removesuffix("s")
    return [first, *rest]


def _split(core: str, lexicon: Lexicon) -> list[str]:
    """Words of a mixed token: signs by name, letters and numbers as they are, the rest dropped."""
    words: list[str] = []
    for part in re.findall(rf"{_NUMBER}|[^\W\d_](?:[^\W\d_]|[\u0300-\u036f]|'(?=\w))*|\S", core):
        if part in lexicon.signs and not (part == "/" and not re.search(r"\d", core)):
            words += lexicon.signs[part].split()
        elif part[0].isalpha():
            words += _greek(part)
        elif part[0].isdigit():
            words += _number(part, lexicon)
        elif part == "." and core.strip(".") and "dot" in lexicon.phrases:
            words.append(lexicon.phrases["dot"])
    return words


def _greek(word: str) -> list[str]:
    """A lone Greek letter by its name, as in "π r" or "λ"; any other word unchanged."""
    if len(word) == 1:
        name = unicodedata.name(word, "").split()
        if name[:1] == ["GREEK"] and "LETTER" in name:
            return [name[name.index("LETTER") + 1].lower()]
    return [word]


def _is_number(token: str) -> bool:
    return bool(re.fullmatch(rf"[−–-]?{_NUMBER}(?:[–-]{_NUMBER})?", token))


def _number(digits: str, lexicon: Lexicon) -> list[str]:
    """A number without its thousands marks; a list like "1,2,3" as several numbers."""
    if lexicon is not ENGLISH:
        return [digits]
    if _THOUSANDS.fullmatch(digits):
        return [digits.replace(",", "")]
    return digits.split(",")


def _money(sign: str, amount: str, lexicon: Lexicon) -> list[str]:
    number = _number(amount, lexicon)
    whole, _, part = number[0].partition(".")
    if len(number) == 1 and len(part) == 2 and int(part) and "cents" in lexicon.phrases:
        and_, cents = lexicon.phrases["and"], lexicon.phrases["cents"]
        return [whole, lexicon.phrases[sign], and_, str(int(part)), cents]
    return [*number, lexicon.phrases[sign]]


def _time(hours: str, minutes: str, lexicon: Lexicon) -> list[str]:
    if minutes == "00":
        return [hours, lexicon.phrases["o'clock"]] if "o'clock" in lexicon.phrases else [hours]
    if minutes[0] == "0" and "oh" in lexicon.phrases:
        return [hours, lexicon.phrases["oh"], minutes[1]]
    return [hours, str(int(minutes))]


def _power(raised: str, lexicon: Lexicon) -> list[str]:
    if raised in lexicon.signs:
        return lexicon.signs[raised].split()
    digits = raised.translate(_SUPERSCRIPTS)
    signs = {"+": lexicon.phrases["plus"], "−": lexicon.phrases["minus"]}
    parts = [signs.get(part, part) for part in re.findall(r"\d+|[+−]", digits)]
    charge = digits[-1] in "+−"
    return parts if charge else [*lexicon.phrases["power"].split(), *parts]


def _pieces(word: str) -> Iterator[str]:
    for start in range(0, len(word), MAX_WORD):
        yield word[start : start + MAX_WORD]
