"""Understanding by words, corrected by semantic nearness.

Matching by words knows names and rare terms, and when to ask back. It does not know that
somebody "zapped" on a wire got an electric shock. So words come first; the sentence encoder
decides when words find nothing or too little, or when another topic is much nearer. If both
point to the same topic, lower limits apply.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vividly.lesson.understanding import Understander
from vividly.lesson.understanding.catalogue import Catalogue
from vividly.lesson.understanding.catalogue_index import CatalogueTopic
from vividly.lesson.understanding.meaning import Meaning, Near, lead
from vividly.lesson.understanding.offline import Leaning, OfflineUnderstander
from vividly.library.encoder import Floats
from vividly.model.lesson import Answer, Understanding
from vividly.text.locales import primary_subtag

VERSION = 1
"""Increase it when decisions change: results are cached under `identity`."""
LANGUAGE = "en"
"""The language of the encoder."""
CERTAIN = 0.9
"""Confidence of the match by words from which the encoder is not used."""
OTHER, OTHER_FROM = 0.14, 0.45
"""Another topic replaces the one found by words if it is nearer by `OTHER` and at least
`OTHER_FROM` near."""
FAR, DOUBTED = 0.27, 0.6
"""A match by words is dropped if its confidence is below `DOUBTED` and no topic is nearer than
`FAR`."""
LEANING = 0.12
"""Minimum score by words that counts as leaning to a topic."""
LONG = 3
"""Number of telling words that give an ambiguous word enough context for the encoder."""

Book = tuple[CatalogueTopic, Floats]
"""A section of a book, and the vectors of its passages (passages × 384)."""
Enough = tuple[tuple[int, float, float], ...]
"""Alternatives, each a triple of minimums: telling words, nearness, lead."""
PLAIN: Enough = ((0, 0.6, 0.2),)
"""Limits that hold even if words found too little, or found the question not about school."""
AGREED: Enough = ((3, 0.25, 0.0), (2, 0.33, 0.0), (1, 0.33, 0.09), (1, 0.5, 0.0))
"""Limits when words lean to the same topic."""
AGREED_ON_ONE: Enough = ((LONG, 0.32, 0.0), (2, 0.4, 0.12))
"""Limits when words lean to the same topic but would ask which of several is meant."""
WITHOUT_WORDS: Enough = ((1, 0.45, 0.1),)
"""Limits when words lean to another topic or to none, and nothing speaks against a lesson."""


class MeaningUnderstander:
    """Matches by words first, then by the sentence encoder. Thread-safe."""

    def __init__(
        self,
        words: Understander,
        english: OfflineUnderstander,
        meaning: Meaning,
        catalogue: Catalogue | None = None,
    ) -> None:
        """
        Args:
            words: the understander to ask first.
            english: reports which topic the words of a question lean to.
            catalogue: the ingested topics; None to use the shipped topics only.
        """
        self.words = words
        self._english = english
        self._meaning = meaning
        self._catalogue = catalogue

    @property
    def identity(self) -> str:
        """Names the code and data. Changes when the library changes.

        Raises:
            TransientError: the database is unavailable.
        """
        return f"{self.words.identity}+{self._meaning.identity}-{VERSION}"

    def understand(self, query: str, *, grade_level: int, language: str) -> Understanding | Answer:
        """Return the topic, or an answer instead.

        Raises:
            TransientError: the database is unavailable.
        """
        found = self.words.understand(query, grade_level=grade_level, language=language)
        if primary_subtag(language) != LANGUAGE or _is_settled(found):
            return found
        leaning = self._english.leaning(query)
        books = self._catalogue.vectors(language) if self._catalogue else {}
        near = self._meaning.rank(leaning.text, {id: of for id, (_, of) in books.items()})
        if isinstance(found, Understanding):
            held = next((n.nearness for n in near if n.topic_id == found.topic_id), 0.0)
            if near[0].nearness >= max(OTHER_FROM, held + OTHER):
                return self._understanding(near[0], books)
            if near[0].nearness < FAR and found.confidence < DOUBTED:
                return self._english.nothing_on(query)
            return found
        decided = self._decides(near, leaning, found, query)
        return self._understanding(near[0], books) if decided else found

    def _decides(self, near: Sequence[Near], leaning: Leaning, found: Answer, query: str) -> bool:
        """Whether to take the nearest topic although words found no topic."""
        ambiguous = found.category == "ambiguous"
        if _is_enough(PLAIN, leaning, near) and not (ambiguous and leaning.telling < LONG):
            return True
        if found.category == "vague" or leaning.outside:
            return False
        score = self._score_by_words(near[0].topic_id, leaning, query)
        if ambiguous:
            return score > 0 and _is_enough(AGREED_ON_ONE, leaning, near)
        return _is_enough(AGREED if score >= LEANING else WITHOUT_WORDS, leaning, near)

    def _score_by_words(self, topic_id: str, leaning: Leaning, query: str) -> float:
        """Return the topic's score by words; 0 if words lean to another topic or to none."""
        if "/" not in topic_id:
            best = leaning.best
            return best.score if best and best.topic_id == topic_id else 0.0
        hits = self._catalogue.search(query, LANGUAGE) if self._catalogue else []
        return hits[0].score if hits and hits[0].topic.id == topic_id else 0.0

    def _understanding(self, near: Near, books: Mapping[str, Book]) -> Understanding:
        confidence = round(min(1.0, max(0.0, near.nearness)), 4)
        book = books.get(near.topic_id)
        topic = book[0] if book else self._english.topics[near.topic_id]
        return Understanding(topic.id, topic.title, topic.subject, confidence)


def _is_settled(found: Understanding | Answer) -> bool:
    """Whether the result by words stands: it is certain, blocked, or about the language."""
    if isinstance(found, Understanding):
        return found.confidence >= CERTAIN
    return found.status == "blocked" or found.category == "language"


def _is_enough(enough: Enough, leaning: Leaning, near: Sequence[Near]) -> bool:
    has = (leaning.telling, near[0].nearness, lead(near))
    return any(all(h >= least for h, least in zip(has, some, strict=True)) for some in enough)
