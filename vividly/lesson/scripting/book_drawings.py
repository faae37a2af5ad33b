"""Draws what sentences of a book give in structure: rows of a table, an equation, a reaction.

Only what is certain is drawn: rows that measure the same thing in the same unit; an equation
whose right side has no letter that the sentence does not explain, after "where" or beside its
name ("its frequency f"); a reaction that is balanced.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from vividly.model.lesson import Line, Passage, Scene
from vividly.model.visuals import Visual
from vividly.model.visuals.chart import Chart, Point
from vividly.model.visuals.equation import EquationTerm, EquationVisual
from vividly.model.visuals.reaction import Reaction, Substance
from vividly.text.words import PROSE, words

FEWEST_ROWS, MOST_ROWS = 2, 8
MOST_TERMS, MOST_SUBSTANCES = 5, 3
LONGEST_LABEL = 40
SAID = 0.8
"""Minimum share of a sentence's words that a line says, for the line to state it."""
_ROW = re.compile(
    r"(?P<name>[^:,.]{1,20}): (?P<head>[^\d:,]{2,30}) (?P<number>[−-]?\d[\d,]*(?:\.\d+)?)"
    r"(?: (?P<unit>[^\s,\d][^\s,]{0,9}))?(?:, .*)?"
)
_LETTER = r"[A-Za-zΑ-Ωα-ω](?:_[A-Za-z0-9]{1,6}|[₀-₉]+)?"
_EQUATION = re.compile(
    rf"(?<!\S)(?<![=+−·×/-] )(?P<left>{_LETTER}) = (?P<right>[^=,;:.]{{1,40}})"
    r"(?:, where (?P<terms>[^=]+)|(?=, which |$))"
)
_NAMED = re.compile(
    r"\b(?i:the|its|their|an?|at|with) (?:given )?"
    r"(?P<name>(?!the |its |their |given )[a-z-]{3,}(?: (?:of )?[a-z-]{3,})?) "
    rf"(?P<letter>{_LETTER})(?=[,;.)]| [a-zA-Z]{{2,}}|$)"
)
"""A letter beside its name: `the speed of sound v`. "a" and "A" are articles, so they never are."""
_BETWEEN = frozenset({
    "across", "along", "and", "around", "between", "for", "from", "how", "into", "not", "onto",
    "over", "per", "than", "that", "then", "through", "when", "where", "which", "with",
})  # fmt: skip
"""Words that no name of a quantity has."""
_TERM = re.compile(
    rf"(?<!\S)(?P<letter>{_LETTER}) is (?:the |an? )?(?P<name>[^,;()]+?)"
    rf"(?=,? and {_LETTER} is |, {_LETTER} is |,? which |,? in \w+$|$)"
)
_TOKEN = re.compile(rf"{_LETTER}|\d+(?:\.\d+)?|[-+−/·×()²³]")
_TEX: Mapping[str, str] = {"−": "-", "·": r"\cdot", "×": r"\times", "²": "^2", "³": "^3"}
_LOW = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_SUBSTANCE = r"\d{0,2} ?(?:[A-Z][a-z]?\d*|\((?:[A-Z][a-z]?\d*)+\)\d*)+(?:\((?:s|l|g|aq)\))?"
_SIDE = rf"{_SUBSTANCE}(?: \+ {_SUBSTANCE})*"
_REACTION = re.compile(rf"(?<!\S)(?P<left>{_SIDE}) [→⟶] (?P<right>{_SIDE})(?![\w^+])")


def with_drawings(scenes: Sequence[Scene], passages: Sequence[Passage]) -> list[Scene]:
    """Give explanations what their sentences state as data, each line with its part.

    Args:
        passages: all passages of the section.
    """
    by_key = {passage.key: passage for passage in passages}
    return [
        scene if scene.visual or scene.kind != "explanation" else _drawn(scene, by_key)
        for scene in scenes
    ]


def _drawn(scene: Scene, passages: Mapping[str, Passage]) -> Scene:
    stated = [_stated(line, passages) for line in scene.lines]
    found = _chart(stated) or next(
        (
            (visual, {at: visual.part_count})
            for at, text in enumerate(stated)
            for visual in (_equation(text), _reaction(text))
            if visual
        ),
        None,
    )
    if found is None:
        return scene
    visual, parts = found
    lines = tuple(replace(line, part=parts.get(at)) for at, line in enumerate(scene.lines))
    return replace(scene, kind=visual.kind, lines=lines, visual=visual)


