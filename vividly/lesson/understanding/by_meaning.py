"""Understanding by words, weighed against meaning.

Words know names and rare terms, and when to ask back; they do not know that somebody "zapped"
on a wire got an electric shock. So words come first, and meaning decides where they find
nothing or too little, or are far off. Where both lean to the same topic, little is enough.
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
"""Raise it when the code decides otherwise: results are cached under `identity`."""
LANGUAGE = "en"
"""What the encoder was trained on."""
CERTAIN = 0.9
"""Confidence of words from which meaning is not asked."""
OTHER, OTHER_FROM = 0.14, 0.45
"""How much nearer another topic has to be than the one that words found, and how near at least."""
FAR, DOUBTED = 0.27, 0.6
"""Nearness below which nothing is near, and confidence of words below which that decides."""
LEANING = 0.12
"""Score by words that counts as leaning to a topic."""
LONG = 3
"""Telling words from which an ambiguous one has a context that meaning can go by."""

Book = tuple[CatalogueTopic, Floats]
"""A section of a book, and the vectors of its passages."""
Enough = tuple[tuple[int, float, float], ...]
"""Any of these is enough: telling words, nearness and lead, each at least so much."""
PLAIN: Enough = ((0, 0.6, 0.2),)
"""Although words found too little to go by, or what is no school matter."""
AGREED: Enough = ((3, 0.25, 0.0), (2, 0.33, 0.0), (1, 0.33, 0.09), (1, 0.5, 0.0))
"""Where words lean to the same topic."""
AGREED_ON_ONE: Enough = ((LONG, 0.32, 0.0), (2, 0.4, 0.12))
"""The same where words would ask back which of several topics is meant."""
WITHOUT_WORDS: Enough = ((1, 0.45, 0.1),)
"""Where words lean to another topic or to none, and nothing is against a lesson."""


class MeaningUnderstander:
    """Asks words, and then meaning. Safe between threads."""

    def __init__(
        self,
        words: Understander,
        english: OfflineUnderstander,
        meaning: Meaning,
        catalogue: Catalogue | None = None,
    ) -> None:
        """
        Args:
            words: who is asked first.
            english: says what words lean to.
            catalogue: the ingested topics, where those are to be answered too.
        """
        self.words = words
        self._english = english
        self._meaning = meaning
        self._catalogue = catalogue

    @property
    def identity(self) -> str:
        """Changes with the library, too.

        Raises:
            TransientError: the database is away.
        """
        return f"{self.words.identity}+{self._meaning.identity}-{VERSION}"

    def understand(self, query: str, *, grade_level: int, language: str) -> Understanding | Answer:
        """The topic, or an answer instead.

        Raises:
            TransientError: the database is away.
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
        """Whether the nearest topic is what was meant, though words gave no topic."""
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
        """Of the topic, if words lean to it; 0 if they lean to another or none."""
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
    """Whether meaning has no say: words are certain, or it is not about the topic."""
    if isinstance(found, Understanding):
        return found.confidence >= CERTAIN
    return found.status == "blocked" or found.category == "language"


def _is_enough(enough: Enough, leaning: Leaning, near: Sequence[Near]) -> bool:
    has = (leaning.telling, near[0].nearness, lead(near))
    return any(all(h >= least for h, least in zip(has, some, strict=True)) for some in enough)
