"""Maps a student's question to a topic or to an answer.

The answers: a clarifying question, "out of scope", or "blocked".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from vividly.library.corpus import load_topics
from vividly.model.errors import SettingsError
from vividly.model.lesson import Answer, Understanding
from vividly.model.settings import Settings, choices
from vividly.text.locales import DEFAULT, locale_for, primary_subtag

if TYPE_CHECKING:
    from vividly.lesson.understanding.catalogue import Catalogue

__all__ = ["Understander", "lessons_near", "make_understander"]
NEAR = 3


class Understander(Protocol):
    """Finds the topic of a question. Thread-safe.

    Attributes:
        identity: names the provider, its version and its data. Part of the cache key.
    """

    @property
    def identity(self) -> str: ...

    def understand(self, query: str, *, grade_level: int, language: str) -> Understanding | Answer:
        """Return the topic of a question, or an answer instead of a lesson.

        Args:
            query: the student's own words.
            grade_level: 1 to 12.
            language: BCP 47 tag of the requested lesson.

        Raises:
            ContentBlocked: the provider refuses the question as unsafe for a school.
            UnusableAnswer: the model's answer is not usable.
            PermanentError: a remote provider rejects the call.
            TransientError: a remote provider or the database is unavailable.
        """


def make_understander(settings: Settings, catalogue: Catalogue | None = None) -> Understander:
    """Make the provider named in the settings: `offline` or `gemini`.

    Args:
        catalogue: the ingested topics; None to use the shipped topics only.

    Raises:
        SettingsError: the provider is unknown, or its settings are malformed.
    """
    provider = settings.understanding_provider
    if provider == "offline":
        return _offline(settings.sentence_encoder, catalogue)
    if provider == "gemini":
        # Imported here because Google's library takes a second to load.
        from vividly.lesson.understanding.choices import LibraryChoices, shipped_choices
        from vividly.lesson.understanding.gemini import GeminiUnderstander
        from vividly.platform.google.gemini import understanding_model

        choose = LibraryChoices(catalogue) if catalogue else shipped_choices
        return GeminiUnderstander(understanding_model(settings), choose)
    raise SettingsError(
        f"--understanding_provider={provider!r}: choose one of "
        f"{', '.join(choices('understanding_provider'))}"
    )


def lessons_near(topic: Understanding, language: str, *, encoder_folder: str = "") -> list[str]:
    """Return up to three titles of shipped lessons to suggest in place of `topic`.

    Lessons of the same subject are preferred. English titles are sorted by nearness in
    meaning. Other languages, which the encoder does not know, keep the corpus order.
    """
    topics = load_topics(primary_subtag(language))
    ids = list(topics)
    if primary_subtag(language) == DEFAULT:
        from vividly.lesson.understanding.meaning import shipped_meaning

        near = shipped_meaning(encoder_folder).nearness(topic.title)
        ids = sorted(near, key=lambda id: (-near[id], id))
    others = [id for id in ids if id != topic.topic_id]
    of_subject = [id for id in others if topics[id].subject == topic.subject]
    texts = locale_for(language).answers
    return [texts.in_sentence(topics[id].title) for id in (of_subject or others)[:NEAR]]


def _offline(encoder_folder: str, catalogue: Catalogue | None) -> Understander:
    from vividly.lesson.understanding.meaning import shipped_meaning
    from vividly.lesson.understanding.offline import OfflineUnderstander

    return OfflineUnderstander(shipped_meaning(encoder_folder), catalogue)
