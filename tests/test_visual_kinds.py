"""Every kind of visual is complete: slide, example, page, and the model's schema."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.draw_visuals import FOLDER, slide_with
from tests.support.visuals import every_visual, plain
from vividly.lesson.scripting.gemini_answer import DATA, WrittenScene
from vividly.lesson.scripting.gemini_visuals import data_of, visual_of
from vividly.lesson.video.slides.visual import VisualSlide
from vividly.model.visuals import EXAMPLES, KINDS
from vividly.model.visuals.base import BaseVisual

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_named_after_its_module_and_its_slide_after_it(kind: str) -> None:
    assert EXAMPLES[kind].kind == kind
    assert VisualSlide.of_kind[kind].__module__.rpartition(".")[2] == kind
    assert KINDS[kind].__module__.rpartition(".")[2] == kind


@pytest.mark.parametrize("visual", EXAMPLES.values(), ids=lambda visual: visual.kind)
def test_an_example_can_be_drawn_and_said(visual: BaseVisual) -> None:
    assert visual.problem() is None
    assert visual.part_count == len(visual.in_words()) >= 1
    assert all(visual.labels()) and all(visual.in_words())
    shown = " ".join(visual.texts())
    assert all(label in shown for label in visual.labels())


@pytest.mark.parametrize("kind", DATA)
def test_a_model_can_write_what_there_is(kind: str) -> None:
    _, data = data_of(EXAMPLES[kind])
    assert visual_of(kind, {kind: DATA[kind].model_validate(data)}) == EXAMPLES[kind]
    described = WrittenScene.model_json_schema()["$defs"][DATA[kind].__name__]["description"]
    assert described == DATA[kind].__doc__


def test_every_kind_has_its_picture_on_the_page() -> None:
    page = (ROOT / "docs" / "visuals.md").read_text("utf-8")
    for kind, visual in EXAMPLES.items():
        assert f"| `{kind}` |" in page
        if not visual.is_source:
            assert f"(images/visuals/{kind}.jpg)" in page
            assert (FOLDER / f"{kind}.jpg").is_file()


def test_the_pictures_show_the_drawing_rather_than_cards() -> None:
    for kind, visual in EXAMPLES.items():
        if not visual.is_source:
            assert type(slide_with(visual)) is VisualSlide.of_kind[kind]


def test_every_kind_is_among_the_visuals_that_tests_draw() -> None:
    assert {visual.kind for visual in every_visual(plain)} == set(KINDS)
