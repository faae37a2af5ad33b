"""The vocabulary of the library: the frequency and spelling of its words."""

from __future__ import annotations

import json
import math
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import Engine, select, text

from vividly.library.retrieval.fitted import Current, read_fitted, write_fitted
from vividly.library.retrieval.words import (
    MOST_WORDS,
    content_words,
    is_plain,
    is_soft,
)
from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.library import passages
from vividly.platform.ledger.queries import library_digest
from vividly.text.locales import primary_subtag
from vividly.text.spelling import Speller, joined
from vividly.text.words import PASSAGE, stems, words

NAME = "vocabulary/1"
SOFT_WEIGHT = 0.25
CORRECTED_WEIGHT = 0.8
"""Weight of a word whose spelling was corrected."""
JOINED_WEIGHT = 0.8
_ROWS = 2_000


@dataclass(frozen=True)
class Query:
    """A question prepared for search.

    Attributes:
        text: the question with corrected spelling.
        weights: lexeme -> weight: its rarity in the library, reduced for words that are common
            in questions. Words that the library lacks are left out.
        unknown: number of words of the question that the library lacks.
    """

    text: str
    weights: Mapping[str, float]
    unknown: int = 0


@dataclass(frozen=True)
class Words:
    """The words of the passages in one language.

    Attributes:
        passages: number of passages.
        counts: word as written -> number of occurrences.
        found_in: lexeme -> number of passages with it.
        subjects: words in the names of the passages' subjects.
    """

    passages: int
    counts: Mapping[str, int]
    found_in: Mapping[str, int]
    subjects: tuple[str, ...] = ()
    language: str = field(default="en")

    @cached_property
    def _speller(self) -> Speller:
        return Speller(self.counts)

    def prepare(self) -> None:
        """Build the speller now, which would delay the first misspelt question by 50 ms."""
        _ = self._speller

    def rarity(self, lexeme: str) -> float:
        """The BM25 weight of a lexeme: high if few passages have it."""
        found = self.found_in.get(lexeme, 0)
        return math.log(1 + (self.passages - found + 0.5) / (found + 0.5))

    def query(self, question: str) -> Query:
        """Prepare a question for search. Thread-safe."""
        written = words(question, PASSAGE)[:MOST_WORDS]
        known = {word: self._known(word) for word in dict.fromkeys(written)}
        spelt = {
            word: (word,) if known[word] else self._speller.correct(word) or (word,)
            for word in known
        }
        corrected = " ".join(part for word in written for part in spelt[word])
        weights: dict[str, float] = {}
        unknown = 0
        contents = content_words(" ".join(written), self.language)
        for word in joined(contents, self.counts):
            parts = spelt.get(word, (word,))
            factor = 1.0 if parts == (word,) else CORRECTED_WEIGHT
            if word not in known:
                factor = JOINED_WEIGHT
            if parts == (word,) and is_soft(word, self.language):
                factor *= SOFT_WEIGHT
            found = [lexeme for lexeme in stems(parts, self.language) if lexeme in self.found_in]
            unknown += not found and word in known and not is_soft(word, self.language)
            for lexeme in found:
                weights[lexeme] = max(weights.get(lexeme, 0.0), factor * self.rarity(lexeme))
        return Query(corrected, self._without_subject(weights), unknown)

    def _without_subject(self, weights: Mapping[str, float]) -> Mapping[str, float]:
        """Drop names of subjects, unless nothing is left: "work in physics" is about work."""
        subjects = set(stems(self.subjects, self.language))
        rest = {lexeme: weight for lexeme, weight in weights.items() if lexeme not in subjects}
        return rest or weights

    def _known(self, word: str) -> bool:
        return (
            word in self.counts
            or is_plain(word, self.language)
            or stems([word], self.language)[0] in self.found_in
        )


class Vocabulary:
    """The words of the library by language, kept up to date with the library."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._current = Current(lambda: library_digest(engine), self._load)

    def words(self, language: str) -> Words:
        """The words of the passages in a language; empty if there are no such passages.

        Raises:
            TransientError: the database cannot be reached.
        """
        return self._current.get().get(primary_subtag(language)) or Words(0, {}, {})

    def refresh(self) -> None:
        """Check for changes of the library now."""
        self._current.get(now=True)

    def _load(self, digest: str) -> dict[str, Words]:
        stored = read_fitted(self._engine, NAME)
        if stored and stored[0] == digest:
            loaded = _from_bytes(stored[1])
        else:
            loaded = count_words(self._engine)
            write_fitted(self._engine, NAME, digest, _to_bytes(loaded))
        for of in loaded.values():
            of.prepare()
        return loaded


def count_words(engine: Engine) -> dict[str, Words]:
    """Count the words of all passages. Takes a second for ten thousand."""
    counts: dict[str, Counter[str]] = {}
    number: Counter[str] = Counter()
    subjects: dict[str, set[str]] = {}
    found: dict[str, Counter[str]] = {}
    P = passages.c
    with database_errors(engine), engine.connect() as connection:
        rows = connection.execution_options(yield_per=_ROWS).execute(
            select(P.language, P.subject, P.heading, P.body)
        )
        for language, subject, heading, body in rows:
            of = primary_subtag(language)
            number[of] += 1
            subjects.setdefault(of, set()).update(words(subject, PASSAGE))
            counts.setdefault(of, Counter()).update(words(f"{heading} {body}", PASSAGE))
        for language in dict.fromkeys(
            connection.execute(select(P.language).distinct()).scalars().all()
        ):
            # The language comes from the table, but is quoted all the same.
            inner = (
                "SELECT search FROM passages WHERE language = "  # nosec B608
                + connection.execute(text("SELECT quote_literal(:l)"), {"l": language}).scalar_one()
            )
            stats = connection.execute(
                text("SELECT word, ndoc FROM ts_stat(:inner)"), {"inner": inner}
            )
            found.setdefault(primary_subtag(language), Counter()).update(
                {str(word): int(ndoc) for word, ndoc in stats}
            )
    return {
        language: Words(
            passages=number[language],
            counts=dict(counts[language]),
            found_in=dict(found.get(language, {})),
            subjects=tuple(sorted(subjects[language])),
            language=language,
        )
        for language in sorted(number)
    }


def _to_bytes(counted: Mapping[str, Words]) -> bytes:
    plain = {
        language: {
            "passages": of.passages,
            "counts": of.counts,
            "found_in": of.found_in,
            "subjects": of.subjects,
        }
        for language, of in counted.items()
    }
    return zlib.compress(json.dumps(plain, ensure_ascii=False, sort_keys=True).encode(), 6)


def _from_bytes(data: bytes) -> dict[str, Words]:
    return {
        language: Words(
            passages=of["passages"],
            counts=of["counts"],
            found_in=of["found_in"],
            subjects=tuple(of["subjects"]),
            language=language,
        )
        for language, of in json.loads(zlib.decompress(data)).items()
    }
