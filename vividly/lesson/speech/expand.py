"""Expands a token to spoken words: numbers, units, formulas, signs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import partial

from vividly.lesson.speech.formulas import (
    CLOSE,
    FUNCTION,
    GREEK,
    LETTER,
    LOWERED,
    MEANINGS,
    NUMBER,
    RAISED,
    STATES,
    SUBSCRIPTS,
    VULGAR,
    counted,
    roman,
)
from vividly.lesson.speech.unit_names import unit_words
from vividly.model.chemistry import ELEMENTS, is_formula, said_orbitals
from vividly.text.locales.sections import Speech
from vividly.text.signs import greek_name

_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_STATE = re.compile(f"(.+)([{''.join(STATES.values())}])")
_NUCLIDE = re.compile(rf"([{RAISED}]+)[{LOWERED}]*([A-Z][a-z]?)|([A-Z][a-z]?)-(\d+)")
_INDEX = re.compile(f"[A-Z][{LOWERED}]+")
_MOLECULES = frozenset(("H2", "N2", "O2", "F2", "I2", "O3", "P4", "S8", "C60"))
"""The molecules of one element with a symbol of one letter; V₂ is the second V."""
_MOST_PARTS = 2
"""A fraction of more wholes than this is a quotient: 22/7 is "22 over 7"."""
_LONGEST_NUMBER = 15
_YEARS = range(1100, 2100)
_RAISED_BEFORE = re.compile(rf"\d[{RAISED}]+$")
_PART_BEFORE = re.compile(rf"[{VULGAR}]$|\d+/\d+$")
_PART = re.compile(
    rf"{FUNCTION}[^\W\d_]+(?:[{RAISED}]+|[{LOWERED}]+)?|{NUMBER}|[{VULGAR}]|[{RAISED}]+|[{LOWERED}]+"
    rf"|[{GREEK}](?![{GREEK}]){LETTER}?"
    rf"|(?:(?![{RAISED}{LOWERED}])[^\W\d_])(?:(?![{RAISED}{LOWERED}]|[{GREEK}](?![{GREEK}]))"
    rf"[^\W\d_]|[\u0300-\u036f]|'(?=\w))*{LETTER}?|\S"
)
INITIALISMS = frozenset(("BCE", "DNA", "RNA", "ATP", "ADP", "NADPH", "NADH", "NADP", "DDT"))
"""Spelt out for offline voices, which would read them as words; cloud voices know them."""
_SPELLED = INITIALISMS.union(
    (
        "pH", "mRNA", "tRNA", "rRNA", "KOH", "LED", "LEDs", "dx", "dy", "dt",
    )
)  # fmt: skip


_plain = partial(unicodedata.normalize, "NFKC")


def expand(
    core: str, before: str, lexicon: Speech, after: str = "", *, adjective: bool = False
) -> list[str]:
    """The spoken words for a token: "25°C" -> 25, degrees, Celsius.

    Args:
        core: the token without the punctuation around it.
        before: the token before it: "m" is a unit only after a number.
        after: the token after it: in some languages 1 is a different word before a noun.
        adjective: whether an amount describes a noun: "a 5 kilogram mass".
    """
    if not core:
        return []
    if not lexicon.phrases:
        return [core] if re.search(r"\w|[=+]", core) else []
    phrases = lexicon.phrases
    if orbitals := said_orbitals(core.replace(LETTER, "")):
        return orbitals.split()
    part = _PART_BEFORE.search(before)
    if part and len(core) == len(after) == 1:  # "1/2 m v squared"
        part = None
    after_number = is_number(before) or bool(part or _RAISED_BEFORE.search(before))
    plain = core.isascii() and core.isalpha() and core.islower() and len(core) > 1
    if plain and not after_number and core not in _SPELLED:
        return [core]
    if after_number or re.search(r"[/°⋅·]|.Ω", core):
        # "5 m/s" and "km/h"; quotients of quantities, such as "v/t", have another sign by now.
        singular = adjective or (part and part[0] == before)
        amount = "1" if singular else before if after_number else ""
        if words := unit_words(core, amount, lexicon):
            return words
    bare = core.replace(LETTER, "")
    raised = re.fullmatch("([A-Za-zµΩ]+)⁻[¹²³]", bare)
    if raised and (before in lexicon.units or raised[1] == "s"):  # "5 m s⁻¹"
        return unit_words(bare, "", lexicon) or _split(core, lexicon, before)
    if core[0].isdigit() and is_number(core) and (words := _amount(core, after, lexicon)):
        return words
    if core.startswith("−") and core[1:2] and (core[1] in VULGAR or is_number(core[1])):
        return [phrases["minus"], *expand(core[1:], before, lexicon, after)]
    if prices := re.fullmatch(rf"([$€£¥])({NUMBER})[–-]\1?({NUMBER})", core):
        return [*_number(prices[2], lexicon), phrases["to"], *_money(prices[1], prices[3], lexicon)]
    if money := re.fullmatch(rf"([$€£¥])({NUMBER})(?:-(\D+))?", core):
        if money[3]:  # "a $100-bill", "a $5-million deal"
            one = lexicon.singular(lexicon.signs[money[1]])
            size, *others = noun = money[3].split("-")
            if size not in lexicon.phrases.get("magnitudes", "").split():
                noun = [one, *noun]
            elif one not in others:
                noun = [size, one, *others]
            return [*_number(money[2], lexicon), *noun]
        return _money(money[1], money[2], lexicon)
    if ordinal := re.fullmatch(r"(\d+(?:st|nd|rd|th))-(.+)", core):  # "17th-century"
        return [ordinal[1], *expand(ordinal[2], ordinal[1], lexicon, after)]
    decade = re.fullmatch(r"\d{3}0s", before) and re.fullmatch(r"\d0s", core)
    if decade or re.fullmatch(r"\d+(?:st|nd|rd|th)|\d{4}s", core):
        return [core]
    if measure := re.fullmatch(rf"({NUMBER})(-?)(\D.*)", core):
        amount = "1" if adjective or measure[2] else measure[1]
        substance = re.search(r"\d", measure[3]) and is_formula(measure[3])
        if not substance and (unit := unit_words(measure[3], amount, lexicon)):
            return [*_counted(measure[1], unit[0], lexicon)[:-1], *unit]
    if fraction := re.fullmatch(rf"({NUMBER})?([{VULGAR}])|(\d+)/(\d+)", core):
        whole = fraction[1] or (before if fraction[3] and re.fullmatch(r"\d+", before) else "")
        above, below = fraction.groups()[2:] if fraction[3] else _plain(fraction[2]).split("\u2044")
        words = _half(above, below, whole, after, lexicon) or _fraction(above, below, lexicon)
        if words or fraction[2]:
            words = words or [above, phrases["over"], below]
            return [*filter(None, (fraction[1], whole and phrases["and"])), *words]
    if span := re.fullmatch(rf"({NUMBER})[–-]({NUMBER})(.*)", core):
        first, last = _number(span[1], lexicon), _number(_whole_year(*span.groups()[:2]), lexicon)
        return [*first, phrases["to"], *last, *expand(span[3], span[2], lexicon)]
    if time := re.fullmatch(r"(\d{1,2}):(\d\d)", core):
        return _time(time[1], time[2], lexicon)
    if re.fullmatch(r"\d+(?::\d+)+|[A-Za-z](?::[A-Za-z])+", core):
        return f" {phrases['to']} ".join(core.split(":")).split()
    if words := _nuclide(core):
        return words
    numeral = roman(core) if counted(before, lexicon) else 0
    if numeral and (len(core) > 1 or (core == "I" and before.istitle())):
        return [str(numeral)]
    if words := _chemical(core, lexicon):
        return words
    two_capitals = re.fullmatch(r"[A-Z]{2}", core) and core not in lexicon.short_words
    if core in _SPELLED or two_capitals:
        return _letters(core)
    return _split(core, lexicon, before)


def _letters(core: str) -> list[str]:
    """A formula or an abbreviation, letter by letter and number by number."""
    return re.findall(r"\d+|[A-Z]", core.upper())


def _nuclide(core: str) -> list[str]:
    """ "¹⁴C", "C-14": C, 14."""
    found = _NUCLIDE.fullmatch(core.replace(LETTER, ""))
    if not found:
        return []
    symbol, mass = found[2] or found[3], found[4] or _plain(found[1] or "")
    return [*symbol.upper(), mass] if symbol in ELEMENTS else []


def _chemical(core: str, lexicon: Speech) -> list[str]:
    """The words for a chemical formula; none if it is none. "NaCl(aq)": N, A, C, L, in water."""
    if len(parts := re.split("[·⋅•]", core.replace(LETTER, ""))) == 2:  # CuSO4·5H2O
        first, last = (_chemical(part, lexicon) for part in parts)
        return [*_paused(first), *last] if first and last else []
    if counted := re.fullmatch(r"(\d+)([A-Z].*)", core):
        one = _chemical(counted[2], lexicon)
        return [counted[1], *one] if one else []
    state = _STATE.fullmatch(core)
    core = (state[1] if state else core).replace(LETTER, "")
    if _INDEX.fullmatch(core) and core.translate(SUBSCRIPTS) not in _MOLECULES:
        return []
    charge = re.fullmatch(rf"(.*?)([{RAISED}]*[⁺⁻])", core)
    bare = (charge[1] if charge else core).translate(SUBSCRIPTS)
    if not (is_formula(bare) or (charge and re.fullmatch("(?:[A-Z][a-z]?){1,2}", bare))):
        return []
    words: list[str] = []
    for part in re.findall(r"\([^)]*\)\d*|[A-Z][a-z]?|\d+", bare):
        if part[0] == "(":
            inner, _, number = part[1:].partition(")")
            words += _letters(inner)
            taken = lexicon.phrases["taken"].format(number=number).split() if number else []
            words = _paused(words) + taken
        else:
            words += _letters(part)
    if charge:
        words += _power(charge[2], lexicon)
    return words + (lexicon.phrases[MEANINGS[state[2]]].split() if state else [])


def _paused(words: list[str]) -> list[str]:
    return [*words[:-1], words[-1].rstrip(",") + ","] if words else words


def _fraction(above: str, below: str, lexicon: Speech) -> list[str]:
    """The words for a fraction, "3 quarters"; none if it has no name of its own."""
    name = lexicon.denominators.get(below, "").split()
    if not name or not 0 < int(above) <= _MOST_PARTS * int(below):
        return []
    return [lexicon.phrases["one part"], name[0]] if above == "1" else [above, name[1]]


def _half(above: str, below: str, whole: str, noun: str, lexicon: Speech) -> list[str]:
    """The word for one half where it agrees with a noun: "½ taza", "2½ tazas"."""
    one = lexicon.one_before(noun) or (lexicon.one.get("", "") if whole else "")
    found = lexicon.agreeing.get(one, {}).get("½") if (above, below) == ("1", "2") else None
    return [found] if found else []


def _amount(number: str, noun: str, lexicon: Speech) -> list[str]:
    """An integer whose parts agree with the noun after it; none if there is nothing to agree."""
    noun = noun.rstrip(".,;:!?)")
    digits, *others = _number(number, lexicon) if lexicon.agreeing else [""]
    named = unit_words(noun, "2", lexicon)
    parts = lexicon.agreeing.get(lexicon.one_before(named[0] if named else noun), {})
    if not parts or others or not digits.isdigit() or int(digits) >= 1_000_000:
        return []
    count, unit = int(digits), bool(named) or noun in lexicon.units.values()
    year = len(number) == 4 and count in _YEARS
    if count > 1 and not unit and (year or lexicon.singular(noun) == noun):
        return []
    words = " ".join(_agreeing(count, parts)).split()
    agree = any(word.isalpha() and word != parts.get("100") for word in words)
    return words if agree else []


def _agreeing(count: int, parts: Mapping[str, str]) -> Iterator[str]:
    """The parts of a number; 221 before a feminine noun in Spanish: "doscientas", "veintiuna"."""
    thousands, rest = divmod(count, 1000)
    hundreds, tens = rest // 100 * 100, rest % 100
    above = " ".join(_agreeing(thousands, parts)) if thousands > 1 else ""
    if thousands:
        yield f"{thousands * 1000}" if above.isdigit() or not above else f"{above} 1000"
    if hundreds:
        yield "100" if rest == 100 else parts.get(str(hundreds), str(hundreds))
    if tens:
        yield parts.get(str(tens), str(tens))


def _split(core: str, lexicon: Speech, before: str) -> list[str]:
    """Words of a mixed token: signs by name, letters and numbers as they are, the rest dropped."""
    words: list[str] = []
    parts = _PART.findall(core)
    for at, part in enumerate(parts):
        if part[0] == FUNCTION:
            words += _function(part[1:], lexicon)
        elif part in MEANINGS:
            words += lexicon.phrases[MEANINGS[part]].split()
        elif part == CLOSE:
            words = _paused(words)
        elif part[0] in RAISED:
            words += _power(part, lexicon)
        elif part[0] in LOWERED:
            words += [lexicon.phrases["sub"], part.translate(SUBSCRIPTS)]
        elif part in VULGAR:
            words += expand(part, "", lexicon)
        elif part.rstrip(LETTER) in lexicon.signs:
            name = lexicon.signs[part.rstrip(LETTER)]
            if part == "/" and not re.search(r"\d", core):
                continue
            if at or name != before.lower():  # "angle ∠ABC" is one angle
                words += name.split()
        elif at > 1 and parts[at - 1] == "(" and roman(part):
            words.append(str(roman(part)))  # "iron(III)"
        elif part[0].isalpha():
            words += _letter(part[0], lexicon) if part[1:] == LETTER else _greek(part, lexicon)
        elif part[0].isdigit():
            words += _number(part, lexicon)
        elif part == "." and core.strip(".") and "dot" in lexicon.phrases:
            words.append(lexicon.phrases["dot"])
    return words


def _function(written: str, lexicon: Speech) -> list[str]:
    """ "sin²" -> the sine squared, "log₂" -> the logarithm base 2."""
    if written in lexicon.functions:
        return lexicon.functions[written].split()
    name = written.rstrip(RAISED + LOWERED)
    suffix = written[len(name) :]
    words = lexicon.functions[name].split()
    if suffix[0] in RAISED:
        return [*words, *_power(suffix, lexicon)]
    return [*words, *lexicon.phrases["base"].split(), suffix.translate(SUBSCRIPTS)]


def _letter(letter: str, lexicon: Speech) -> list[str]:
    """A letter that is a quantity."""
    return lexicon.letters[letter].split() if letter in lexicon.letters else _greek(letter, lexicon)


def _greek(word: str, lexicon: Speech) -> list[str]:
    """The name of a lone Greek letter ("π" -> "pi"); any other word unchanged."""
    word = word.replace(LETTER, "")
    lone = len(word) == 1
    return ((lone and (lexicon.signs.get(word.lower()) or greek_name(word))) or word).split()


def is_number(token: str) -> bool:
    """Whether a token is a number or a range of numbers."""
    return bool(re.fullmatch(rf"[−–-]?{NUMBER}(?:[–-]{NUMBER})?", token))


def _whole_year(first: str, last: str) -> str:
    """The end of a span of years with all its digits: "1914–18"."""
    whole = first[: -len(last)] + last
    year = len(first) == 4 and first.isdigit() and int(first) in _YEARS and len(last) <= 2
    return whole if year and whole > first else last


def _number(digits: str, lexicon: Speech) -> list[str]:
    """A number without thousands separators; a list such as "1,2,3" as several numbers.

    In a language with a decimal comma a single comma is the decimal mark. A number that is too long
    for a name is said digit by digit.
    """
    if len(digits) > _LONGEST_NUMBER and digits.isdigit():
        return list(digits)
    if _THOUSANDS.fullmatch(digits):
        return [digits.replace(",", "")]
    if re.fullmatch(r"[1-9]\d{0,2}(?:\.\d{3}){2,}", digits):
        return [digits.replace(".", "")]
    if lexicon.decimal_comma and digits.count(",") == 1:
        return [digits]
    return digits.split(",")


def _money(sign: str, amount: str, lexicon: Speech) -> list[str]:
    number = _number(amount, lexicon)
    found = re.fullmatch(r"(\d+)[.,](\d\d)", number[0])
    smaller = lexicon.phrases.get("pence" if sign == "£" else "cents", "")
    whole = _counted(number[-1], lexicon.signs[sign], lexicon)
    if not found or not smaller or len(number) > 1 or sign == "¥":
        return [*number[:-1], *whole]
    whole = _counted(found[1], lexicon.signs[sign], lexicon)
    part = _counted(str(int(found[2])), smaller, lexicon)
    if not int(found[2]):
        return whole
    return [*whole, lexicon.phrases["and"], *part] if int(found[1]) else part


def _counted(number: str, unit: str, lexicon: Speech) -> list[str]:
    words = _amount(number, unit, lexicon) or _number(number, lexicon)
    return [*words, lexicon.singular(unit) if number == "1" else unit]


def _time(hours: str, minutes: str, lexicon: Speech) -> list[str]:
    if minutes == "00":
        return [hours, lexicon.phrases["o'clock"]] if "o'clock" in lexicon.phrases else [hours]
    if minutes[0] == "0" and "oh" in lexicon.phrases:
        return [hours, lexicon.phrases["oh"], minutes[1]]
    return [hours, str(int(minutes))]


def _power(raised: str, lexicon: Speech) -> list[str]:
    if raised in lexicon.signs:
        return lexicon.signs[raised].split()
    digits = _plain(raised)
    signs = {"+": lexicon.phrases["plus"], "−": lexicon.phrases["minus"]}
    parts = [signs.get(part, part) for part in re.findall(r"\d+|[^\W\d]|[+−]", digits)]
    charge = digits[-1] in "+−"
    return parts if charge else [*lexicon.phrases["power"].split(), *parts]
