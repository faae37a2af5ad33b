"""Expands a token to spoken words: numbers, units, formulas, signs."""

from __future__ import annotations

import re
import unicodedata

from vividly.text.locales.sections import Speech

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+−")
_NUMBER = r"\d+(?:[.,]\d+)*"
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_RAISED = re.compile(r"^(.*?[^⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻])([⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+)$")
_FORMULA = re.compile(r"^\d*(?:\(?[A-Z][a-z]?\d*\)?\d*){1,12}$")
INITIALISMS = frozenset(("DNA", "RNA", "ATP", "ADP", "NADPH", "NADH", "NADP", "DDT"))
"""Spelt out for offline voices, which would read them as words; cloud voices know them."""
_SPELLED = INITIALISMS.union(
    (
        "pH", "mRNA", "tRNA", "rRNA", "NaCl", "HCl", "KCl", "NaOH", "KOH", "LED", "LEDs",
        "FeS", "NaF",
    )
)  # fmt: skip


def expand(core: str, before: str, lexicon: Speech, after: str = "") -> list[str]:
    """The spoken words for a token: "25°C" -> 25, degrees, Celsius.

    Args:
        core: the token without the punctuation around it.
        before: the token before it: "m" is a unit only after a number.
        after: the token after it: in some languages 1 is a different word before a noun.
    """
    if not core:
        return []
    if not lexicon.phrases:
        return [core] if re.search(r"\w|[=+]", core) else []
    phrases = lexicon.phrases
    if core in lexicon.units and (is_number(before) or re.search(r"[/°]", core)):
        return _unit(core, before, lexicon)
    if core == "1" and lexicon.one:
        return [_one(after, lexicon)]
    if core.startswith("−") and is_number(core[1:2]):
        return [phrases["minus"], *expand(core[1:], before, lexicon, after)]
    if (money := re.fullmatch(rf"([$€£])({_NUMBER})", core)) and money[1] in phrases:
        return _money(money[1], money[2], lexicon)
    if re.fullmatch(r"\d+(?:st|nd|rd|th)|\d{4}s", core):
        return [core]
    if measure := re.fullmatch(rf"({_NUMBER})(\D.*)", core):
        if measure[2] in lexicon.units:
            one = measure[1] == "1" and lexicon.one
            amount = [_one(measure[2], lexicon)] if one else _number(measure[1], lexicon)
            return [*amount, *_unit(measure[2], measure[1], lexicon)]
        if measure[2] in "½¼¾⅓⅔" and measure[2] in lexicon.signs:
            return [measure[1], phrases["and"], *lexicon.signs[measure[2]].split()]
    if core in lexicon.fractions:
        return lexicon.fractions[core].split()
    if span := re.fullmatch(rf"({_NUMBER})[–-]({_NUMBER})(.*)", core):
        first, last = _number(span[1], lexicon), _number(span[2], lexicon)
        return [*first, phrases["to"], *last, *expand(span[3], span[2], lexicon)]
    if time := re.fullmatch(r"(\d{1,2}):(\d\d)", core):
        return _time(time[1], time[2], lexicon)
    if ratio := re.fullmatch(r"(\d+):(\d+)", core):
        return [ratio[1], phrases["to"], ratio[2]]
    if raised := _RAISED.match(core):
        ion = raised[2][-1] in "⁺⁻" and _FORMULA.match(raised[1])
        base = _letters(raised[1]) if ion else expand(raised[1], before, lexicon)
        return [*base, *_power(raised[2], lexicon)]
    two_capitals = re.fullmatch(r"[A-Z]{2}", core) and core not in lexicon.short_words
    if core in _SPELLED or two_capitals or (_FORMULA.match(core) and re.search(r"\d", core)):
        return _letters(core)
    return _split(core, lexicon)


def _letters(core: str) -> list[str]:
    """A formula or an abbreviation, letter by letter and number by number."""
    return re.findall(r"\d+|[A-Z]", core.upper())


def _one(after: str, lexicon: Speech) -> str:
    """The word for 1 before a noun or a unit ("un metro", "una hora"); otherwise "1"."""
    after = after.rstrip(".,;:!?)")
    noun = lexicon.units.get(after, after).split(" ")[0]
    if not noun.isalpha() or not noun.islower() or noun in lexicon.not_nouns:
        return "1"
    return lexicon.one.get(noun.removesuffix("s")[-1:], lexicon.one[""])


def _unit(unit: str, amount: str, lexicon: Speech) -> list[str]:
    first, *rest = lexicon.units[unit].split()
    if amount == "1":
        first = lexicon.singular(first)
    return [first, *rest]


def _split(core: str, lexicon: Speech) -> list[str]:
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
    """The name of a lone Greek letter ("π" -> "pi"); any other word unchanged."""
    if len(word) == 1:
        name = unicodedata.name(word, "").split()
        if name[:1] == ["GREEK"] and "LETTER" in name:
            return [name[name.index("LETTER") + 1].lower()]
    return [word]


def is_number(token: str) -> bool:
    """Whether a token is a number or a range of numbers."""
    return bool(re.fullmatch(rf"[−–-]?{_NUMBER}(?:[–-]{_NUMBER})?", token))


def _number(digits: str, lexicon: Speech) -> list[str]:
    """A number without thousands separators; a list such as "1,2,3" as several numbers.

    In a language with a decimal comma a single comma is the decimal mark.
    """
    if _THOUSANDS.fullmatch(digits):
        return [digits.replace(",", "")]
    if lexicon.decimal_comma and digits.count(",") == 1:
        return [digits]
    return digits.split(",")


def _money(sign: str, amount: str, lexicon: Speech) -> list[str]:
    number = _number(amount, lexicon)
    whole, _, part = number[0].partition(".")
    if len(number) == 1 and len(part) == 2 and int(part) and "cents" in lexicon.phrases:
        and_, cents = lexicon.phrases["and"], lexicon.phrases["cents"]
        return [whole, lexicon.phrases[sign], and_, str(int(part)), cents]
    return [*number, lexicon.phrases[sign]]


def _time(hours: str, minutes: str, lexicon: Speech) -> list[str]:
    if minutes == "00":
        return [hours, lexicon.phrases["o'clock"]] if "o'clock" in lexicon.phrases else [hours]
    if minutes[0] == "0" and "oh" in lexicon.phrases:
        return [hours, lexicon.phrases["oh"], minutes[1]]
    return [hours, str(int(minutes))]


def _power(raised: str, lexicon: Speech) -> list[str]:
    if raised in lexicon.signs:
        return lexicon.signs[raised].split()
    digits = raised.translate(_SUPERSCRIPTS)
    signs = {"+": lexicon.phrases["plus"], "−": lexicon.phrases["minus"]}
    parts = [signs.get(part, part) for part in re.findall(r"\d+|[+−]", digits)]
    charge = digits[-1] in "+−"
    return parts if charge else [*lexicon.phrases["power"].split(), *parts]
