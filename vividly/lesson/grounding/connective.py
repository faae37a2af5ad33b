"""Connective lines: they address the student, state nothing of the subject, and need no source.

A line (or a sentence of one) is connective if

- it is about the lesson itself ("Let's work one out."), or
- it is a question or addresses the student ("Imagine your team is one point behind."), and
  none of its words is taught by the sources, except words of the title and the interest; with a
  citation only a question or a lead-in ("Imagine", "Now") does,

and if it claims nothing: no number, formula, name or date, no "because", "scientists", "always".
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from vividly.lesson.grounding.text import Lexicon, content, lexicon, weight
from vividly.library.corpus import load_topics
from vividly.text.interests import bridge_interest
from vividly.text.words import PROSE, stem, words

TAUGHT = 4.5
"""Minimum weight of a word that belongs to the subject and not to everyday speech."""
_AT_LEAST = 2
_MAINLY = 0.3


def is_connective(
    sentence: str,
    *,
    taught: Collection[str],
    allowed: Collection[str],
    lexicon: Lexicon,
    cited: bool = False,
) -> bool:
    """Whether a sentence states nothing that needs a source.

    Args:
        cited: it has a source, so that an address ("your street") does not make it connective.
        taught: stems of the words that belong to the subject.
        allowed: stems that are allowed anyway: those of the title and the interest.
    """
    said = content(sentence, lexicon)
    spoken = words(sentence, PROSE)
    if not said:
        return not any(character.isdigit() for character in sentence)
    if any(word in lexicon.lists.claims for word in spoken):
        return False
    if any(word in taught and word not in allowed for word in said):
        return False
    leads_in = bool(spoken) and spoken[0] in lexicon.lists.lead_in
    addressed = leads_in or (not cited and any(word in lexicon.lists.address for word in spoken))
    if not (sentence.rstrip().endswith("?") or addressed):
        return all(word in allowed for word in said) and len(spoken) <= 6
    asks_a_fact = spoken[:3] == ["did", "you", "know"]
    return not asks_a_fact


def taught_stems(texts: Collection[str], lexicon: Lexicon) -> frozenset[str]:
    """Return the stems in texts that belong to a subject rather than to everyday speech."""
    found = {word for text in texts for word in content(text, lexicon)}
    return frozenset(word for word in found if weight(word, lexicon.language) >= TAUGHT)


@lru_cache(maxsize=256)
def interest_stems(interest: str | None, language: str, lexicon: Lexicon) -> frozenset[str]:
    """Return the stems that belong to an interest.

    They are its own words, and words that the corpus uses mainly in its bridges to the
    interest ("ball", "court", "coach" for basketball).
    """
    own = frozenset(stem(word, lexicon.language) for word in words(interest or "", PROSE))
    slug = bridge_interest(interest, _interests(), language)
    return own | _of_interest(slug, lexicon)


def speaks_of(text: str, interest: str, language: str) -> bool:
    """Whether a text has a word that belongs to an interest (see `interest_stems`)."""
    lists = lexicon(language)
    return not interest_stems(interest, language, lists).isdisjoint(content(text, lists))


@lru_cache(maxsize=1)
def _interests() -> frozenset[str]:
    return frozenset(b.interest for topic in load_topics().values() for b in topic.bridges)


@lru_cache(maxsize=256)
def _of_interest(slug: str, lexicon: Lexicon) -> frozenset[str]:
    within: dict[str, int] = {}
    anywhere: dict[str, int] = {}
    for topic in load_topics().values():
        school = [s.say for section in topic.sections for s in section.sentences]
        texts = [(False, " ".join(school))]
        for bridge in topic.bridges:
            said = " ".join([*(s.say for s in bridge.hook), bridge.link.say, bridge.close])
            texts.append((bridge.interest == slug, said))
        for of_it, text in texts:
            for word in set(content(text, lexicon)):
                anywhere[word] = anywhere.get(word, 0) + 1
                within[word] = within.get(word, 0) + of_it
    return frozenset(
        word
        for word, count in within.items()
        if count >= _AT_LEAST and count / anywhere[word] >= _MAINLY
    )
