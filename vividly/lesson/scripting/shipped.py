"""Writes a script on a shipped topic, without a database, a question or a model."""

from __future__ import annotations

from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.composer import Composer
from vividly.library.corpus import all_topics
from vividly.library.corpus.passages import topic_passages
from vividly.model.errors import PermanentError
from vividly.model.lesson import Retrieved, Script, Understanding
from vividly.text.interests import EVERYDAY


def shipped_script(
    topic_id: str, *, grade_level: int = 9, interest: str = EVERYDAY, language: str = "en-US"
) -> Script:
    """Write the lesson on a shipped topic for a grade (1 to 12) and an interest.

    Raises:
        PermanentError: the topic is unknown.
    """
    topic = all_topics().get(topic_id)
    if topic is None:
        raise PermanentError(
            f"no topic {topic_id!r} ships with the package; there are: {', '.join(all_topics())}"
        )
    return Composer().write(
        Brief(
            topic.title,
            grade_level=grade_level,
            interest=interest,
            language=language,
            understanding=Understanding(topic.id, topic.title, topic.subject, 1.0),
            retrieved=Retrieved(topic_passages(topic)),
        )
    )
