"""Every kind of slide with the longest and most awkward texts: no clipping, no overlap."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from tests.support.ink import Ink, faults, recorded_ink
from tests.support.lessons import script_of
from tests.support.visuals import UGLY_WORDS, every_visual, plain, ugly, visual_scene
from vividly.lesson.video import design
from vividly.lesson.video.design import Box
from vividly.lesson.video.layout import LANDSCAPE, PORTRAIT, Layout
from vividly.lesson.video.slides import Slide, slides_of
from vividly.lesson.video.slides.base import SlideContext
from vividly.lesson.video.slides.visual import CardsSlide
from vividly.model.lesson import Line, Scene, SceneKind

LAYOUTS = pytest.mark.parametrize("layout", [LANDSCAPE, PORTRAIT], ids=["16:9", "9:16"])
KINDS_OF = [visual.kind for visual in every_visual(plain)]
KINDS = [f"{visual.kind}{number}" for number, visual in enumerate(every_visual(plain))]
IN_WORDS: tuple[SceneKind, ...] = (
    "title",
    "explanation",
    "worked_example",
    "misconception",
    "takeaways",
    "check",
    "answer",
    "sources",
)


@pytest.fixture(scope="module")
def figure(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("figures") / "leaf.png"
    Image.effect_noise((900, 700), 60).convert("RGB").save(path)
    return path


def pages(slide: Slide) -> list[tuple[int, int]]:
    return [
        (revealed, turn)
        for revealed in range(len(slide.items) + 1)
        for turn in range(slide.turns(revealed))
    ]


def safe_area(layout: Layout) -> Box:
    """Within the margins, except for the side bearings of large letters."""
    return Box(layout.margin - 14, 60, layout.safe_right + 14, layout.footer_baseline + 14)


def judged(slide: Slide, layout: Layout, ink: Ink) -> list[str]:
    """The faults of every page of a slide."""
    found: list[str] = []
    for revealed, turn in pages(slide):
        ink.clear()
        slide.paint(revealed, turn)
        found += faults(ink, safe_area(layout))
        found += [f"a text of {size} px" for size in ink.sizes if size < design.SMALLEST]
        found += [
            f"{text!r} at {box} lies on the captions"
            for text, box in ink.texts
            if box.bottom > layout.caption_top and box.top < layout.caption_bottom
        ]
    return found


@pytest.mark.parametrize("number", range(len(KINDS)), ids=KINDS)
def test_ugly_visuals(number: int, figure: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ink = recorded_ink(monkeypatch)
    found: list[str] = []
    for words in range(len(UGLY_WORDS)):
        visual = every_visual(ugly(words))[number]
        assert visual.problem() is None
        scene = visual_scene(visual, UGLY_WORDS[words][:90], ugly(words + 1))
        for layout in (LANDSCAPE, PORTRAIT):
            (slide,) = slides_of(
                script_of(scene), layout=layout, figures={"figures/leaf.png": figure}
            )
            where = f"words {words}, {layout.width} x {layout.height}: "
            found += [where + fault for fault in judged(slide, layout, ink)]
    assert found == []


@LAYOUTS
@pytest.mark.parametrize("number", range(len(KINDS)), ids=KINDS)
def test_plain_visuals_are_drawn_and_each_part_appears(
    number: int, layout: Layout, figure: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visual = every_visual(plain)[number]
    scene = visual_scene(visual, "How it works", plain)
    slide = slides_of(script_of(scene), layout=layout, figures={"figures/leaf.png": figure})[0]
    assert len(slide.items) == visual.part_count
    before = slide.paint(0)
    for revealed in range(1, len(slide.items) + 1):
        after = slide.paint(revealed)
        changed = ImageChops.difference(before, after).convert("L").histogram()
        assert sum(changed[24:]) > 300, f"part {revealed} of {scene.kind} does not appear"
        before = after
    assert judged(slide, layout, recorded_ink(monkeypatch)) == []


@LAYOUTS
@pytest.mark.parametrize("kind", IN_WORDS)
def test_ugly_slides_in_words(
    kind: SceneKind, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    for start in range(0, len(UGLY_WORDS), 3):
        words = ugly(start)
        lines = tuple(Line("Say this.", words(64)) for _ in range(6))
        scene = Scene(kind, UGLY_WORDS[start][:80], lines)
        with monkeypatch.context() as patch:
            ink = recorded_ink(patch)
            assert judged(slides_of(script_of(scene), layout=layout)[0], layout, ink) == []


@LAYOUTS
@pytest.mark.parametrize("kind", ["title", "takeaways"])
def test_ugly_slides_beside_the_picture_of_the_lesson(
    kind: SceneKind, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing = visual_scene(every_visual(plain)[KINDS_OF.index("exchange")], "A leaf", plain)
    for start in range(0, len(UGLY_WORDS), 3):
        words = ugly(start)
        lines = tuple(Line("Say this.", words(64)) for _ in range(6))
        scene = Scene(kind, UGLY_WORDS[start][:80], lines)
        script = replace(script_of(scene, drawing), bridge="video-games")
        slide = slides_of(script, layout=layout)[0]
        assert slide.context.picture() is not None
        with monkeypatch.context() as patch:
            assert judged(slide, layout, recorded_ink(patch)) == []


def test_a_figure_that_cannot_be_read_is_told_in_words(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    scene = visual_scene(every_visual(plain)[-1], "A leaf", plain)
    for figures in ({}, {"figures/leaf.png": broken}):
        slide = slides_of(script_of(scene), figures=figures)[0]
        assert isinstance(slide, CardsSlide)
        slide.paint(1)


def test_a_visual_kind_without_data_is_an_explanation() -> None:
    scene = Scene("chart", "Numbers", (Line("Say this.", "There are none"),))
    slide = slides_of(script_of(scene))[0]
    assert type(slide).__name__ == "ExplanationSlide"
    assert SlideContext(script_of(scene), 0).scene.visual is None
