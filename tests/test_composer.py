"""Scripts for every topic, grade and interest: length, grounding, order."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import pytest

from tests.support.locales import CONNECTIVES
from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.answering import answering as answering_passage
from vividly.lesson.scripting.composer import Composer
from vividly.lesson.scripting.pacing import LONGEST_S, SHORTEST_S, scene_seconds
from vividly.library.corpus import load_topics
from vividly.library.corpus.passages import topic_passages
from vividly.model.errors import PermanentError
from vividly.model.lesson import VISUAL_KINDS, Retrieved, Script, Understanding, from_json, to_json
from vividly.text.interests import EVERYDAY

TOPICS = sorted(load_topics())


@cache
def write(topic_id: str, *, grade: int = 9, interest: str | None = None) -> Script:
    topic = load_topics()[topic_id]
    return Composer().write(
        Brief(
            "any question",
            grade_level=grade,
            interest=interest,
            language="en-US",
            understanding=Understanding(topic.id, topic.title, topic.subject, 1.0),
            retrieved=Retrieved(topic_passages(topic)),
        )
    )


def words(text: str) -> str:
    """A text's words in order, ignoring what splitting and joining change."""
    found = re.findall(r"[\w'’-]+", text.lower())
    return " ".join(word for word in found if word not in ("and", "so", "this", "is", "because"))


def every_script(topic_id: str) -> list[Script]:
    interests = [None, *(b.interest for b in load_topics()[topic_id].bridges)]
    return [write(topic_id, grade=g, interest=i) for g in (6, 9, 12) for i in interests]


@pytest.mark.parametrize("topic_id", TOPICS)
def test_every_lesson_lasts_two_to_three_minutes(topic_id: str) -> None:
    for script in every_script(topic_id):
        assert SHORTEST_S <= scene_seconds(script.scenes, script.grade_level) <= LONGEST_S


@pytest.mark.parametrize("topic_id", TOPICS)
def test_every_lesson_shows_a_diagram(topic_id: str) -> None:
    for script in every_script(topic_id):
        assert any(scene.visual and scene.visual.is_diagram for scene in script.scenes)


@pytest.mark.parametrize("topic_id", TOPICS)
def test_every_line_is_the_corpuss_or_a_connective(topic_id: str) -> None:
    # Sentences may be split and joined for the grade; words and their order stay the same.
    said = {p.key: words(p.text) for p in topic_passages(load_topics()[topic_id])}
    for script in every_script(topic_id):
        for _, _, line in script.lines():
            if line.say in CONNECTIVES:
                assert line.passages == ()
            else:
                (key,) = line.passages
                assert words(line.say) in said[key]


@pytest.mark.parametrize("topic_id", TOPICS)
def test_the_parts_come_in_order_and_nothing_is_said_twice(topic_id: str) -> None:
    for script in every_script(topic_id):
        kinds = ["explains" if scene.explains else scene.kind for scene in script.scenes]
        sections = kinds.count("explains")
        assert 3 <= sections <= 5
        rest = [kind for kind in kinds if kind not in ("explains", "misconception")]
        whole = ["title", "worked_example", "takeaways", "check", "answer", "sources"]
        assert rest == [kind for kind in whole if kind in rest]
        assert {"title", "sources"} < set(rest) and ("check" in rest) == ("answer" in rest)
        assert kinds[1 : 1 + sections] == ["explains"] * sections
        spoken = [line.say for _, _, line in script.lines()]
        assert len(spoken) == len(set(spoken))
        for scene in script.scenes:
            if scene.explains:
                assert any(line.show for line in scene.lines)
            assert (scene.visual is None) == (scene.kind not in VISUAL_KINDS)
            assert not scene.visual or scene.visual.kind == scene.kind


@pytest.mark.parametrize("topic_id", TOPICS)
def test_every_source_that_is_cited_is_listed(topic_id: str) -> None:
    for script in every_script(topic_id):
        headings = {p.key: p.heading for p in topic_passages(load_topics()[topic_id])}
        used = {headings[key] for _, _, line in script.lines() for key in line.passages}
        assert {source.section for source in script.sources} == used


