"""A book's pictures: copied to the OER bucket on ingestion, and found with its passages."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import Engine

from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.book_composer import BookComposer
from vividly.library.oer import Choices, ingest, plan_library
from vividly.library.oer.model import ParsedDocument
from vividly.library.oer.read import read_entry
from vividly.library.retrieval.hybrid import to_passage
from vividly.library.retrieval.postgres import PostgresRetriever
from vividly.model.errors import PermanentError
from vividly.model.lesson import (
    PassageFigure,
    Retrieved,
    Script,
    Understanding,
    from_json,
    to_json,
)
from vividly.model.visuals.figure import Figure
from vividly.platform.storage import ObjectStore, open_store

CHAPTER = Path(__file__).parents[1] / "examples" / "oer" / "forces-chapter"
WAGON = "wagon.jpg"
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
        "media/large.png",
        "media/a\u0085b.png",
        "..",
        "#",
    ],
)
def test_what_is_no_picture_of_the_library_is_passed_over(src: str, tmp_path: Path) -> None:
    (tmp_path / "notes" / "media").mkdir(parents=True)
    (tmp_path / "notes" / "media" / "no.png").write_text("<svg/>")
    large = b"\x89PNG\r\n\x1a\n" + bytes(10_000_000)
    (tmp_path / "notes" / "media" / "large.png").write_bytes(large)
    document = library(tmp_path, src)
    assert not any("image" in figure for figure in figures(document))
    assert document.pictures == 0
    assert bucket(tmp_path).sizes() == {}


def test_a_name_that_no_bucket_can_have_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Strict:
        def read(self, path: str) -> bytes:
            raise PermanentError(f"{path!r} is not an object name")

    monkeypatch.setattr("vividly.library.oer.figures.open_files", lambda root: Strict())
    assert library(tmp_path, "media/a%20b.png").pictures == 0


def test_a_space_in_an_address_is_one_in_the_name(tmp_path: Path) -> None:
    paint(tmp_path / "notes" / "media" / "my cell.png")
    assert library(tmp_path, "media/my%20cell.png").pictures == 1


def book(folder: Path) -> Path:
    """The sample chapter with pictures for two of its figures."""
    made = Path(shutil.copytree(CHAPTER, folder / "book"))
    for name in (WAGON, "hanging-lamp.jpg"):
        paint(made / "media" / name)
    return made


def composed(engine: Engine) -> Script:
    """A lesson for a question about what the first picture shows."""
    asked = "why does the wagon move"
    topic = "physics-in-motion/newtons-first-law-of-motion-inertia"
    about = Understanding(topic, "Newton's First Law of Motion: Inertia", "physics", 1.0)
    found = PostgresRetriever(engine).retrieve(about, asked, grade_level=10)
    assert from_json(Retrieved, to_json(found)) == found
    return BookComposer().write(
        Brief(
            asked,
            grade_level=10,
            interest=None,
            language="en",
            understanding=about,
            retrieved=found,
        )
    )


def test_a_book_is_ingested_with_its_pictures_and_its_lesson_shows_one(
    engine: Engine, tmp_path: Path
) -> None:
    plan, store = plan_library(str(book(tmp_path))), bucket(tmp_path)
    report = ingest(engine, plan, figures=store)
    assert (report.figures > 2, report.pictures, len(store.sizes())) == (True, 2, 2)
    again = ingest(engine, plan, figures=store)
    assert again.documents == {"unchanged": 4, "removed": 0} and again.pictures == 2
    (shown,) = [scene for scene in composed(engine).scenes if scene.kind == "figure"]
    assert isinstance(shown.visual, Figure)
    wagon = (tmp_path / "book" / "media" / WAGON).read_bytes()
    assert store.read(shown.visual.image) == wagon
    assert shown.visual.caption.startswith("(a) The wagon and rider form a system")
    assert shown.visual.alt.startswith("Two diagrams are shown.")
    assert "Vividly, CC BY 4.0" in shown.visual.credit


def test_pictures_that_come_later_change_only_their_documents(
    engine: Engine, tmp_path: Path
) -> None:
    folder = book(tmp_path)
    media = Path(shutil.move(folder / "media", tmp_path / "media"))
    ingest(engine, plan_library(str(folder)), figures=bucket(tmp_path))
    assert not any(scene.kind == "figure" for scene in composed(engine).scenes)
    shutil.move(media, folder / "media")
    report = ingest(engine, plan_library(str(folder)), figures=bucket(tmp_path))
    assert report.documents == {"unchanged": 2, "changed": 2, "removed": 0}
    assert any(scene.kind == "figure" for scene in composed(engine).scenes)


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
