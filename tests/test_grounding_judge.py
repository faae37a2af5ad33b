"""The second look: statements that the rules doubt go to a model, over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.support.google_faults import status
from tests.support.google_server import GoogleServer
from tests.support.google_vertex import asks_for, prompt_of, system_of
from tests.support.judge_server import FIX, JudgeModel, refused, supported, verdict
from tests.support.pairs import script
from vividly.lesson.grounding import DOUBT, check
from vividly.lesson.grounding.judge import MOST_TOKENS, Judge, SecondLook
from vividly.model.errors import TransientError, UnusableAnswer
from vividly.model.lesson import Line, Passage, PassageSentence, Source
from vividly.model.settings import Settings
from vividly.platform.cost import metered
from vividly.platform.google.gemini import script_model

KEY, OTHER = "book/immunity/1", "book/fever/1"
QUOTE = "you often do not become ill"
PARAPHRASE = "Meeting the same germ again rarely makes you sick."


def passage(key: str, *said: str) -> Passage:
    source = Source("Biology", "1", "A. Author", "CC BY 4.0")
    return Passage(key, "book", "section", "Immunity", 1, tuple(map(PassageSentence, said)), source)


PASSAGES = (
    passage(KEY, f"After an infection, memory cells remain, so {QUOTE} the next time."),
    passage(OTHER, "Fever slows down some germs."),
)


@pytest.fixture
def server() -> Iterator[GoogleServer]:
    with GoogleServer() as server:
        yield server


def looking(server: GoogleServer, **answers: Any) -> tuple[SecondLook, JudgeModel]:
    """A second look with recorded answers, by part of a statement."""
    model = JudgeModel(answers)
    server.generates(asks_for("statements"), model)
    settings = Settings("", "", "", vertex_project="demo", vertex_endpoint=server.url)
    return SecondLook(Judge(script_model(settings)), PASSAGES, "football"), model


def kinds(look: SecondLook, *lines: Line, ask: bool = True) -> list[tuple[str, str]]:
    one = script(*lines, topic_id="cell-structure")
    return [(f.kind, f.message) for f in look.findings(one, ask=ask)]


@pytest.mark.parametrize(
    ("answer", "sound"),
    [
        (supported(QUOTE), True),
        (supported("“You  often do not become ill”."), True),
        (supported(QUOTE, "Fever slows down some germs"), False),
        (supported("you never become ill"), False),
        (supported("become ill"), False),
        (supported("often do … become ill"), False),
        (supported(), False),
        (verdict("states_nothing"), False),
        (verdict("likeness_fits"), False),
        (refused(), False),
    ],
)
def test_what_quotes_carry_is_said(server: GoogleServer, answer: Any, sound: bool) -> None:
    look, model = looking(server, sick=answer)
    assert (kinds(look, Line(PARAPHRASE, None, (KEY,))) == []) is sound
    assert model.asked == [[PARAPHRASE]]
    assert (look.asked, look.refused) == (1, int(not sound))


def test_the_writer_is_told_what_the_passage_says(server: GoogleServer) -> None:
    look, _ = looking(server)
    assert kinds(look, Line(PARAPHRASE, None, (KEY,))) == [("no_support", FIX)]


def test_all_doubts_go_in_one_call_and_nothing_certain_does(server: GoogleServer) -> None:
    look, model = looking(server, sick=supported(QUOTE))
    lines = (
        Line("Fever slows down some germs.", None, (OTHER,)),
        Line("Fever speeds up some germs.", None, (OTHER,)),
        Line(f"{PARAPHRASE} Fever holds germs back.", None, (KEY, OTHER)),
    )
    found = kinds(look, *lines)
    assert [kind for kind, _ in found] == ["contradiction", "no_support"]
    assert model.asked == [[PARAPHRASE, "Fever holds germs back."]]
    (call,) = server.called(asks_for("statements"))
    assert "you judge the passages" in system_of(call).lower()
    assert prompt_of(call).count("[P1] ") == prompt_of(call).count("[P2] ") == 1


def test_there_is_room_to_judge_every_statement(server: GoogleServer) -> None:
    """An answer that is cut off is asked for again, and paid for twice."""
    many = [f"Germs called {a}{b} are rare." for a in "bdfgklmn" for b in "aeiou"]
    limits = []
    for said in (many[:1], many):
        look, _ = looking(server)
        kinds(look, *(Line(say, None, (OTHER,)) for say in said))
        call = server.called(asks_for("statements"))[-1]
        limits.append(call.body["generationConfig"]["maxOutputTokens"])
    assert limits[1] - limits[0] == MOST_TOKENS * (len(many) - 1)


def test_a_revision_is_asked_only_about_what_is_new(server: GoogleServer) -> None:
    look, model = looking(server, sick=supported(QUOTE))
    first = Line(PARAPHRASE, None, (KEY, OTHER))
    assert kinds(look, first) == []
    assert kinds(look, replace(first, passages=(KEY,))) == [], "the passage of the quote is cited"
    assert len(model.asked) == 1
    assert kinds(look, replace(first, passages=(OTHER,)), ask=False) != []
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    ("answer", "line", "sound"),
    [
        ("likeness_fits", Line("Memory cells are like a coach with notes.", likeness=True), True),
        ("not_supported", Line("Memory cells are like a ball.", likeness=True), False),
        ("likeness_fits", Line("Memory cells are like a coach with notes."), False),
        ("states_nothing", Line("So how do memory cells do that?"), True),
    ],
)
def test_a_likeness_needs_no_passage_if_it_fits(
    server: GoogleServer, answer: str, line: Line, sound: bool
) -> None:
    look, model = looking(server, Memory=verdict(answer), memory=verdict(answer))
    assert (kinds(look, line) == []) is sound
    assert len(model.asked) == 1
    assert ("LIKENESS" in prompt_of(server.called(asks_for("statements"))[0])) is line.likeness


@pytest.mark.parametrize(
    "say", ["Memory cells are like 12 players.", "Memory cells are like the keeper Manuel Neuer."]
)
def test_a_likeness_states_no_number_and_no_name(server: GoogleServer, say: str) -> None:
    look, _ = looking(server, Memory=verdict("likeness_fits"))
    assert next(kind for kind, _ in kinds(look, Line(say, likeness=True))) in ("number", "name")


def test_an_answer_that_misses_a_statement_is_off_its_form(server: GoogleServer) -> None:
    look, _ = looking(server)
    server.generates(asks_for("statements"), lambda call: {"statements": []})
    with pytest.raises(UnusableAnswer, match="0 of 1 statements"):
        kinds(look, Line(PARAPHRASE, None, (KEY,)))


def test_a_judge_that_is_away_is_asked_later(server: GoogleServer) -> None:
    look, _ = looking(server, sick=supported(QUOTE))
    server.play(status(503), on=asks_for("statements"))
    line = Line(PARAPHRASE, None, (KEY,))
    with pytest.raises(TransientError):
        kinds(look, line)
    with metered() as meter:
        assert kinds(look, line) == []
    assert {used.unit for used in meter.usage} == {"input_tokens", "output_tokens"}


def test_without_a_judge_a_doubt_is_a_finding() -> None:
    one = script(Line(PARAPHRASE, None, (KEY,)), topic_id="cell-structure")
    assert [f.kind for f in check(one, PASSAGES, bridge_interest=None)] == [DOUBT]