def test_the_interest_is_woven_in() -> None:
    script = write("photosynthesis", interest="NBA")
    assert script.bridge == "basketball"
    bridged = [
        line for _, _, line in script.lines() if "photosynthesis/bridge/basketball" in line.passages
    ]
    assert len(bridged) >= 4


def test_an_interest_without_a_true_bridge_is_not_mentioned() -> None:
    script = write("photosynthesis", interest="falconry")
    assert script.bridge == EVERYDAY
    assert "falcon" not in script.text.lower()


def test_a_near_interest_carries_one_without_a_bridge() -> None:
    script = write("photosynthesis", interest="hockey")
    assert script.bridge == "soccer"
    assert "hockey" not in script.text.lower()


def answering(topic_id: str, key: str, *, grade: int = 9, query: str = "") -> Script:
    """The lesson on a question that one passage answers better than the others."""
    topic = load_topics()[topic_id]
    ranked = [replace(p, score=1.0 if p.key == key else 0.2) for p in topic_passages(topic)]
    asked = query or next(p.text for p in ranked if p.key == key)
    about = Understanding(topic.id, topic.title, topic.subject, 1.0)
    answer = answering_passage(about, lambda: ranked, asked, grade_level=grade, language="en-US")
    return Composer().write(
        Brief(
            asked,
            grade_level=grade,
            interest=None,
            language="en-US",
            understanding=replace(about, answer=answer),
            retrieved=Retrieved(tuple(ranked)),
        )
    )


@pytest.mark.parametrize("topic_id", TOPICS)
def test_the_section_that_answers_is_said_first_and_in_time(topic_id: str) -> None:
    topic = load_topics()[topic_id]
    sections = {section.id: section for section in topic.sections}

    def before(id: str) -> list[str]:
        """The headings of what a section needs, and its own."""
        needed = [heading for need in sections[id].needs for heading in before(need)]
        return [*needed, sections[id].heading]

    for passage in topic_passages(topic):
        if passage.kind != "section":
            continue
        script = answering(topic_id, passage.key)
        first = before(passage.key.rsplit("/", 1)[-1])
        assert [scene.heading for scene in script.scenes[1 : 1 + len(first)]] == first
        assert SHORTEST_S <= scene_seconds(script.scenes, script.grade_level) <= LONGEST_S
        told = words(" ".join(line.say for line in script.scenes[len(first)].lines))
        assert all(words(s.say) in told for s in passage.sentences if s.from_grade == 1)
        spoken = [line.say for _, _, line in script.lines()]
        assert len(spoken) == len(set(spoken))


def test_a_question_for_the_topic_alone_keeps_the_order_of_its_sections() -> None:
    sections = [p for p in topic_passages(load_topics()["photosynthesis"]) if p.kind == "section"]
    asked = "Explain photosynthesis for basketball fans"
    script = answering("photosynthesis", sections[-1].key, query=asked)
    shown = [scene.heading for scene in script.scenes]
    places = [shown.index(p.heading) for p in sections if p.heading in shown]
    assert len(places) >= 3 and places == sorted(places)


def test_a_summary_without_the_words_of_a_question_does_not_answer_it() -> None:
    topic = load_topics()["quadratic-functions"]
    passages = topic_passages(topic)
    (wanted,) = (p for p in passages if p.kind == "section" and "quadratic formula" in p.text)
    scores = {"summary": 1.0, "section": 0.2}
    ranked = [
        replace(p, score=0.9 if p.key == wanted.key else scores.get(p.kind, 0.0)) for p in passages
    ]
    about = Understanding(topic.id, topic.title, topic.subject, 1.0)

    def answers(query: str) -> str:
        return answering_passage(about, lambda: ranked, query, grade_level=9, language="en-US")

    assert answers("What is the quadratic formula?") == wanted.key
    assert answers("What is a quadratic function?") == ""


