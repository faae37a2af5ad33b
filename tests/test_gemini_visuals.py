"""Visuals in scripts written by Gemini, over real sockets and through the stage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.support import scripting
from tests.support.google_server import GoogleServer, Json
from tests.support.google_vertex import prompt_of, system_of
from tests.support.judge_server import refused, supported
from tests.support.pairs import script as script_of
from tests.support.script_server import Fault, Script, ScriptModel, draws, insert, wrong_number
from tests.support.scripting import (
    asked_to_write,
    assert_rests_on,
    gemini_services,
    record,
    retrieved,
    written,
)
from tests.test_scripting_visuals import BY_KIND
from vividly.execution.services import Services
from vividly.lesson.scripting import Brief, gemini_answer
from vividly.lesson.scripting.gemini_answer import WrittenScene, WrittenScript
from vividly.lesson.scripting.gemini_kinds import WRITABLE, kinds_guide
from vividly.lesson.scripting.gemini_visuals import visual_of
from vividly.model import lesson
from vividly.model.lesson import Line, Scene
from vividly.model.visuals.chart import Chart
from vividly.model.visuals.equation import EquationVisual
from vividly.model.visuals.process import Process, Step
from vividly.model.visuals.vectors import Vectors

PROCESS = {
    "steps": [
        {"label": "Source, wires, device"},
        {"label": "Closed loop", "detail": "charge keeps flowing"},
        {"label": "Open a switch", "detail": "the current stops"},
    ]
}
DRAWN = draws("process", PROCESS, parts=(1, 2, 3))
JUDGED = {
    "Lightning strikes": refused(),
    "Closed loop": supported("Together they form an unbroken loop"),
    "Voltage": supported("how much energy each unit of charge gets"),
}
"""What the judge says of the drawings of these tests."""


def with_step(label: str, detail: str | None = None) -> Fault:
    """The process with another last step."""
    steps = [*PROCESS["steps"][:2], {"label": label, "detail": detail}]
    return draws("process", {"steps": steps}, parts=(1, 2, 3))


def model(server: GoogleServer, *draft: Fault, repaired: tuple[Fault, ...] = ()) -> ScriptModel:
    return scripting.model(server, *draft, repaired=repaired, judged=JUDGED)


@pytest.fixture
def server() -> Iterator[GoogleServer]:
    with GoogleServer() as server:
        yield server


@pytest.fixture
def gemini(services: Services, server: GoogleServer) -> Iterator[Services]:
    with gemini_services(services, server) as with_gemini:
        yield with_gemini


# -- what is drawn ----------------------------------------------------------------------------


def test_a_scene_draws_what_the_sources_say(gemini: Services, server: GoogleServer) -> None:
    definition = {
        "term": "Voltage",
        "meaning": "how much energy each unit of charge gets",
        "example": None,
    }
    writer = model(server, DRAWN, draws("definition", definition, at=2, parts=(1,)))
    at = retrieved(gemini)
    script = written(gemini, at)
    assert (writer.drafts, writer.repairs) == (1, 0)
    assert script.notes == ("judged: 2 statements, 0 refused",)
    assert [scene.kind for scene in script.scenes[1:4]] == ["process", "explanation", "definition"]
    drawn = script.scenes[1]
    assert isinstance(drawn.visual, Process)
    assert drawn.visual.steps[1] == Step("Closed loop", "charge keeps flowing")
    assert [line.part for line in drawn.lines] == [1, 2, 3]
    assert_rests_on(script, gemini, at)


def test_the_model_is_offered_each_kind_that_it_may_write(
    gemini: Services, server: GoogleServer
) -> None:
    model(server)
    written(gemini, retrieved(gemini))
    (call,) = asked_to_write(server)
    schema = call.body["generationConfig"]["responseSchema"]
    scene = schema["properties"]["scenes"]["items"]
    kinds = set(scene["properties"]["kind"]["enum"])
    assert kinds >= {"explanation", *WRITABLE} and "figure" not in kinds
    assert scene["required"] == ["kind", "heading", "lines"]
    order = scene.get("propertyOrdering") or scene["property_ordering"]
    assert order.index("lines") > order.index("data"), "parts are told of data that is there"
    assert kinds_guide() in system_of(call)
    # Vertex AI counts unions and limits as states, and accepts a limited number of states.
    text = json.dumps(schema)
    assert "anyOf" not in text and "maxItems" not in text and len(text) < 3_000


@pytest.mark.parametrize("kind", sorted(BY_KIND.keys() & set(WRITABLE)))
def test_every_kind_is_read_as_it_is_written(kind: str) -> None:
    visual = BY_KIND[kind]  # type: ignore[index]
    scene = Scene(visual.kind, "One idea", (Line("It is so.", None, ("k",), 1),), visual=visual)
    (told,) = json.loads(gemini_answer.written([scene], {"k": "P1"}))["scenes"]
    assert told["lines"] == [{"say": "It is so.", "show": None, "passages": ["P1"], "part": 1}]
    assert WrittenScene.model_validate(told).visual == visual


def test_what_is_not_drawn_is_written_as_before() -> None:
    scene = Scene("explanation", "One idea", (Line("It is so.", "So", ("k",)),))
    (told,) = json.loads(gemini_answer.written([scene], {}))["scenes"]
    line = {"say": "It is so.", "show": "So", "passages": ["k"]}
    assert told == {"kind": "explanation", "heading": "One idea", "lines": [line]}


def test_null_is_no_text() -> None:
    points = [{"x": "Horse", "y": 20}, {"x": 7, "y": 10}]
    data: Json = {"form": "bar", "x_label": None, "y_label": "Speed (m/s)", "points": points}
    visual = visual_of("chart", json.dumps(data))
    assert isinstance(visual, Chart) and visual.x_label == "" and visual.points[1].x == "7"
    arrows = [{"label": "Gravity", "magnitude": 3, "direction": 270}]
    data = {"body": None, "arrows": arrows, "resultant": None}
    assert isinstance(visual_of("vectors", json.dumps(data)), Vectors)


def test_dollar_signs_and_needless_spaces_fall_away() -> None:
    data: Json = {"formula": " $F = m a$ ", "terms": [{"symbol": "$F$", "name": " net  force "}]}
    visual = visual_of("equation", json.dumps(data))
    assert isinstance(visual, EquationVisual)
    assert (visual.formula, visual.terms[0].symbol) == ("F = m a", "F")
    assert visual.terms[0].name == "net force"


def test_tex_may_lack_the_escapes_of_json() -> None:
    written_ = (
        r'{"formula": "v = \\frac{s}{t}", "terms": [{"symbol": "\\Delta t", "name": "a\u00b2"}]}'
    )
    for text in (written_, written_.replace("\\\\", "\\")):
        visual = visual_of("equation", text)
        assert isinstance(visual, EquationVisual)
        term = visual.terms[0]
        assert (visual.formula, term.symbol, term.name) == (r"v = \frac{s}{t}", r"\Delta t", "a²")


# -- data that cannot be used -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (draws("equation", None), "equation without data"),
        (draws("process", {"steps": [{"label": "Loop"}]}), "process without data"),
        (with_step("x" * 60), "process without data"),
        (with_step("See https://example.org"), "process without data"),
        (draws("chart", {"form": "pie", "points": 3}), "chart without data"),
        (
            draws(
                "equation",
                {"formula": r"V = \frac{I", "terms": [{"symbol": "V", "name": "voltage"}]},
            ),
            "equation that cannot be typeset",
        ),
    ],
)
def test_a_scene_without_usable_data_is_an_explanation_and_noted(
    gemini: Services, server: GoogleServer, fault: Fault, why: str
) -> None:
    writer, at = model(server, fault), retrieved(gemini)
    script = written(gemini, at)
    assert (writer.drafts, writer.repairs) == (1, 0), "that costs no other call"
    assert script.scenes[1].kind == "explanation" and script.scenes[1].visual is None
    assert script.notes == (f"scene 2: {why}, shown as an explanation",)
    assert record(gemini, at)["stage_metadata"]["notes"] == list(script.notes)
    assert_rests_on(script, gemini, at)


def test_data_of_another_kind(gemini: Services, server: GoogleServer) -> None:
    def mixed_up(scenes: Script) -> None:
        scenes[1] |= {"kind": "chart", "data": json.dumps(PROCESS)}

    model(server, mixed_up)
    script = written(gemini, retrieved(gemini))
    note = "scene 2: chart without data, shown as an explanation"
    assert script.notes == (note,)


def test_an_explanation_with_data_that_names_its_kind_draws_it(
    gemini: Services, server: GoogleServer
) -> None:
    def unnamed(scenes: Script) -> None:
        DRAWN(scenes)
        scenes[1] |= {"kind": "explanation", "data": json.dumps({"kind": "process", **PROCESS})}
        for line in scenes[1]["lines"]:
            line["show"] = None

    model(server, unnamed)
    script = written(gemini, retrieved(gemini))
    assert script.scenes[1].kind == "process" and "taken out" not in str(script.notes)


def test_an_explanation_that_would_show_nothing_shows_its_first_words(
    gemini: Services, server: GoogleServer
) -> None:
    def bare(scenes: Script) -> None:
        draws("equation", None)(scenes)
        for line in scenes[1]["lines"]:
            line["show"] = None

    model(server, bare)
    at = retrieved(gemini)
    script = written(gemini, at)
    shown = [line.show for line in script.scenes[1].lines]
    assert shown[0] == "A circuit needs a source such as a battery" and not any(shown[1:])
    assert_rests_on(script, gemini, at)


def test_explaining_scenes_of_all_kinds_count() -> None:
    def form(*kinds: str) -> list[str]:
        scenes = [{"kind": kind, "heading": "x", "lines": []} for kind in kinds]
        problems = gemini_answer._problems(WrittenScript.model_validate({"scenes": scenes}))
        return [problem for problem in problems if problem.startswith("the scenes are")]

    ending = ("worked_example", "takeaways", "check", "answer")
    assert not form("title", "process", "explanation", "chart", *ending)
    assert not form("title", *WRITABLE[:5], *ending)
    assert form("title", "process", "chart", *ending)
    assert form("title", *WRITABLE[:6], *ending)


# -- visuals without support in the sources ---------------------------------------------------

INVENTED = [
    (with_step("Lightning strikes", "the chimney"), "no_support", "Lightning"),
    (with_step("Open a switch", "it stops after 40 s"), "number", "40"),
    (with_step("A switch that Faraday opens"), "name", "Faraday"),
    (
        draws("equation", {"formula": "V = I + R", "terms": [{"symbol": "V", "name": "battery"}]}),
        "formula",
        "V = I + R",
    ),
    (
        draws(
            "chart",
            {
                "form": "bar",
                "y_label": "Lamps",
                "points": [{"x": "Wires", "y": 417}, {"x": "Battery", "y": 23}],
            },
        ),
        "number",
        "417",
    ),
    (with_step("Buy cocaine", "and get high with friends"), "not fit for a school", "drugs"),
    (with_step("Call me", "my number is 415-555-2671"), "not fit for a school", "personal_data"),
]


@pytest.mark.parametrize(("fault", "kind", "at_fault"), INVENTED)
def test_a_fault_in_a_visual_is_mended(
    gemini: Services, server: GoogleServer, fault: Fault, kind: str, at_fault: str
) -> None:
    writer, at = model(server, fault, repaired=(DRAWN,)), retrieved(gemini)
    script = written(gemini, at)
    assert (writer.drafts, writer.repairs) == (1, 1)
    told = [line for line in writer.findings if kind in line and at_fault in line]
    assert told and all(line.startswith("Scene 2, the data of its visual") for line in told)
    assert script.scenes[1].kind == "process" and script.scenes[1].visual
    assert script.notes[0].startswith("repaired: ") and "taken out" not in str(script.notes)
    assert_rests_on(script, gemini, at)


@pytest.mark.parametrize(("fault", "kind", "at_fault"), INVENTED)
def test_a_visual_that_is_not_mended_is_not_drawn(
    gemini: Services, server: GoogleServer, fault: Fault, kind: str, at_fault: str
) -> None:
    writer, at = model(server, fault, repaired=(fault,)), retrieved(gemini)
    script = written(gemini, at)
    assert (writer.drafts, writer.repairs) == (1, 1)
    scene = script.scenes[1]
    assert scene.kind == "explanation" and scene.visual is None
    assert len(scene.lines) >= 3 and not any(line.part for line in scene.lines)
    assert script.notes[-1].endswith(" at fault, shown as an explanation")
    assert kind == "not fit for a school" or at_fault not in "".join(script.notes)
    assert_rests_on(script, gemini, at)


def test_a_lesson_is_not_lost_over_a_visual(gemini: Services, server: GoogleServer) -> None:
    wrong = with_step("Lightning strikes", "the chimney")
    writer, at = model(server, wrong, repaired=(DRAWN, wrong_number)), retrieved(gemini)
    script = written(gemini, at)
    assert writer.repairs == 1
    assert script.scenes[1].kind == "explanation"
    assert "scene 2: process at fault, shown as an explanation" in script.notes
    assert_rests_on(script, gemini, at)


def test_labels_at_fault_do_not_come_back_as_text(gemini: Services, server: GoogleServer) -> None:
    def bare(scenes: Script) -> None:
        with_step("The switch that Faraday opens")(scenes)
        for line in scenes[1]["lines"]:
            line["show"] = None

    model(server, bare, repaired=(bare,))
    script = written(gemini, retrieved(gemini))
    shown = [line.show for line in script.scenes[1].lines]
    assert any(shown) and not any("Faraday" in (text or "") for text in shown)


def test_a_line_at_fault_leaves_the_visual(gemini: Services, server: GoogleServer) -> None:
    def wrong(scenes: Script) -> None:
        DRAWN(scenes)
        scenes[1]["lines"][0]["say"] += " Edison found it in 1879."
        line = {"say": "Lightning heats the air to a plasma.", "show": None, "part": None}
        scenes[1]["lines"].append(line | {"passages": scenes[1]["lines"][0]["passages"]})

    model(server, wrong, repaired=(wrong,))
    at = retrieved(gemini)
    script = written(gemini, at)
    assert script.scenes[1].kind == "process" and script.scenes[1].visual
    assert [line.part for line in script.scenes[1].lines] == [1, 2, 3]
    assert "Edison" not in script.text and "plasma" not in script.text
    assert_rests_on(script, gemini, at)


def test_the_model_mends_what_it_drew(gemini: Services, server: GoogleServer) -> None:
    invented = insert("In 1831 Michael Faraday saw it in London.", at=1)
    model(server, invented, DRAWN, repaired=(DRAWN,))
    written(gemini, retrieved(gemini))
    prompt = prompt_of(asked_to_write(server)[-1]).split("\nThe script:\n", 1)[1]
    told, _ = json.JSONDecoder().raw_decode(prompt.strip())
    scene = told["scenes"][1]
    assert scene["kind"] == "process" and json.loads(scene["data"]) == PROCESS
    assert [line["part"] for line in scene["lines"]] == [1, 2, 3]


# -- every writer -----------------------------------------------------------------------------


class Careless:
    """A writer that names a kind without data."""

    identity = "careless/1"

    def write(self, brief: Brief) -> lesson.Script:
        one = script_of(Line("Open the switch.", None, ("k",), 1))
        return replace(one, scenes=(replace(one.scenes[0], kind="chart"),), notes=("hasty",))


def test_every_writers_script_is_looked_at(services: Services) -> None:
    services.__dict__["script_writer"] = Careless()
    at = retrieved(services)
    script = written(services, at)
    note = "scene 1: chart without data, shown as an explanation"
    assert script.notes == ("hasty", note)
    assert script.scenes[0].kind == "explanation"
    assert script.scenes[0].lines[0].show == "Open the switch"
    assert record(services, at)["stage_metadata"]["notes"] == ["hasty", note]
