"""Selects the sentences of a book section that explain it in a lesson."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from vividly.lesson.scripting.book_glossary import told
from vividly.lesson.scripting.book_show import shown_words
from vividly.lesson.scripting.book_text import Sayable, can_begin, is_symbol, runs
from vividly.lesson.scripting.pacing import scene_seconds, words_per_second
from vividly.lesson.scripting.reading_level import reading_grade
from vividly.model.lesson import Line, Passage, Scene
from vividly.text.locales import DEFAULT
from vividly.text.words import QUESTION, filler, singular, stems, words

MOST_SCENES = 5
FEWEST_SCENES = 2
_MOST_LINES = 5
_MOST_TOGETHER = 7
"""Maximum number of lines of a scene."""
_FEWEST_WORDS, _MOST_WORDS = 16, 95
_ALIKE = 0.65
_TERMS_ARE_WORTH = 2.0
_TRIES = ((0.4, 2), (1.0, 2), (2.5, 2), (2.5, 1))
"""(penalty for deviating from the ideal length, fewest lines), tried in this order."""
_FILLED = 0.8
_ANSWERING = 6
"""Number of passages, best first, of which one may answer."""
_ASKED_IS_WORTH, _LENGTH_IS_WORTH, _EXPLAINING_IS_WORTH = 0.6, 0.2, 0.2
"""Parts in the choice of the sentences that answer, beside the rank of their passage (0 to 1): the
question's words, weighted by rarity; their number; how well they explain."""
_UNCLEAR_COSTS = 2.0
"""Penalty for a sentence that rests on one that is not said, or on an unnamed symbol."""
_CLEAR_ENOUGH = -1.0
"""Minimum score of sentences that explain: a short lesson beats a collage."""
_LONG_ENOUGH = 50
"""Number of words from which more do not make a better answer."""
_ASIDES = re.compile(
    r"(?:tips?|links?|fun|work|careers?|boundless|connections?|applying the|everyday|history"
    r"|did you|key (?:terms|equations)|problem|strategies|misconception|introduction)\b|[^:]+: ",
    re.I,
)
"""Headings of boxes that are not part of the main text."""
_DEFINING = re.compile(
    r"\b(?:is|are) (?:called|defined as|known as|the|an?)\b|\bmeans\b|\brefers to\b"
)
_LONGEST_HEADING = 60


@dataclass(frozen=True)
class Terms:
    """The terms of a lesson as written, and the weights of their words in the singular."""

    written: tuple[str, ...]
    weights: dict[str, float]

    @classmethod
    def of(cls, title: str, definitions: Collection[str], query: str, core: str) -> Terms:
        """Weigh the words of the title, the glossary, the question and `core`.

        Args:
            core: the text of the objectives and the summary.
        """
        weights: dict[str, float] = {}
        for text, weight in ((core, 0.5), (query, 1.0), (" ".join(definitions), 1.0), (title, 1.5)):
            for word in long_words(text):
                weights[word] = max(weight, weights.get(word, 0.0))
        return cls((*definitions, title), weights)


@dataclass(frozen=True)
class _Window:
    """Adjacent sentences that could be one scene."""

    sentences: tuple[Sayable, ...]
    words: int
    score: float

    @property
    def passage(self) -> Passage:
        return self.sentences[0].passage

    @property
    def long_words(self) -> frozenset[str]:
        return frozenset(word for s in self.sentences for word in long_words(s.say))

    def overlaps(self, other: _Window) -> bool:
        """Whether both have a sentence in common."""
        return bool({s.say for s in self.sentences} & {s.say for s in other.sentences})


def long_words(text: str) -> set[str]:
    """Return the words of four or more letters, in the singular."""
    return {singular(word) for word in re.findall(r"[^\W\d_]{4,}", text.lower())}


def explanation_scenes(
    sections: Sequence[Passage],
    terms: Terms,
    grade: int,
    seconds: float,
    said: Collection[str],
    *,
    headings: Sequence[str] = (),
    clear: bool = True,
) -> list[Scene]:
    """Return the scenes that explain best within a time, in the order of the book.

    Args:
        seconds: their maximum total time, mostly filled if the book has enough.
        said: sentences that the lesson says elsewhere.
        headings: headings that the lesson has elsewhere.
        clear: whether to leave out sentences that explain badly.
    """
    if seconds <= 0:
        return []
    ideal = seconds * words_per_second(grade) / MOST_SCENES
    windows = [
        window
        for passage in sections
        for window in _windows(passage, _before(passage, sections), terms, grade)
        if (window.score >= _CLEAR_ENOUGH or not clear)
        and not any(alike(s.say, other) for s in window.sentences for other in said)
    ]
    best: list[Scene] = []
    for worth, fewest in _TRIES:
        weighed = [
            replace(w, score=w.score - worth * abs(w.words - ideal) / ideal)
            for w in windows
            if len(w.sentences) >= fewest
        ]
        scenes = _as_scenes(_chosen(weighed, terms, grade, seconds), terms, headings)
        if scene_seconds(scenes, grade) > scene_seconds(best, grade):
            best = scenes
        if scene_seconds(best, grade) >= _FILLED * seconds:
            break
    return best


