"""Scripts composed from the corpus pass the checker; broken ones do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.support.pairs import passages
from tests.support.pairs import script as script_of
from vividly.lesson.grounding import DOUBT, VISUAL, check
from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.composer import Composer
from vividly.library.corpus import load_topics
from vividly.model.lesson import Line, Passage, Retrieved, Script, Understanding
from vividly.model.visuals.process import Process, Step

TOPICS = sorted(load_topics())
NEIGHBOUR = dict(zip(TOPICS, [*TOPICS[1:], TOPICS[0]], strict=True))


def composed(topic_id: str, grade: int, interest: str | None) -> Script:
    topic = load_topics()[topic_id]
    return Composer().write(
        Brief(
            "any question",
            grade_level=grade,
            interest=interest,
            language="en-US",
            understanding=Understanding(topic.id, topic.title, topic.subject, 1.0),
            retrieved=Retrieved(passages(topic_id)),
        )
    )


@pytest.mark.parametrize("topic_id", TOPICS)
def test_composed_scripts_rest_on_their_passages(topic_id: str) -> None:
    bridges = [bridge.interest for bridge in load_topics()[topic_id].bridges]
    for at, grade in enumerate((6, 9, 12)):
        interest = bridges[at % len(bridges)]
        script = composed(topic_id, grade, interest)
        found = check(script, passages(topic_id), bridge_interest=interest)
        assert [f for f in found if f.kind != DOUBT] == []
        # Where two sentences were joined, the rules may not know the words again.
        assert len(found) <= 1


def changed(script: Script, change: Callable[[Line], Line]) -> Script:
    """A script with each line of its explanations changed."""
    scenes = tuple(
        replace(scene, lines=tuple(map(change, scene.lines))) if scene.explains else scene
        for scene in script.scenes
    )
    return replace(script, scenes=scenes)


@pytest.mark.parametrize("topic_id", TOPICS[::5])
def test_a_script_does_not_rest_on_other_passages(topic_id: str) -> None:
    """Each line of the explanations, citing the passages of another topic."""
    script = composed(topic_id, 9, None)
    other = passages(NEIGHBOUR[topic_id])
    sections = tuple(p.key for p in other if p.kind == "section")
    wrong = changed(script, lambda line: replace(line, passages=sections))
    found = check(wrong, (*passages(topic_id), *other), bridge_interest=None)
    lines = sum(len(s.lines) for s in script.scenes if s.explains)
    assert len({(f.scene, f.line) for f in found}) >= 0.9 * lines


@pytest.mark.parametrize("topic_id", TOPICS[::5])
def test_every_number_that_is_changed_is_found(topic_id: str) -> None:
    script = composed(topic_id, 9, None)
    wrong = changed(script, lambda line: replace(line, say=line.say + " It takes 7319 of them."))
    found = check(wrong, passages(topic_id), bridge_interest=None)
    lines = {
        (at, line)
        for at, scene in enumerate(script.scenes)
        if scene.explains
        for line in range(len(scene.lines))
    }
    assert {(f.scene, f.line) for f in found if f.kind == "number"} == lines


def process_of(section: Passage) -> Process | None:
    """A section's text on screen, drawn as steps."""
    shown = [s.show for s in section.sentences if s.show and len(s.show) <= 40]
    return Process(tuple(map(Step, shown[:5]))) if len(shown) > 1 else None


def is_found(visual: Process, cited: Passage) -> bool:
    """Whether a visual is found at fault in a scene that cites a passage."""
    one = script_of(Line("Look at this.", None, (cited.key,)), topic_id=cited.topic_id)
    scene = replace(one.scenes[0], kind="process", visual=visual)
    found = check(replace(one, scenes=(scene,)), (cited,), bridge_interest=None)
    return any(finding.line == VISUAL for finding in found)


@pytest.mark.parametrize("topic_id", TOPICS[::5])
def test_what_a_section_shows_may_be_drawn_of_it_and_of_no_other_topic(topic_id: str) -> None:
    own, other = (
        [p for p in passages(of) if p.kind == "section"] for of in (topic_id, NEIGHBOUR[topic_id])
    )
    for section, stranger in zip(own, other, strict=False):
        if visual := process_of(section):
            assert not is_found(visual, section)
            assert is_found(visual, stranger)
