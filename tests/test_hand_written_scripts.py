"""Scripts written by hand go the way of a model's: form, facts, judge, repair, pruning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.support.gemini_calls import vertex
from tests.support.google_server import GoogleServer
from tests.support.hand_written import NAMES, Author, faults, hand_written, wrong
from vividly.lesson.scripting import make_script_writer
from vividly.lesson.scripting.gemini import GeminiScriptWriter
from vividly.model.errors import UnusableAnswer


@pytest.fixture
def server() -> Iterator[GoogleServer]:
    with GoogleServer() as server:
        yield server


@pytest.fixture
def writer(server: GoogleServer) -> GeminiScriptWriter:
    writer = make_script_writer(replace(vertex(server.url), script_provider="gemini"))
    assert isinstance(writer, GeminiScriptWriter)
    return writer


@pytest.mark.parametrize("name", NAMES)
def test_a_good_script_arrives_whole(
    writer: GeminiScriptWriter, server: GoogleServer, name: str
) -> None:
    good = hand_written(name)
    author = Author(good, [{"scenes": good.scenes}])
    author.plays(server)
    script = writer.write(good.brief)
    assert [line.say for _, _, line in script.lines()] == good.says
    assert len(author.prompts) == 1
    assert [n for n in script.notes if not n.startswith("judged")] == []
    assert [scene.kind for scene in script.scenes[:-1]] == [one["kind"] for one in good.scenes]
    assert script.title == good.scenes[0]["heading"]
    assert sum(line.likeness for _, _, line in script.lines()) == 2


@pytest.mark.parametrize("fault", faults())
def test_a_wrong_script_ends_as_stated(
    writer: GeminiScriptWriter, server: GoogleServer, fault: str
) -> None:
    case = wrong(fault)
    whole = {"scenes": case.good.scenes}
    author = Author(case.good, [case.draft, case.draft if case.stays else whole], case.sound)
    author.plays(server)
    if case.unusable:
        with pytest.raises(UnusableAnswer):
            writer.write(case.good.brief)
    script = writer.write(case.good.brief)
    assert [line.say for _, _, line in script.lines()] == case.says
    assert len(author.prompts) == 2
    assert case.told in author.prompts[1]
    was = [one["kind"] for one in case.good.scenes]
    drawn = {at for at, scene in enumerate(script.scenes) if scene.visual}
    if case.undrawn is not None:
        assert case.undrawn not in drawn and script.scenes[case.undrawn].explains
    elif not case.stays:
        assert [scene.kind for scene in script.scenes[:-1]] == was
