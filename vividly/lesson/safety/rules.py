"""The rules of `rules/*.yaml`: words that make a text unsafe, and words that excuse it."""

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
"""In order of precedence: if a text breaks several rules, the first one counts."""
OTHER_FILES = ("interest", "script", "touching", "studied")
_HIDDEN = "_"
_PREFIX = 3
"""Prefixes in patterns have at least this many letters."""


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
        finding: the result if the rule applies.
        any: the rule applies if one of these matches.
        unless: a match of one of these makes the text school matter, so that the rule does not
            apply ...
        unless_not: ... unless one of these matches too.
    """

    finding: Finding
    any: tuple[Node, ...]
    unless: tuple[Node, ...]
    unless_not: tuple[Node, ...]

    def excused(self, words: list[str]) -> bool:
        """Whether the words around make the text school matter."""
        if not any(is_in(pattern, words) for pattern in self.unless):
            return False
        return not any(is_in(pattern, words) for pattern in self.unless_not)


class Index:
    """Finds patterns by the words that they need to match."""

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
        """Indexes of the patterns that may match, ascending."""
        found: set[int] = set()
        for word in set(words):
            found.update(self._by_word.get(word, ()))
            for prefix, number in self._by_prefix.get(word[:_PREFIX], ()):
                if word.startswith(prefix):
                    found.add(number)
        return sorted(found)


class RuleSet:
    """Rules in order of precedence."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._patterns = [(pattern, rule) for rule in rules for pattern in rule.any]
        self._index = Index(pattern for pattern, _ in self._patterns)

    def first(self, words: list[str]) -> Finding | None:
        """The finding of the first rule that applies, or None."""
        for number in self._index.candidates(words):
            pattern, rule = self._patterns[number]
            if is_in(pattern, words) and not rule.excused(words):
                return rule.finding
        return None


class Rulebook:
    """The content of the data files, parsed. Immutable and thread-safe."""

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
        """The words of a text, with `_HIDDEN` in place of each word of a harmless phrase."""
        words = self._reader.read(text)
        seen = tuple(words)
        for number in self._harmless_index.candidates(seen):
            for start, end in spans(self._harmless[number], seen):
                words[start:end] = [_HIDDEN] * (end - start)
        return words


_lock = threading.Lock()


def rulebook() -> Rulebook:
    """The package's rules, loaded once per process."""
    with _lock:
        return _rulebook()


@cache
def _rulebook() -> Rulebook:
    return Rulebook()


@cache
def data_digest() -> str:
    """The first 12 hex digits of a SHA-256 over the data files."""
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
