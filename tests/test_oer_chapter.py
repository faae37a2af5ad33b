"""A chapter of a book, as passages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from vividly.library.oer import ParsedDocument, read_library
from vividly.library.oer.cnxml import read_module
from vividly.library.oer.model import Example
from vividly.model.lesson import Source

CHAPTER = Path(__file__).parents[1] / "examples" / "oer" / "forces-chapter"


@cache
def chapter() -> dict[str, ParsedDocument]:
    return {document.key: document for document in read_library(str(CHAPTER))}


def test_a_chapter_is_read_in_order_with_its_numbers() -> None:
    assert [d.passages[0].source.section for d in chapter().values()] == [
        "4 Forces and Newton’s Laws of Motion: Introduction",
        "4.1 Force",
        "4.2 Newton's First Law of Motion: Inertia",
        "4.3 Newton's Second Law of Motion",
    ]


def test_every_passage_can_be_cited() -> None:
    second = chapter()["physics-in-motion/m00404"]
    assert {p.source for p in second.passages} == {
        Source(
            title="Physics in Motion",
            section="4.3 Newton's Second Law of Motion",
            attribution="The Vividly authors, Vividly",
            licence="CC BY 4.0",
        )
    }
    assert {p.topic_id for p in second.passages} == {
        "physics-in-motion/newtons-second-law-of-motion"
    }


def test_no_teacher_s_note_of_a_chapter_gets_through() -> None:
    for document in chapter().values():
        for passage in document.passages:
            assert not any(f"[{level}]" in passage.text for level in ("BL", "OL", "AL"))
            assert "Teacher" not in passage.text
    assert sum(d.left_out.get("teacher note", 0) for d in chapter().values()) >= 10


def test_a_chapter_has_every_kind_of_passage() -> None:
    kinds = {p.kind for document in chapter().values() for p in document.passages}
    assert kinds >= {"section", "definition", "summary", "worked_example", "objectives", "check"}
    keys = [p.key for document in chapter().values() for p in document.passages]
    assert len(keys) == len(set(keys))


def test_the_law_of_a_chapter_is_said_shown_and_typeset() -> None:
    second = chapter()["physics-in-motion/m00404"]
    shown = {s.show for p in second.passages for s in p.sentences}
    assert "F_net = ma" in shown
    equations = [e for detail in second.details.values() for e in detail["equations"]]
    assert any(e["latex"].endswith("=ma") or "=m" in e["latex"] for e in equations)
    assert all(e["text"] and e["latex"] for e in equations)


def test_an_example_block_is_found_inside_a_real_section() -> None:
    data = (CHAPTER / "modules" / "m00404" / "index.cnxml").read_bytes()
    content = read_module(data, "m00404")
    blocks = [b for main in content.sections for _, s in main.walk() for b in s.blocks]
    examples = [b for b in blocks if isinstance(b, Example) and b.worked]
    assert len(examples) == data.count(b'class="worked-example"') > 0
