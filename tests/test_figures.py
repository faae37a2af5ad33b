"""A book's pictures in its lessons: shown where they fit, described in words if missing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from tests.support.lessons import script_of
from vividly.execution.stages.media import _with_its_figures
from vividly.lesson.scripting.book_figures import MOST_FIGURES, with_figures
from vividly.model.errors import PermanentError
from vividly.model.lesson import (
    Line,
    Passage,
    PassageFigure,
    PassageSentence,
    Retrieved,
    Scene,
    Source,
    from_json,
    to_json,
)
from vividly.model.visuals.figure import Figure
from vividly.platform.storage import open_store


def passage(key: str, *pictures: PassageFigure, by: str = "OpenStax") -> Passage:
    sentences = tuple(
        PassageSentence(say)
        for say in (
            "A sled slides over the snow.",
            "Friction is a force between surfaces.",
            "Friction slows what moves.",
            "Trees are green in summer.",
        )
    )
    source = Source("Physics", "4.1", by, "CC BY 4.0")
    return Passage(key, "t", "section", "h", 1, sentences, source, figures=pictures)


def scene(say: str, key: str, *more: str) -> Scene:
    lines = (Line(say, "Shown", (key,)), *(Line(each, None, (key,)) for each in more or ("More.",)))
    return Scene("explanation", "Friction", lines)


def shown_with(picture: PassageFigure, *says: str, by: str = "OpenStax") -> Scene:
    (made,) = with_figures([scene(says[0], "p", *says[1:])], [passage("p", picture, by=by)])
    return made


def drawn(picture: PassageFigure, by: str = "OpenStax") -> Figure:
    visual = shown_with(picture, "A sled slides over the snow.", by=by).visual
    assert isinstance(visual, Figure)
    return visual


SLED = PassageFigure("figures/sled.png", "A sled on snow", "A sled slides over snow.", "Jo Smith")


def test_a_picture_is_shown_with_what_it_is_of_and_named_with_its_maker() -> None:
    scenes = [scene("A sled slides over the snow.", "p"), scene("Trees are green in summer.", "p")]
    first, second = with_figures(scenes, [passage("p", SLED)])
    assert first.kind == "figure" and isinstance(first.visual, Figure)
    assert first.visual.credit == "Jo Smith"
    assert first.visual.caption == "A sled slides over snow"
    assert [reveal.active for reveal in first.reveals()] == [1]
    assert second == scenes[1]


def test_no_picture_twice_and_no_more_than_a_few() -> None:
    pictures = [replace(SLED, image=f"figures/{n}.png") for n in range(5)]
    scenes = [scene(f"Sled {n} slides over the snow.", f"p{n}") for n in range(5)]
    passages = [passage(f"p{n}", picture) for n, picture in enumerate(pictures)]
    shown = [s for s in with_figures(scenes, passages) if s.kind == "figure"]
    assert len(shown) == MOST_FIGURES
    same = with_figures(scenes, [passage(f"p{n}", SLED) for n in range(5)])
    assert sum(s.kind == "figure" for s in same) == 1


@pytest.mark.parametrize(
    ("by", "credit"),
    [
        ("OpenStax", "OpenStax, CC BY 4.0"),
        ("A. Writer and B. Author", "A. Writer and B. Author, CC BY 4.0"),
        (
            "Jo Smith, OpenStax. Access for free at openstax.org",
            "Jo Smith, OpenStax, CC BY 4.0. Access for free at openstax.org",
        ),
    ],
)
def test_where_a_picture_names_nobody_the_book_is_named(by: str, credit: str) -> None:
    assert drawn(replace(SLED, credit=""), by).credit == credit


@pytest.mark.parametrize("by", ["", "Jo Smith, " * 20])
def test_a_picture_whose_credit_cannot_stand_on_the_slide_is_not_shown(by: str) -> None:
    says = "A sled slides over the snow."
    assert shown_with(replace(SLED, credit=""), says, by=by).kind == "explanation"


@pytest.mark.parametrize(
    ("says", "caption"),
    [
        ("This is one of the most used of all forces.", "This is one of these that are used."),
        ("The figure shows friction on the left.", "Friction is shown on the left of the figure."),
        ("Friction slows what moves.", "Friction makes these wheels and their tyres very hot."),
    ],
)
def test_common_words_do_not_make_a_picture_fit(says: str, caption: str) -> None:
    assert shown_with(PassageFigure("figures/x.png", "", caption), says).kind == "explanation"


def test_a_picture_is_there_from_the_first_line_and_marked_where_it_is_spoken_of() -> None:
    made = shown_with(
        SLED, "Friction slows what moves.", "A sled slides over the snow.", "So it is."
    )
    assert [line.part for line in made.lines] == [1, 1, None]
    assert [(r.line, r.visible) for r in made.reveals()] == [(0, 1), (1, 1)]


@pytest.mark.parametrize(
    ("caption", "shown"),
    [
        (
            "A sled slides over the U.S. snow. It is red.",
            "A sled slides over the U.S. snow. It is red.",
        ),
        ("A sled slides over snow. " + "It is red, " * 12, "A sled slides over snow"),
        ("(a) A sled slides over snow. (b) It is " + "red, " * 30, "(a) A sled slides over snow"),
        ("A sled slides over snow, " * 20, "A sled on snow"),
        ("", "A sled on snow"),
    ],
)
def test_a_caption_is_never_cut_in_a_sentence(caption: str, shown: str) -> None:
    assert drawn(replace(SLED, caption=caption)).caption == shown


def test_a_description_is_cut_after_a_sentence_or_else_after_a_word() -> None:
    assert (
        drawn(replace(SLED, alt="A sled on snow. " * 40)).alt == ("A sled on snow. " * 25).strip()
    )
    alt = drawn(replace(SLED, alt="A sled on snow and " * 40)).alt
    assert len(alt) <= 400 and alt.removesuffix("…").split()[-1] in {
        "A",
        "sled",
        "on",
        "snow",
        "and",
    }


def test_what_is_gone_from_the_bucket_is_told_in_words(tmp_path: Path) -> None:
    shown = with_figures([scene("A sled slides over the snow.", "p")], [passage("p", SLED)])
    store = open_store(str(tmp_path / "oer"))
    context: Any = SimpleNamespace(services=SimpleNamespace(oer=store), metadata={})
    script, files = _with_its_figures(context, script_of(*shown), tmp_path)
    assert script.scenes[0].kind == "explanation" and files == {}
    assert context.metadata == {"figures_missing": 1}
    Image.new("RGB", (320, 200), "white").save(tmp_path / "sled.png")
    store.upload("figures/sled.png", tmp_path / "sled.png", "image/png")
    script, files = _with_its_figures(context, script_of(*shown), tmp_path)
    assert script.scenes[0].kind == "figure"
    assert files["figures/sled.png"].read_bytes() == (tmp_path / "sled.png").read_bytes()


@pytest.mark.parametrize("oer", [None, "forbidden"])
def test_no_lesson_fails_by_a_picture(oer: str | None, tmp_path: Path) -> None:
    class Forbidden:
        def download(self, name: str, path: Path) -> None:
            raise PermanentError(f"{name}: 403 Forbidden")

    shown = with_figures([scene("A sled slides over the snow.", "p")], [passage("p", SLED)])
    store = Forbidden() if oer else None
    context: Any = SimpleNamespace(services=SimpleNamespace(oer=store), metadata={})
    script, files = _with_its_figures(context, script_of(*shown), tmp_path)
    (told,) = script.scenes
    assert (told.kind, told.visual, files) == ("explanation", None, {})
    assert all(line.part is None for line in told.lines)
    assert context.metadata == {"figures_missing": 1}


def test_what_was_retrieved_before_there_were_pictures_can_still_be_read() -> None:
    found = Retrieved((passage("p", SLED),), "hybrid")
    stored = json.loads(to_json(found))
    assert from_json(Retrieved, to_json(found)) == found
    del stored["passages"][0]["figures"]
    (old,) = from_json(Retrieved, json.dumps(stored).encode()).passages
    assert old.figures == ()
