"""The pattern language of the rules, matched word by word.

| written       | matches                                            |
|---------------|----------------------------------------------------|
| `word`        | that word                                          |
| `word/s/ing`  | the word as it is, or with one of the endings      |
| `word*`       | every word with this prefix                        |
| `(a\\|b c)`    | one of these                                       |
| `[a\\|b c]`    | one of these, or nothing                           |
| `<name>`      | one of a named list                                |
| `..`          | up to two words, whatever they are                 |
| `...`         | up to five words, whatever they are                |

Patterns are no regular expressions: a match follows all alternatives at once, without
backtracking, so the time for any text is at most its length times that of the pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from vividly.model.errors import SettingsError

_PIECE = re.compile(r"\.{2,3}|<\w+>|[()\[\]|]|[^\s()\[\]|<>]+")
_FREQUENT = frozenset([
    "a", "an", "and", "are", "at", "be", "by", "can", "do", "does", "for", "from", "how", "i",
    "in", "is", "it", "me", "my", "of", "on", "or", "some", "that", "the", "this", "to", "we",
    "what", "where", "who", "why", "will", "with", "you", "your",
    "de", "el", "en", "es", "la", "las", "los", "mi", "que", "se", "un", "una",
])  # fmt: skip
"""Words that are too frequent to select the patterns worth trying."""
SHORT_GAP, LONG_GAP = 2, 5

Starts = frozenset[int]
Words = Sequence[str]


@dataclass(frozen=True)
class Needed:
    """Words and prefixes; every match contains at least one of them."""

    words: frozenset[str]
    prefixes: frozenset[str]

    @property
    def cost(self) -> tuple[int, int]:
        """How little it filters: number of frequent words, then number of all. Less is better."""
        return len(self.words & _FREQUENT), len(self.words) + len(self.prefixes)


class Word:
    """One word: as written, with an ending, or any word with a prefix.

    Attributes:
        needed: see `Needed`; None if no word is certain to be in a match.
    """

    def __init__(self, written: str) -> None:
        stem, *endings = written.split("/")
        self.prefix = stem[:-1] if stem.endswith("*") else ""
        self.forms = frozenset() if self.prefix else frozenset([stem, *(stem + e for e in endings)])
        prefixes = frozenset([self.prefix]) if self.prefix else frozenset[str]()
        self.needed: Needed | None = Needed(self.forms, prefixes)

    def ends(self, words: Words, starts: Starts) -> Starts:
        """Where a match that begins at one of `starts` may end."""
        if self.prefix:
            fits = (s for s in starts if s < len(words) and words[s].startswith(self.prefix))
        else:
            fits = (s for s in starts if s < len(words) and words[s] in self.forms)
        return frozenset(s + 1 for s in fits)

    def words(self) -> Iterator[Word]:
        """All `Word` nodes of the pattern."""
        yield self


class Gap:
    """Up to `most` words, whatever they are."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.needed: Needed | None = None

    def ends(self, words: Words, starts: Starts) -> Starts:
        """See `Word.ends`."""
        last = len(words)
        return frozenset(e for s in starts for e in range(s, min(s + self.most, last) + 1))

    def words(self) -> Iterator[Word]:
        """None."""
        return iter(())


class Chain:
    """Parts that follow one another."""

    def __init__(self, parts: Sequence[Node]) -> None:
        self.parts = parts
        # Keep the part that filters best.
        every = [part.needed for part in parts if part.needed]
        self.needed: Needed | None = min(every, key=lambda needed: needed.cost, default=None)

    def ends(self, words: Words, starts: Starts) -> Starts:
        """See `Word.ends`."""
        for part in self.parts:
            starts = part.ends(words, starts)
            if not starts:
                break
        return starts

    def words(self) -> Iterator[Word]:
        """See `Word.words`."""
        for part in self.parts:
            yield from part.words()


