"""A book's pictures: kept when it is read, shown where they fit, told in words when gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from tests.support.lessons import script_of
from vividly.lesson import Line, Passage, PassageFigure, PassageSentence, Scene, Source
from vividly.oer import Choices, plan_library
from vividly.oer.model import ParsedDocument
from vividly.oer.read import read_entry
from vividly.retrieval.hybrid import to_passage
from vividly.scripting.book_figures import MOST_FIGURES, with_figures
from vividly.stages.media import _with_its_figures
from vividly.storage import ObjectStore, open_store
from vividly.visuals import Figure

TEXT = "Water moves through a membrane towards the side with more salt in it, slowly."


def library(folder: Path, *images: str) -> ParsedDocument:
    """A document that shows images, read with its figures kept in a bucket beside it."""
    (folder / "notes" / "media").mkdir(parents=True, exist_ok=True)
    shown = "\n\n".join(f'![A membrane]({src} "Water crosses. (credit: Jo)")' for src in images)
    path = folder / "notes" / "osmosis.md"
    path.write_text(f"# Osmosis\n\n{TEXT}\n\n{shown}\n", "utf-8")
    (folder / "outside.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    plan = plan_library(str(folder / "notes"), Choices(subject="biology", licence="CC BY 4.0"))
    return read_entry(plan.entries[0], bucket(folder))


def bucket(folder: Path) -> ObjectStore:
    (folder / "oer").mkdir(exist_ok=True)
    return open_store(str(folder / "oer"))


def figures(document: ParsedDocument) -> list[dict[str, Any]]:
    return [figure for detail in document.details.values() for figure in detail["figures"]]


def paint(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.effect_noise((320, 200), 80).convert("RGB").save(path)
    return path


def test_a_picture_is_kept_under_the_name_of_its_content(tmp_path: Path) -> None:
    data = paint(tmp_path / "notes" / "media" / "cell.png").read_bytes()
    (figure,) = figures(library(tmp_path, "media/cell.png"))
    assert figure["image"].startswith("figures/") and figure["image"].endswith(".png")
    assert bucket(tmp_path).read(figure["image"]) == data
    assert (figure["caption"], figure["credit"]) == ("Water crosses.", "Jo")
    again = library(tmp_path, "media/cell.png", "media/cell.png")
    assert {each["image"] for each in figures(again)} == {figure["image"]}


@pytest.mark.parametrize(
    "src",
    [
        "media/none.png",
        "../outside.png",
        "https://example.org/a.png",
        "/etc/passwd",
        "media/no.png",
    ],
)
def test_what_is_no_picture_of_the_library_is_passed_over(src: str, tmp_path: Path) -> None:
    (tmp_path / "notes" / "media").mkdir(parents=True)
    (tmp_path / "notes" / "media" / "no.png").write_text("<svg/>")
    document = library(tmp_path, src)
    assert not any("image" in figure for figure in figures(document))
    assert bucket(tmp_path).sizes() == {}


def test_a_document_whose_picture_came_later_has_changed(tmp_path: Path) -> None:
    before = library(tmp_path, "media/cell.png")
    paint(tmp_path / "notes" / "media" / "cell.png")
    after = library(tmp_path, "media/cell.png")
    assert before.digest != after.digest
    assert after.digest == library(tmp_path, "media/cell.png").digest


def test_a_row_of_the_database_brings_its_pictures() -> None:
    known = {"src": "a", "image": "figures/a.png", "alt": "A", "caption": "C", "credit": "Jo"}
    row = SimpleNamespace(
        key="k",
        topic_id="t",
        kind="section",
        heading="h",
        position=1,
        sentences=[{"say": "It moves."}],
        source={"title": "B", "section": "1", "attribution": "A", "licence": "L"},
        details={"figures": [known, {"src": "b", "alt": "", "caption": "", "credit": ""}]},
    )
    assert to_passage(row, 1.0).figures == (PassageFigure("figures/a.png", "A", "C", "Jo"),)  # type: ignore[arg-type]


def passage(key: str, *pictures: PassageFigure) -> Passage:
    source = Source("Physics", "4.1", "OpenStax", "CC BY 4.0")
    return Passage(key, "t", "section", "h", 1, (PassageSentence("x"),), source, figures=pictures)


def scene(say: str, key: str) -> Scene:
    return Scene(
        "explanation", "Friction", (Line(say, "Shown", (key,)), Line("More.", None, (key,)))
    )


SLED = PassageFigure("figures/sled.png", "A sled on snow", "A sled slides over snow.", "Jo Smith")


def test_a_picture_is_shown_with_what_it_is_of_and_named_with_its_maker() -> None:
    scenes = [scene("A sled slides over the snow.", "p"), scene("Trees are green in summer.", "p")]
    first, second = with_figures(scenes, [passage("p", SLED)])
    assert first.kind == "figure" and isinstance(first.visual, Figure)
    assert first.visual.credit == "Jo Smith. Physics, CC BY 4.0"
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


def test_a_caption_is_never_cut_in_a_sentence() -> None:
    long = replace(SLED, caption="A sled slides over snow, " * 20)
    (shown,) = with_figures([scene("A sled slides over snow.", "p")], [passage("p", long)])
    assert isinstance(shown.visual, Figure) and shown.visual.caption == ""


def test_what_is_gone_from_the_bucket_is_told_in_words(tmp_path: Path) -> None:
    shown = with_figures([scene("A sled slides over the snow.", "p")], [passage("p", SLED)])
    store = bucket(tmp_path)
    context: Any = SimpleNamespace(services=SimpleNamespace(oer=store), metadata={})
    script, files = _with_its_figures(context, script_of(*shown), tmp_path)
    assert script.scenes[0].kind == "explanation" and files == {}
    assert context.metadata == {"figures_missing": 1}
    store.upload("figures/sled.png", paint(tmp_path / "sled.png"), "image/png")
    script, files = _with_its_figures(context, script_of(*shown), tmp_path)
    assert script.scenes[0].kind == "figure"
    assert files["figures/sled.png"].read_bytes() == (tmp_path / "sled.png").read_bytes()