def test_a_definition_that_answers_is_said_first() -> None:
    passages = topic_passages(load_topics()["immune-system"])
    (antibody,) = (p for p in passages if p.kind == "definition" and p.heading == "Antibody")
    script = answering("immune-system", antibody.key)
    assert script.scenes[1].lines[0].say == antibody.text
    assert sum(line.say == antibody.text for _, _, line in script.lines()) == 1


def test_after_a_definition_comes_the_section_that_introduces_the_term() -> None:
    passages = topic_passages(load_topics()["speed-velocity-acceleration"])
    (term,) = (p for p in passages if p.kind == "definition" and p.heading == "Displacement")
    script = answering("speed-velocity-acceleration", term.key)
    told = " ".join(line.say for line in script.scenes[2].lines)
    assert "straight line from start to finish" in told


def test_a_mix_up_that_answers_is_said_first_and_once() -> None:
    (wrong,) = (p for p in topic_passages(load_topics()["seasons"]) if p.kind == "misconception")
    kinds = [scene.kind for scene in answering("seasons", wrong.key).scenes]
    assert kinds[1] == "misconception" and kinds.count("misconception") == 1


def test_what_rests_on_sections_is_said_after_them_or_left_out() -> None:
    kept = left = 0
    for topic_id in TOPICS:
        topic, script = load_topics()[topic_id], write(topic_id)
        told = {scene.heading for scene in script.scenes}
        ids = {section.id for section in topic.sections if section.heading in told}
        spoken = {words(line.say) for _, _, line in script.lines()}
        for part, sentence in (
            (topic.worked_example, topic.worked_example.answer),
            (topic.misconception, topic.misconception.belief),
            *((point, point) for point in topic.takeaways),
            (topic.check, topic.check.question),
        ):
            said = any(words(sentence.say) in one for one in spoken)
            assert set(part.needs) <= ids or not said, sentence.say
            kept, left = kept + said, left + (not said)
    assert left > 0 and kept > 4 * len(TOPICS)


def test_a_term_is_defined_before_a_section_that_does_not_introduce_it() -> None:
    waves = answering("ocean-waves", "ocean-waves/section/circles").scenes[1]
    assert [line.say.split(" is ")[0] for line in waves.lines[:2]] == ["The crest", "The trough"]


def test_deeper_sentences_are_for_older_students() -> None:
    deeper = {
        s.say
        for sec in load_topics()["photosynthesis"].sections
        for s in sec.sentences
        if s.from_grade == 9
    }
    young = " ".join(line.say for _, _, line in write("photosynthesis", grade=6).lines())
    assert deeper
    assert not [sentence for sentence in deeper if sentence.rstrip(".") in young]


def test_a_missing_part_is_named() -> None:
    topic = load_topics()["photosynthesis"]
    passages = tuple(p for p in topic_passages(topic) if p.kind != "takeaways")
    with pytest.raises(PermanentError, match="takeaways"):
        Composer().write(
            Brief(
                "q",
                grade_level=9,
                interest=None,
                language="en-US",
                understanding=Understanding(topic.id, topic.title, topic.subject, 1.0),
                retrieved=Retrieved(passages),
            )
        )


def test_a_script_survives_storage() -> None:
    script = write("photosynthesis", interest="basketball")
    assert from_json(Script, to_json(script)) == script


def test_the_level_is_measured_and_what_is_too_far_is_noted() -> None:
    script = write("photosynthesis", grade=6)
    assert 4.5 <= script.reading_level <= 7.5
    assert script.notes == ()
    assert "grade 12" in write("photosynthesis", grade=12).notes[0]


def test_passages_of_other_topics_are_left_alone() -> None:
    topics = load_topics()
    mixed = (*topic_passages(topics["gravity"]), *topic_passages(topics["photosynthesis"]))
    script = Composer().write(
        Brief(
            "q",
            grade_level=9,
            interest=None,
            language="en-US",
            understanding=Understanding("photosynthesis", "Photosynthesis", "biology", 1.0),
            retrieved=Retrieved(mixed),
        )
    )
    assert {source.title for source in script.sources} == {"Photosynthesis"}