class Choice:
    """One of several options, or nothing if `optional`."""

    def __init__(self, options: Iterable[Node], *, optional: bool = False) -> None:
        self.optional = optional
        single: set[str] = set()
        self.others: list[Node] = []
        self.by_first: dict[str, list[Node]] = {}
        self.all = tuple(options)
        for option in self.all:
            first = _first_words(option)
            if isinstance(option, Word) and not option.prefix:
                single |= option.forms
            elif first:
                for word in first:
                    self.by_first.setdefault(word, []).append(option)
            else:
                self.others.append(option)
        self.single = frozenset(single)
        self.needed = None if optional else _needed_by_all(self.all)

    def ends(self, words: Words, starts: Starts) -> Starts:
        """See `Word.ends`."""
        found = set(starts) if self.optional else set()
        for start in starts:
            if start < len(words):
                word = words[start]
                if word in self.single:
                    found.add(start + 1)
                for option in self.by_first.get(word, ()):
                    found |= option.ends(words, frozenset([start]))
        for option in self.others:
            found |= option.ends(words, starts)
        return frozenset(found)

    def words(self) -> Iterator[Word]:
        """See `Word.words`."""
        for option in self.all:
            yield from option.words()


Node = Word | Gap | Chain | Choice


def _needed_by_all(options: Iterable[Node]) -> Needed | None:
    words: set[str] = set()
    prefixes: set[str] = set()
    for option in options:
        if option.needed is None:
            return None
        words |= option.needed.words
        prefixes |= option.needed.prefixes
    return Needed(frozenset(words), frozenset(prefixes))


def _first_words(node: Node) -> frozenset[str] | None:
    """The words that a match can begin with; None if they are not certain."""
    if isinstance(node, Word):
        return None if node.prefix else node.forms
    if isinstance(node, Chain):
        return _first_words(node.parts[0])
    if isinstance(node, Choice) and not node.optional:
        firsts = [_first_words(option) for option in node.all]
        if all(first is not None for first in firsts):
            return frozenset[str]().union(*(first for first in firsts if first))
    return None


def parse(written: str, lists: Mapping[str, Node]) -> Node:
    """Parse a pattern.

    Args:
        lists: name -> the pattern that `<name>` stands for.

    Raises:
        SettingsError: the syntax is wrong, or a list does not exist.
    """
    pieces = _PIECE.findall(written)
    node, end = _parse_options(pieces, 0, lists, written)
    if end < len(pieces):
        raise SettingsError(f"safety pattern {written!r}: {pieces[end]!r} closes nothing")
    return node


def _parse_options(
    pieces: Sequence[str], at: int, lists: Mapping[str, Node], written: str, close: str = ""
) -> tuple[Node, int]:
    options: list[Node] = []
    parts: list[Node] = []
    while at < len(pieces) and pieces[at] not in (")", "]"):
        piece = pieces[at]
        at += 1
        if piece == "|":
            options.append(_sequence(parts, written))
            parts = []
        elif piece in ("(", "["):
            closing = ")" if piece == "(" else "]"
            inner, at = _parse_options(pieces, at, lists, written, closing)
            if at >= len(pieces) or pieces[at] != closing:
                raise SettingsError(f"safety pattern {written!r}: {piece!r} is not closed")
            at += 1
            parts.append(inner)
        elif piece.startswith("<"):
            if piece[1:-1] not in lists:
                raise SettingsError(f"safety pattern {written!r}: there is no list {piece}")
            parts.append(lists[piece[1:-1]])
        elif piece.startswith(".."):
            parts.append(Gap(SHORT_GAP if piece == ".." else LONG_GAP))
        else:
            parts.append(Word(piece))
    options.append(_sequence(parts, written))
    if close == "]":
        return Choice(options, optional=True), at
    return (options[0] if len(options) == 1 else Choice(options)), at


def _sequence(parts: Sequence[Node], written: str) -> Node:
    if not parts:
        raise SettingsError(f"safety pattern {written!r}: an option is empty")
    return parts[0] if len(parts) == 1 else Chain(parts)


def is_in(pattern: Node, words: Words) -> bool:
    """Whether the pattern matches anywhere."""
    return bool(pattern.ends(words, frozenset(range(len(words)))))


def spans(pattern: Node, words: Words) -> Iterator[tuple[int, int]]:
    """(start, end) of the longest match at each place, without overlaps."""
    free = 0
    for start in range(len(words)):
        if start >= free and (ends := pattern.ends(words, frozenset([start]))):
            free = max(ends)
            if free > start:
                yield start, free