def answer_scene(
    passages: Sequence[Passage],
    terms: Terms,
    grade: int,
    query: str,
    said: Collection[str],
    *,
    only: str = "",
) -> Scene | None:
    """Return the scene that answers the question, from the passages that retrieval ranked first.

    A definition that answers comes first, then the adjacent sentences that answer best.

    Args:
        said: sentences that the lesson says before.
        only: key of the passage that answers; empty to choose it here.
    """
    named = set(stems(words(query, QUESTION)))
    told_in = Counter(stem for p in passages for stem in set(stems(words(p.text, QUESTION))))
    asked = {
        stem: 1 / (1 + told_in[stem])
        for stem in stems(word for word in words(query, QUESTION) if word not in filler(DEFAULT))
        if told_in[stem]
    }
    best = sorted((p for p in passages if p.score > 0), key=lambda p: -p.score)[:_ANSWERING]
    definitions = [
        Line(say, p.heading[:_LONGEST_HEADING], (p.key,))
        for p in best
        if p.kind == "definition" and named.issuperset(stems(words(p.heading, QUESTION)))
        for say in [told(p, " ".join(other.text for other in passages if other.kind == "section"))]
        if say
    ][:1]
    windows = [
        (
            window.passage.score
            + _ASKED_IS_WORTH * _share_asked(window, asked)
            + _LENGTH_IS_WORTH * min(1.0, window.words / _LONG_ENOUGH)
            + _EXPLAINING_IS_WORTH * window.score,
            window,
        )
        for p in best
        if p.kind in ("section", "summary") and only in ("", p.key)
        for window in _windows(p, _before(p, passages), terms, grade)
        if not any(alike(s.say, other) for s in window.sentences for other in said)
    ]
    if not windows:
        return (
            Scene("explanation", definitions[0].show or "", tuple(definitions))
            if definitions
            else None
        )
    window = max(windows, key=lambda pair: pair[0])[1]
    lines = lines_of(window.sentences, terms)
    if any(alike(definition.say, line.say) for definition in definitions for line in lines):
        definitions = []
    heading = _heading(window.sentences, terms, ())
    if window.passage.kind == "summary" and definitions:
        heading = definitions[0].show or heading
    return Scene("explanation", heading, (*definitions, *lines))


def _share_asked(window: _Window, asked: Mapping[str, float]) -> float:
    found = set(stems(words(" ".join(s.say for s in window.sentences), QUESTION)))
    total = sum(asked.values())
    return sum(weight for stem, weight in asked.items() if stem in found) / total if total else 0.0


def _chosen(windows: Sequence[_Window], terms: Terms, grade: int, seconds: float) -> list[_Window]:
    """Choose windows greedily by their worth next to those already chosen."""
    chosen: list[_Window] = []
    left = list(windows)
    while left and len(chosen) < MOST_SCENES:
        best = max(left, key=lambda window: _worth(window, chosen))
        trial = [*chosen, best]
        left = [w for w in left if w is not best and not w.overlaps(best)]
        if scene_seconds(_as_scenes(trial, terms), grade) <= seconds:
            chosen = trial
    return chosen


def _before(passage: Passage, sections: Sequence[Passage]) -> str:
    """Return the text under the same heading before a passage."""
    return " ".join(
        p.text for p in sections if p.heading == passage.heading and p.position < passage.position
    )


def alike(one: str, other: str) -> bool:
    """Whether two sentences say nearly the same."""
    a, b = long_words(one), long_words(other)
    return len(a & b) >= _ALIKE * max(1, len(a), len(b))


def _windows(passage: Passage, before: str, terms: Terms, grade: int) -> Iterator[_Window]:
    for run in runs(passage):
        for start in range(len(run)):
            if not can_begin(run[start].say):
                continue
            earlier = " ".join([before, *(s.say for s in passage.sentences[: run[start].at])])
            for length in range(1, _MOST_LINES + 1):
                part = tuple(run[start : start + length])
                words = sum(sentence.words for sentence in part)
                if len(part) == length and _FEWEST_WORDS <= words <= _MOST_WORDS:
                    unclear = _goes_on(part, earlier, terms) + _unnamed(part)
                    score = _score(part, terms, grade) - _UNCLEAR_COSTS * unclear
                    yield _Window(part, words, score)


def _goes_on(sentences: Sequence[Sayable], earlier: str, terms: Terms) -> bool:
    """Whether sentences mention "the wagon" that the book introduced earlier as "a wagon"."""
    text = " ".join(s.say for s in sentences).lower()
    introduced = r"\b(?:an?|one|two|three|four|his|her|their|your)(?: \w+)? {}s?\b"
    for found in re.finditer(r"\bthe (?:\w+ )?(\w{3,})", text):
        noun = singular(found[1].lower())
        if terms.weights.get(noun, 0.0) >= 1:
            continue
        pattern = introduced.format(re.escape(noun))
        if re.search(pattern, earlier.lower()) and not re.search(pattern, text[: found.start()]):
            return True
    return False


