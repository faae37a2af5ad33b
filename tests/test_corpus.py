"""Rules for every topic file: it is valid, speakable, and long enough for a lesson."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import ValidationError

import vividly.library.corpus as corpus
from vividly.library.corpus import (
    Bridge,
    Sentence,
    Topic,
    _all_topics,
    all_topics,
    corpus_digest,
    corpus_languages,
    load_topics,
)
from vividly.library.corpus.passages import topic_passages
from vividly.library.corpus.schema import Subject
from vividly.model.visuals import KINDS
from vividly.text.interests import EVERYDAY, bridge_interest


def stem_of(path: Path) -> str:
    return path.stem


FILES = sorted(Path(corpus.__file__).parent.glob("*/*.yaml"))
# Formulas as written: `vividly.lesson.speech.expand` spells them out.
SPEAKABLE = {
    "en": r"[A-Za-z0-9][A-Za-z0-9 ,.'?:;₀-₉⁺⁻-]*[.?]",
    "es": r"[¿A-ZÁÉÍÓÚÑa-z0-9][¿A-ZÁÉÍÓÚÜÑa-záéíóúüñ0-9 ,.?:;-]*[.?]",
}
every_file = pytest.mark.parametrize("path", FILES, ids=stem_of)


@cache
def read(path: Path) -> Topic:
    return Topic.model_validate(yaml.safe_load(path.read_text("utf-8")))


def of_bridge(bridge: Bridge) -> list[str]:
    return [*(s.say for s in bridge.hook), bridge.link.say, bridge.close]


def sentences(topic: Topic) -> Iterator[Sentence]:
    for section in topic.sections:
        yield from section.sentences
    example, wrong = topic.worked_example, topic.misconception
    yield from (example.problem, *example.steps, example.answer)
    yield from (wrong.belief, *wrong.correction, *topic.takeaways)
    yield from (topic.check.question, topic.check.answer)
    for bridge in topic.bridges:
        yield from bridge.hook


def spoken(topic: Topic) -> Iterator[str]:
    yield topic.summary
    yield from (term.say for term in topic.key_terms)
    yield from (sentence.say for sentence in sentences(topic))
    for bridge in topic.bridges:
        yield from (bridge.link.say, bridge.close)


def shown(topic: Topic) -> Iterator[str]:
    yield from (section.heading for section in topic.sections)
    yield from (sentence.show for sentence in sentences(topic) if sentence.show)
    yield from (bridge.link.show for bridge in topic.bridges if bridge.link.show)


def words(*said: str) -> int:
    return sum(len(text.split()) for text in said)


# -- the whole --------------------------------------------------------------------------------


def test_there_are_forty_topics_in_five_subjects() -> None:
    subjects = Counter(topic.subject for topic in load_topics().values())
    assert set(subjects) == set(get_args(Subject))
    assert sum(subjects.values()) >= 40
    assert min(subjects.values()) >= 5


def test_every_file_is_loaded() -> None:
    assert set(all_topics()) == {path.stem for path in FILES}


def test_every_topic_is_found_by_its_language() -> None:
    assert corpus_languages() == ("en", "es")
    by_language = {id: code for code in corpus_languages() for id in load_topics(code)}
    assert by_language == {id: topic.language for id, topic in all_topics().items()}
    assert load_topics("es-MX") == load_topics("es")
    assert load_topics("xx") == {}


def test_there_are_spanish_topics_in_every_subject() -> None:
    spanish = load_topics("es").values()
    assert len(spanish) >= 8
    assert {topic.subject for topic in spanish} == set(get_args(Subject))
    counterparts = [topic.counterpart for topic in spanish]
    assert len(set(counterparts)) == len(counterparts)
    for topic in spanish:
        assert topic.counterpart is not None
        english = load_topics()[topic.counterpart]
        assert (english.subject, english.grades) == (topic.subject, topic.grades)


def test_no_two_topics_share_an_alias_or_a_title() -> None:
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for topic in all_topics().values():
        for name in (*topic.aliases, topic.title):
            owners[f"{topic.language} {' '.join(name.lower().split())}"].add(topic.id)
    assert {name: ids for name, ids in owners.items() if len(ids) > 1} == {}


def test_the_digest_is_stable() -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", corpus_digest())
    assert corpus_digest() == corpus_digest.__wrapped__()


# -- each topic -------------------------------------------------------------------------------


@every_file
def test_it_lies_where_it_says(path: Path) -> None:
    topic = read(path)
    assert (topic.subject, topic.id) == (path.parent.name, path.stem)


@every_file
def test_its_aliases_are_as_typed_and_without_repetition(path: Path) -> None:
    aliases = read(path).aliases
    assert len(set(aliases)) == len(aliases)
    assert [alias for alias in aliases if alias != " ".join(alias.lower().split())] == []


@every_file
def test_a_voice_can_speak_all_of_it(path: Path) -> None:
    """Plain letters, no symbol that a voice reads out or skips, and the end of a sentence."""
    topic = read(path)
    speakable = re.compile(SPEAKABLE[topic.language])
    assert [text for text in spoken(topic) if not speakable.fullmatch(text)] == []


@pytest.mark.parametrize("path", [p for p in FILES if read(p).language == "es"], ids=stem_of)
def test_spanish_questions_are_opened_and_closed(path: Path) -> None:
    topic = read(path)
    for text in (*spoken(topic), *shown(topic), topic.title):
        assert text.count("¿") == text.count("?"), text
        assert unicodedata.is_normalized("NFC", text)


@every_file
def test_its_sentences_are_of_a_length_to_listen_to(path: Path) -> None:
    assert [text for text in spoken(read(path)) if not 3 <= words(text) <= 36] == []


@every_file
def test_its_parts_are_of_the_length_that_a_lesson_is_timed_by(path: Path) -> None:
    topic = read(path)
    for section in topic.sections:
        everyone = [s.say for s in section.sentences if s.from_grade == 1]
        assert 30 <= words(*everyone) <= 60, section.id
        assert words(*(s.say for s in section.sentences)) <= 85, section.id
    example = topic.worked_example
    solved = [s.say for s in (example.problem, *example.steps, example.answer)]
    assert 50 <= words(*solved) <= 100
    wrong = topic.misconception
    assert 24 <= words(wrong.belief.say, *(s.say for s in wrong.correction)) <= 55
    assert all(6 <= words(s.say) <= 16 for s in topic.takeaways)
    assert 20 <= words(topic.check.question.say, topic.check.answer.say) <= 50
    assert 10 <= words(topic.summary) <= 25
    for bridge in topic.bridges:
        assert 45 <= words(*of_bridge(bridge)) <= 100, bridge.interest


@every_file
def test_no_two_bridges_say_the_same(path: Path) -> None:
    said = Counter(text for bridge in read(path).bridges for text in of_bridge(bridge))
    assert [text for text, times in said.items() if times > 1] == []


@every_file
def test_no_two_sections_say_the_same(path: Path) -> None:
    said = Counter(s.say for section in read(path).sections for s in section.sentences)
    assert [text for text, times in said.items() if times > 1] == []


@every_file
def test_its_bullets_are_bullets(path: Path) -> None:
    assert [text for text in shown(read(path)) if text.endswith((".", ",")) or "\n" in text] == []


@every_file
def test_a_student_can_name_each_of_its_interests(path: Path) -> None:
    interests = [bridge.interest for bridge in read(path).bridges]
    named = [interest for interest in interests if interest != EVERYDAY]
    assert len(named) >= 4
    for interest in named:
        assert bridge_interest(interest.replace("-", " "), interests) == interest


# -- what makes a file invalid ----------------------------------------------------------------


def plain() -> dict[str, Any]:
    value: dict[str, Any] = yaml.safe_load(FILES[0].read_text("utf-8"))
    return value


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda t: t.update(subject="history"), "subject"),
        (lambda t: t.update(id="Two Words"), "id"),
        (lambda t: t.update(grades=[9, 6]), "low <= high"),
        (lambda t: t.update(grades=[0, 6]), "low <= high"),
        (lambda t: t.update(colour="red"), "colour"),
        (lambda t: t.update(aliases=["one"]), "aliases"),
        (lambda t: t.update(sections=t["sections"][:3]), "sections"),
        (lambda t: t["sections"][1].update(id=t["sections"][0]["id"]), "section ids repeat"),
        (lambda t: [s.pop("show", None) for s in t["sections"][0]["sentences"]], "has a 'show'"),
        (lambda t: t["takeaways"][0].pop("show"), "every takeaway needs"),
        (lambda t: t["takeaways"].pop(), "takeaways"),
        (lambda t: t["bridges"][0].update(interest="chess"), "no bridge for 'everyday'"),
        (lambda t: t["bridges"][1].update(interest="everyday"), "interests repeat"),
        (lambda t: t["bridges"][0]["link"].update(section="nowhere"), "no section 'nowhere'"),
        (lambda t: t["sections"][0]["sentences"][0].update(say="x" * 321), "say"),
        (lambda t: t["sections"][0]["sentences"][0].update(show="x" * 65), "show"),
        (lambda t: t["sections"][0]["sentences"][0].update(from_grade=13), "from_grade"),
        (lambda t: t.pop("check"), "check"),
    ],
)
def test_a_faulty_topic_is_refused(change: Any, fault: str) -> None:
    topic = plain()
    change(topic)
    with pytest.raises(ValidationError, match=re.escape(fault)):
        Topic.model_validate(topic)


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("biology/x.yaml", "id: [", "vividly/library/corpus/biology/x.yaml"),
        ("biology/x.yaml", "id: x", "vividly/library/corpus/biology/x.yaml"),
        ("physics/other.yaml", FILES[0].read_text("utf-8"), "belongs at vividly/library/corpus/"),
    ],
)
def test_a_faulty_file_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, fault: str
) -> None:
    monkeypatch.setattr(corpus, "_topic_files", lambda places: [(name, text)])
    with pytest.raises(ValueError, match=fault):
        _all_topics.__wrapped__()


def test_most_topics_draw_and_every_part_of_a_drawing_is_spoken_of() -> None:
    drawn = [
        (topic.id, section)
        for topic in corpus.all_topics().values()
        for section in topic.sections
        if section.visual
    ]
    assert {topic for topic, _ in drawn} == set(corpus.all_topics())
    kinds = {section.visual.kind for _, section in drawn if section.visual}
    assert kinds == set(KINDS) - {"figure"}
    for topic, section in drawn:
        assert section.visual is not None
        assert section.visual.problem() is None, f"{topic}/{section.id}"
        told = [sentence for sentence in section.sentences if sentence.part]
        last = max((sentence.part or 0 for sentence in told), default=0)
        assert last == section.visual.part_count, f"{topic}/{section.id}"
        # The text is complete without the sentences for higher grades.
        assert all(sentence.from_grade == 1 for sentence in told), f"{topic}/{section.id}"


def test_headings_of_terms_keep_their_capitals() -> None:
    headings = {
        passage.heading
        for topic in corpus.all_topics().values()
        for passage in topic_passages(topic)
        if passage.kind == "definition"
    }
    assert {"pH", "ATP", "Messenger RNA", "Gulf Stream", "Catalyst"} <= headings
