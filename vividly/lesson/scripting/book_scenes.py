"""Selects the sentences of a book section that explain it in a lesson."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from vividly.lesson.scripting.book_glossary import told
from vividly.lesson.scripting.book_show import shown_words
from vividly.lesson.scripting.book_text import Sayable, can_begin, is_symbol, runs
from vividly.lesson.scripting.pacing import scene_seconds, words_per_second
from vividly.lesson.scripting.reading_level import reading_grade
from vividly.model.lesson import Line, Passage, Scene
from vividly.text.locales import DEFAULT
from vividly.text.words import QUESTION, capitalized, filler, singular, stems, words

MOST_SCENES = 4
_MOST_LINES = 6
"""Maximum number of lines of a scene."""
_FEWEST_WORDS, _MOST_WORDS = 25, 110
_ALIKE = 0.65
_TERMS_ARE_WORTH = 2.0
_TRIES = ((1.0, 2), (2.5, 2), (2.5, 1))
"""(penalty for deviating from the ideal length, fewest lines), tried in this order."""
_FILLED = 0.8
_ANSWERING = 6
"""Number of passages, best first, of which one may answer."""
_ASKED_IS_WORTH, _LENGTH_IS_WORTH, _EXPLAINING_IS_WORTH = 0.6, 0.2, 0.2
"""Parts in the choice of the sentences that answer, beside the rank of their passage (0 to 1): the
question's words, weighted by rarity; their number; how well they explain."""
_UNCLEAR_COSTS = 2.0
"""Penalty for a sentence that rests on one that is not said, or on an unnamed symbol, and for
sentences of which most are off the topic."""
_CLEAR_ENOUGH = -1.0
"""Minimum score of sentences that explain: a short lesson beats a collage."""
_OVERVIEW = 3
"""Maximum number of sentences of the summary that tell what a topic is."""
_BROKEN_COSTS = 0.3
_RECENT = 3
"""Number of sentences before, of which "the wagon" is still the one that they speak of."""
_PROMISES = re.compile(
    r"\bthere (?:is|are) (?:\w+ )?(?:several|two|three|four|five|many|some|ways|reasons)\b"
    r"|\b(?:is|are) (?:\w+ )?(?:different|useful|interesting|important|helpful|surprising)"
    r"(?: to \w+)?[.]|\bwe can ask\b|\b(?:useful|instructive|helpful|interesting) to\b",
    re.I,
)
"""The end of a sentence that begins what the next ones tell."""
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
_CONTINUED = ", continued"
"""The end of the heading of a scene that has no own one, which only a short lesson needs."""
_OFTEN = 2
"""How often sentences have a term that their first one lacks, if it is to be their heading."""


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

    def repeats(self, other: _Window) -> bool:
        """Whether both say nearly the same in a sentence."""
        return any(alike(s.say, o.say) for s in self.sentences for o in other.sentences)


