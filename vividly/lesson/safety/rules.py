"""The rules of `rules/*.yaml`: which words make a text unsafe, and which make it school matter."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from vividly.lesson.safety.categories import Finding
from vividly.lesson.safety.normal import Reader
from vividly.lesson.safety.patterns import Choice, Node, is_in, parse, spans

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
WORDS = "words.yaml"
CATEGORY_FILES = (
    "self_harm", "abuse", "violence", "sexual", "weapons", "drugs", "hate", "personal_data",
)  # fmt: skip
"""In the order in which they are tried: where a text breaks several, the first one counts."""
OTHER_FILES = ("interest", "script", "touching", "studied")
_HIDDEN = "_"
_PREFIX = 3
"""Beginnings of words are at least this long."""


class _RuleEntry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    category: str | None = None
    any: tuple[str, ...]
    unless: tuple[str, ...] = ()
    unless_not: tuple[str, ...] = ()


class _RuleFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    words: Mapping[str, tuple[str, ...]] = {}
    rules: tuple[_RuleEntry, ...]


class _WordFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    aliases: Mapping[str, str]
    emoji: Mapping[str, str]
    misspelt: tuple[str, ...]
    not_misspelt: tuple[str, ...]
    harmless: tuple[str, ...]
    sets: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Rule:
    """One rule.

    Attributes:
        finding: what it finds.
        unless: with one of these the text is school matter after all ...
        unless_not: ... but not with one of these.
    """

    finding: Finding
    any: tuple[Node, ...]
    unless: tuple[Node, ...]
    unless_not: tuple[Node, ...]

    def excused(self, words: list[str]) -> bool:
        """Whether the words around make it school matter."""
        if not any(is_in(pattern, words) for pattern in self.unless):
            return False
        return not any(is_in(pattern, words) for pattern in self.unless_not)


class Index:
    """Patterns by the words without which they cannot match."""

    def __init__(self, patterns: Iterable[Node]) -> None:
        self._by_word: dict[str, list[int]] = {}
        self._by_prefix: dict[str, list[tuple[str, int]]] = {}
        for number, pattern in enumerate(patterns):
            if (needed := pattern.needed) is None:
                raise ValueError("a safety pattern needs at least one word of its own")
            for word in needed.words:
                self._by_word.setdefault(word, []).append(number)
            for prefix in needed.prefixes:
                self._by_prefix.setdefault(prefix[:_PREFIX], []).append((prefix, number))

    def candidates(self, words: Iterable[str]) -> list[int]:
        """Numbers of the patterns that may match, in order."""
        found: set[int] = set()
        for word in set(words):
            found.update(self._by_word.get(word, ()))
            for prefix, number in self._by_prefix.get(word[:_PREFIX], ()):
                if word.startswith(prefix):
                    found.add(number)
        return sorted(found)


class RuleSet:
    """Rules in their order of precedence."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._patterns = [(pattern, rule) for rule in rules for pattern in rule.any]
        self._index = Index(pattern for pattern, _ in self._patterns)

    def first(self, words: list[str]) -> Finding | None:
        """What the first rule that applies finds."""
        for number in self._index.candidates(words):
            pattern, rule = self._patterns[number]
            if is_in(pattern, words) and not rule.excused(words):
                return rule.finding
        return None


class Rulebook:
    """All that the data files say, ready for use. Never changes, and so is safe between threads."""

    def __init__(self) -> None:
        table = _WordFile.model_validate(_load(WORDS))
        lists = _lists(table.sets, {})
        rules = {name: tuple(_rules(name, lists)) for name in CATEGORY_FILES + OTHER_FILES}
        self._harmless = [parse(written, lists) for written in table.harmless]
        self._harmless_index = Index(self._harmless)
        self.queries = RuleSet(rule for name in CATEGORY_FILES for rule in rules[name])
        self.interests = RuleSet(rules["interest"])
        self.scripts = RuleSet(rules["script"])
        self.touching = RuleSet(rules["touching"])
        self.studied = RuleSet(rules["studied"])
        every = [p for some in rules.values() for r in some for p in (*r.any, *r.unless)]
        written = [word for pattern in (*every, *self._harmless) for word in pattern.words()]
        known = {form for word in written for form in word.forms}
        self._reader = Reader(
            known,
            prefixes=sorted({word.prefix for word in written if word.prefix}),
            aliases=table.aliases,
            emoji=table.emoji,
            misspelt=table.misspelt,
            as_written=table.not_misspelt,
        )

    def has_harmless(self, text: str) -> bool:
        """Whether a text has a phrase that only looks unsafe."""
        return _HIDDEN in self.read(text)

    def read(self, text: str) -> list[str]:
        """The words of a text, with the harmless phrases among them hidden."""
        words = self._reader.read(text)
        seen = tuple(words)
        for number in self._harmless_index.candidates(seen):
            for start, end in spans(self._harmless[number], seen):
                words[start:end] = [_HIDDEN] * (end - start)
        return words


_lock = threading.Lock()


def rulebook() -> Rulebook:
    """The rules that ship with the package, read once per process."""
    with _lock:
        return _rulebook()


@cache
def _rulebook() -> Rulebook:
    return Rulebook()


@cache
def data_digest() -> str:
    """SHA-256 over the data files, in hex, cut to 12 digits: changes when an answer may."""
    sum_ = hashlib.sha256()
    for name in (WORDS, *(f"rules/{name}.yaml" for name in CATEGORY_FILES + OTHER_FILES)):
        sum_.update(name.encode() + b"\0" + _bytes(name) + b"\0")
    return sum_.hexdigest()[:12]


def _rules(name: str, common: Mapping[str, Node]) -> Iterator[Rule]:
    table = _RuleFile.model_validate(_load(f"rules/{name}.yaml"))
    lists = _lists(table.words, common)
    for entry in table.rules:
        yield Rule(
            finding=Finding(entry.category or name, f"{name}.{entry.id}"),
            any=tuple(parse(written, lists) for written in entry.any),
            unless=tuple(parse(written, lists) for written in entry.unless),
            unless_not=tuple(parse(written, lists) for written in entry.unless_not),
        )


def _lists(table: Mapping[str, tuple[str, ...]], common: Mapping[str, Node]) -> dict[str, Node]:
    lists = dict(common)
    for name, entries in table.items():
        lists[name] = Choice([parse(entry, lists) for entry in entries])
    return lists


def _load(name: str) -> Any:
    return yaml.load(_bytes(name), Loader=_Loader)


def _bytes(name: str) -> bytes:
    return files("vividly.lesson.safety").joinpath(name).read_bytes()