def _unnamed(sentences: Sequence[Sayable]) -> int:
    """Return how many sentences speak of a symbol ("Q sub h") whose formula is not on screen."""
    return sum(
        not s.shown and any(map(is_symbol, pairwise(["", *s.say.split()]))) for s in sentences
    )


def _score(sentences: Sequence[Sayable], terms: Terms, grade: int) -> float:
    """Score how well sentences explain: their terms, definitions and reading level."""
    text = " ".join(s.say for s in sentences)
    found = long_words(text)
    covered = sum(terms.weights.get(word, 0.0) for word in found) / (6 + len(found))
    off_level = max(0.0, abs(reading_grade(text, taught=terms.written) - grade) - 1) / 6
    passage = sentences[0].passage
    aside = 0.8 if _ASIDES.match(passage.heading) else 0.0
    off = sum(not any(terms.weights.get(w, 0) >= 1 for w in long_words(s.say)) for s in sentences)
    years = 0.3 * bool(re.search(r"\b1[5-9]\d\d\b|\b20\d\d\b", text))
    return (
        _TERMS_ARE_WORTH * covered
        + 0.15 * sum(bool(_DEFINING.search(s.say)) for s in sentences)
        + 0.3 * min(1.0, passage.score)
        - off_level
        - aside
        - 0.12 * off
        - 0.3 * (not any(shown_words(s.say, s.shown, terms.written) for s in sentences))
        - years
    )


def _worth(window: _Window, chosen: Sequence[_Window]) -> float:
    """Return a window's score minus penalties for words, passages and headings chosen before."""
    near = max((_likeness(window.long_words, other.long_words) for other in chosen), default=0.0)
    again = sum(other.passage.key == window.passage.key for other in chosen)
    headed = sum(other.passage.heading == window.passage.heading for other in chosen)
    return window.score - near - 0.4 * again - 0.2 * headed


def _likeness(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / max(1, min(len(a), len(b)))


def _as_scenes(windows: Sequence[_Window], terms: Terms, used: Sequence[str] = ()) -> list[Scene]:
    """Make a scene of each window, or one of several under the same heading."""
    scenes: list[Scene] = []
    parts: list[Sayable] = []
    for window in sorted(windows, key=lambda w: (w.passage.position, w.sentences[0].at)):
        same = bool(parts) and parts[0].passage.heading == window.passage.heading
        if same and len(parts) + len(window.sentences) <= _MOST_TOGETHER:
            parts = [*parts, *window.sentences]
            scenes.pop()
        else:
            parts = list(window.sentences)
        heading = _heading(parts, terms, [*used, *(scene.heading for scene in scenes)])
        scenes.append(Scene("explanation", heading, lines_of(parts, terms)))
    return scenes


def _heading(sentences: Sequence[Sayable], terms: Terms, used: Collection[str]) -> str:
    """Return the book's heading, or for a second scene under it the scene's main term."""
    heading = sentences[0].passage.heading.replace("'", "’")
    if heading not in used and len(heading) <= _LONGEST_HEADING:
        return heading
    text = " ".join(s.say for s in sentences).lower()
    counted = [
        (len(re.findall(rf"\b{re.escape(term.lower())}(?:e?s)?\b", text)), len(term), term)
        for term in terms.written
    ]
    taken = {name.lower() for name in used}
    fitting = [
        (n, size, t) for n, size, t in counted if n and t.lower().replace("'", "’") not in taken
    ]
    if fitting:
        term = max(fitting)[2]
        return (term[:1].upper() + term[1:]).replace("'", "’")
    return heading if heading not in used else f"{heading}, continued"


def lines_of(sentences: Sequence[Sayable], terms: Terms) -> tuple[Line, ...]:
    """Convert sentences to lines with texts on screen, each text once."""
    shown: set[str] = set()
    lines: list[Line] = []
    for sentence in sentences:
        show = shown_words(sentence.say, sentence.shown, terms.written)
        if show is not None and show.lower() in shown:
            show = None
        shown.add((show or "").lower())
        lines.append(Line(sentence.say, show, (sentence.passage.key,)))
    if not any(line.show for line in lines):
        lines[0] = replace(lines[0], show=main_word(lines[0].say, terms))
    return tuple(lines)


def main_word(say: str, terms: Terms) -> str | None:
    """Return the word of a sentence with the highest weight, for a scene that shows nothing."""
    words = re.findall(r"[^\W\d_][\w’'-]{3,}", say)
    word = max(
        words,
        key=lambda word: (terms.weights.get(singular(word.lower()), 0.0), len(word)),
        default="",
    )
    return word[:1].upper() + word[1:] or None