@lru_cache(maxsize=20_000)
def long_words(text: str) -> frozenset[str]:
    """Return the words of four or more letters, in the singular."""
    return frozenset(singular(word) for word in re.findall(r"[^\W\d_]{4,}", text.lower()))


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
        if not any(alike(s.say, other) for s in window.sentences for other in said)
        if not clear or (window.score >= _CLEAR_ENOUGH and not _ASIDES.match(passage.heading))
    ]
    best: list[Scene] = []
    for worth, fewest in _TRIES:
        weighed = [
            replace(w, score=w.score - worth * abs(w.words - ideal) / ideal)
            for w in windows
            if len(w.sentences) >= fewest
        ]
        scenes = _as_scenes(
            _chosen(weighed, terms, grade, seconds, headings, clear=clear), terms, headings
        )
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

    A definition that answers comes first, then the adjacent sentences that answer best. If the
    question only names the topic, they are those that explain its title best; the summary is left
    for the end.

    Args:
        said: sentences that the lesson says before.
        only: key of the passage that answers; empty to choose it here.
    """
    title = terms.written[-1]
    named = set(stems(words(query, QUESTION)))
    overview = not only and named <= set(stems((*filler(DEFAULT), *words(title, QUESTION))))
    if overview:
        named.update(stems(words(title, QUESTION)))
    told_in = Counter(stem for p in passages for stem in set(stems(words(p.text, QUESTION))))
    asked = {
        stem: 1 / (1 + told_in[stem])
        for stem in stems(word for word in words(query, QUESTION) if word not in filler(DEFAULT))
        if told_in[stem]
    }
    best = sorted((p for p in passages if p.score > 0), key=lambda p: -p.score)
    best = best if overview else best[:_ANSWERING]
    text = " ".join(p.text for p in passages if p.kind == "section")
    definitions = [
        Line(say, p.heading[:_LONGEST_HEADING], (p.key,))
        for p in (passages if overview else best)
        if p.kind == "definition" and named.issuperset(stems(words(p.heading, QUESTION)))
        for say in [told(p, text)]
        if say
    ][: 2 if overview else 1]
    if overview and any(p.kind == "summary" for p in best):
        best = [p for p in best if p.kind == "summary"]
    windows = [
        (
            (0.0 if overview else window.passage.score)
            + _ASKED_IS_WORTH * _share_asked(window, asked)
            + _LENGTH_IS_WORTH * min(1.0, window.words / _LONG_ENOUGH)
            + (1.0 if overview else _EXPLAINING_IS_WORTH) * window.score,
            window,
        )
        for p in best
        if p.kind in ("section", "summary") and only in ("", p.key)
        for window in _windows(p, _before(p, passages), terms, grade)
        if not (overview and len(window.sentences) > _OVERVIEW)
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
    heading = _heading(window.sentences, terms, ()).removesuffix(_CONTINUED)
    if window.passage.kind == "summary":
        heading = definitions[0].show or heading if definitions else terms.written[-1]
    return Scene("explanation", heading, (*definitions, *lines))


def _share_asked(window: _Window, asked: Mapping[str, float]) -> float:
    found = set(stems(words(" ".join(s.say for s in window.sentences), QUESTION)))
    total = sum(asked.values())
    return sum(weight for stem, weight in asked.items() if stem in found) / total if total else 0.0


def _chosen(
    windows: Sequence[_Window],
    terms: Terms,
    grade: int,
    seconds: float,
    headings: Sequence[str],
    *,
    clear: bool,
) -> list[_Window]:
    """Choose windows greedily by their worth next to those already chosen."""
    chosen: list[_Window] = []
    left = list(windows)
    while left and len(chosen) < MOST_SCENES:
        best = max(left, key=lambda window: _worth(window, chosen))
        trial = [*chosen, best]
        left = [w for w in left if w is not best and not w.repeats(best)]
        scenes = _as_scenes(trial, terms, headings)
        named = not clear or not any(s.heading.endswith(_CONTINUED) for s in scenes)
        if named and scene_seconds(scenes, grade) <= seconds:
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
                    recent = long_words(
                        " ".join(s.say for s in passage.sentences[: run[start].at][-_RECENT:])
                    )
                    unclear = _goes_on(part, earlier, recent, terms) + _unnamed(part)
                    unclear += 2 * _off_topic(part, terms) > len(part)
                    score = _score(part, terms, grade) - _UNCLEAR_COSTS * unclear
                    score -= _BROKEN_COSTS * _broken(part, terms)
                    yield _Window(part, words, score)


def _off_topic(sentences: Sequence[Sayable], terms: Terms) -> int:
    """Count the sentences without a word of the title, the glossary or the question."""
    return sum(not any(terms.weights.get(w, 0) >= 1 for w in long_words(s.say)) for s in sentences)


def _broken(sentences: Sequence[Sayable], terms: Terms) -> int:
    """Count the ends that are not whole: a beginning without a term, a promise of what follows."""
    first, last = sentences[0], sentences[-1]
    begins = first.at == 0 or any(terms.weights.get(w, 0.0) >= 1 for w in long_words(first.say))
    return (not begins) + bool(_PROMISES.search(last.say))


def _goes_on(
    sentences: Sequence[Sayable], earlier: str, recent: Collection[str], terms: Terms
) -> bool:
    """Whether sentences mention "the wagon" that the book introduced earlier as "a wagon".

    Args:
        earlier: the text before, under the same heading.
        recent: the words of the last sentences before.
    """
    text = " ".join(s.say for s in sentences).lower()
    introduced = r"\b(?:an?|one|two|three|four|his|her|their|your)(?: \w+)? {}s?\b"
    for found in re.finditer(r"\bthe (?:\w+ )?(\w{3,})", text):
        noun = singular(found[1].lower())
        if terms.weights.get(noun, 0.0) >= 1:
            continue
        pattern = introduced.format(re.escape(noun))
        before = text[: found.start()]
        if re.search(pattern, earlier.lower()) and not re.search(pattern, before):
            return True
        if noun in recent and noun not in long_words(before):
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
    off = _off_topic(sentences, terms)
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


def _as_scenes(windows: Sequence[_Window], terms: Terms, used: Sequence[str]) -> list[Scene]:
    """Make a scene of each window, in the order of the book."""
    scenes: list[Scene] = []
    for window in sorted(windows, key=lambda w: (w.passage.position, w.sentences[0].at)):
        heading = _heading(window.sentences, terms, [*used, *(scene.heading for scene in scenes)])
        scenes.append(Scene("explanation", heading, lines_of(window.sentences, terms)))
    return scenes


def _heading(sentences: Sequence[Sayable], terms: Terms, used: Collection[str]) -> str:
    """Return the book's heading, or for a second scene under it the scene's main term.

    With `_CONTINUED` if there is none that no other scene has.
    """
    heading = sentences[0].passage.heading.replace("'", "’")
    fits = 0 < len(heading) <= _LONGEST_HEADING and not _ASIDES.match(heading)
    if fits and heading not in used:
        return heading
    first, *rest = (s.say.lower() for s in sentences)
    taken = {name.lower() for name in used}
    counted = [
        (_count(term, first), _count(term, " ".join(rest)), len(term), term)
        for term in terms.written
        if term.lower().replace("'", "’") not in taken
    ]
    begun, more, _, term = max(counted, default=(0, 0, 0, ""))
    if not begun and more < _OFTEN:
        return f"{heading}{_CONTINUED}"
    return capitalized(term).replace("'", "’")


def _count(term: str, text: str) -> int:
    return len(re.findall(rf"\b{re.escape(term.lower())}(?:e?s)?\b", text))


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
    return capitalized(word) or None