def _stated(line: Line, passages: Mapping[str, Passage]) -> str:
    """The sentence that a line states, as the book writes it; "" if it says only a part."""
    said = Counter(words(line.say, PROSE))
    best, nearest = "", 0.0
    for key in line.passages:
        for sentence in passages[key].sentences if key in passages else ():
            told = Counter(words(sentence.say, PROSE))
            share = (told & said).total() / max(1, (told | said).total())
            if share > nearest and (told & said).total() >= SAID * told.total():
                best, nearest = sentence.written or sentence.say, share
    return best.replace("µ", "μ").strip().rstrip(".")


def _chart(stated: Sequence[str]) -> tuple[Visual, dict[int, int]] | None:
    """Bars of the first column of rows, and the part of each line."""
    rows = {at: row for at, text in enumerate(stated) if (row := _ROW.fullmatch(text))}
    measured = {(row["head"], row["unit"]) for row in rows.values()}
    names = {row["name"] for row in rows.values()}
    if not FEWEST_ROWS <= len(rows) <= MOST_ROWS or len(measured) > 1 or len(names) < len(rows):
        return None
    ((head, unit),) = measured
    label = f"{head} ({unit})" if unit else head
    if len(label) > LONGEST_LABEL:
        return None
    points = tuple(
        Point(row["name"], float(row["number"].replace("−", "-").replace(",", "")))
        for row in rows.values()
    )
    return Chart("bar", label, points), {at: part for part, at in enumerate(rows, 1)}


def _equation(text: str) -> EquationVisual | None:
    found = _EQUATION.search(text)
    if not found:
        return None
    right = found["right"]
    tokens = _TOKEN.findall(right)
    if "".join(tokens) != right.replace(" ", ""):
        return None
    letters = list(dict.fromkeys(t for t in tokens if re.fullmatch(_LETTER, t)))
    names = _beside(text[: found.start()])
    names |= {term["letter"]: term["name"].strip() for term in _TERM.finditer(found["terms"] or "")}
    named = [found["left"], *letters] if found["left"] in names else letters
    if (
        not letters
        or not set(letters) <= names.keys()
        or len(named) > MOST_TERMS
        or any(len(names[letter]) > LONGEST_LABEL for letter in named)
    ):
        return None
    visual = EquationVisual(
        f"{_tex(found['left'])} = {' '.join(map(_tex, tokens))}",
        tuple(EquationTerm(_tex(letter), names[letter]) for letter in named),
    )
    return None if visual.problem() else visual


def _beside(text: str) -> dict[str, str]:
    """The letters of a text with the names before them; none that has two names."""
    found: dict[str, set[str]] = {}
    for named in _NAMED.finditer(text):
        letter, name = named["letter"], named["name"]
        if letter not in ("a", "A") and _BETWEEN.isdisjoint(name.split()):
            found.setdefault(letter, set()).add(name)
    return {letter: names.pop() for letter, names in found.items() if len(names) == 1}


def _tex(token: str) -> str:
    letter, low, index = token.partition("_")
    if low:
        return rf"{letter}_{{\mathrm{{{index}}}}}" if len(index) > 1 else f"{letter}_{index}"
    if re.fullmatch(_LETTER, token) and len(token) > 1:
        return f"{token[0]}_{{{token[1:].translate(_LOW)}}}"
    return _TEX.get(token, token)


def _reaction(text: str) -> Reaction | None:
    for found in _REACTION.finditer(text.translate(_LOW)):
        left, right = (tuple(_substances(found[side])) for side in ("left", "right"))
        if max(len(left), len(right)) <= MOST_SUBSTANCES:
            visual = Reaction(left, right)
            if not visual.problem():
                return visual
    return None


def _substances(side: str) -> Iterator[Substance]:
    for each in side.split(" + "):
        count, formula = re.fullmatch(r"(\d{0,2}) ?(.+?)(?:\((?:s|l|g|aq)\))?", each).groups()  # type: ignore[union-attr]
        yield Substance(int(count or 1), formula)
