"""Every kind of visual is complete: slide, example, page, and the model's schema."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from scripts.draw_visuals import FOLDER, slide_with
from tests.support.visuals import every_visual, plain
from vividly.lesson.scripting.gemini_kinds import WRITABLE, kinds_guide
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


def test_a_model_may_write_every_kind_but_pictures_of_books() -> None:
    assert set(WRITABLE) == set(KINDS) - {"figure"}
    assert visual_of("figure", json.dumps(data_of(EXAMPLES["figure"])[1])) is None


@pytest.mark.parametrize("kind", WRITABLE)
def test_a_model_can_write_what_it_is_told(kind: str) -> None:
    told = kinds_guide().split(f"- `{kind}`: {KINDS[kind].use}. Parts: ", 1)[1]
    form, example = told.splitlines()[1:3]
    assert visual_of(kind, example.removeprefix("  Example: ")) == EXAMPLES[kind]
    named = set(re.findall(r"(\w+)\??:", form.removeprefix("  Form: ")))
    assert named >= set(re.findall(r'"(\w+)": ', example))


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
