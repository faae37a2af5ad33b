"""Loading documents: what is written, what stays unchanged, and locking."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select, text

from vividly.library.oer import (
    Choices,
    ParsedDocument,
    Report,
    ingest,
    load_documents,
    plan_library,
    read_library,
    store_document,
)
from vividly.library.oer.load import corpus_turn
from vividly.platform.ledger.library import (
    corpus_versions,
    documents,
    passage_embeddings,
    passages,
    topics,
)

EXAMPLES = Path(__file__).parents[1] / "examples" / "oer"
CORPUS = "physics-in-motion"
FIRST, SECOND = f"{CORPUS}/m00403", f"{CORPUS}/m00404"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A copy of the sample chapter that a test may change."""
    return Path(shutil.copytree(EXAMPLES / "forces-chapter", tmp_path / "book"))


def run(engine: Engine, path: Path, **choices: str) -> Report:
    return ingest(engine, plan_library(str(path), Choices(**choices)))


def change(book: Path, module: str, old: str, new: str) -> None:
    file = book / "modules" / module / "index.cnxml"
    before = file.read_text(encoding="utf-8")
    assert old in before
    file.write_text(before.replace(old, new), encoding="utf-8")


def drop(book: Path, module: str) -> None:
    """Take a module out of the book's list."""
    file = book / "collections" / "physics-in-motion.collection.xml"
    lines = file.read_text().splitlines()
    file.write_text("\n".join(line for line in lines if module not in line))


def rows(engine: Engine, table: str) -> dict[str, tuple[str, str]]:
    """Key -> (document, location of the row and the transaction that wrote it)."""
    key, document = {
        "passages": ("key", "document_key"),
        "documents": ("key", "key"),
        "topics": ("id", "document_key"),
        "corpus_versions": ("name", "name"),
    }[table]
    with engine.connect() as connection:
        found = connection.execute(
            text(f"SELECT {key}, {document}, xmin::text || ctid::text FROM {table}")
        )
        return {str(k): (str(d), str(at)) for k, d, at in found}


def everything(engine: Engine) -> dict[str, dict[str, tuple[str, str]]]:
    return {t: rows(engine, t) for t in ("passages", "documents", "topics", "corpus_versions")}


def test_a_book_is_stored_with_all_that_is_known_of_it(engine: Engine) -> None:
    report = run(engine, EXAMPLES / "forces-chapter")
    assert report.documents == Counter(new=4, removed=0)
    parsed = {p.key: p for d in read_library(str(EXAMPLES / "forces-chapter")) for p in d.passages}
    with engine.connect() as connection:
        stored = connection.execute(select(passages)).mappings().all()
        document = connection.execute(select(documents).where(documents.c.key == SECOND)).one()
        topic = connection.execute(select(topics).where(topics.c.document_key == SECOND)).one()
        found = connection.execute(
            select(passages.c.key)
            .where(passages.c.search.op("@@")(func.plainto_tsquery("english", "net force mass")))
            .where(passages.c.kind == "summary")
        ).scalars()
        assert f"{SECOND}/summary/1" in set(found)
    assert {row["key"] for row in stored} == parsed.keys()
    for row in stored:
        passage = parsed[row["key"]]
        assert row["body"] == passage.text and row["kind"] == passage.kind
        assert row["source"]["url"] == passage.source.url
        assert [s["say"] for s in row["sentences"]] == [s.say for s in passage.sentences]
        assert (row["subject"], row["language"]) == ("physics", "en")
        assert (row["grade_low"], row["grade_high"]) == (9, 12)
        names = {"equations", "figures", "tables", "section_id", "heading_path"}
        assert set(row["details"]) == names
    assert (document.licence, document.chapter) == (
        "CC BY 4.0",
        "4 Forces and Newton’s Laws of Motion",
    )
    assert topic.id == f"{CORPUS}/newtons-second-law-of-motion"
    assert "weight" in topic.terms
    assert report.passages.total() == len(parsed)


def test_a_second_run_rewrites_no_row(engine: Engine, book: Path) -> None:
    run(engine, book)
    before = everything(engine)
    report = run(engine, book)
    assert report.documents == Counter(unchanged=4, removed=0)
    assert everything(engine) == before


def test_only_the_changed_passages_of_a_changed_module_are_written(
    engine: Engine, book: Path
) -> None:
    run(engine, book)
    before = everything(engine)
    change(book, "m00404", "Section Summary</title>", "Section Summary</title><para>So.</para>")
    report = run(engine, book)
    after = everything(engine)
    assert report.documents == Counter(unchanged=3, changed=1, removed=0)
    rewritten = {k for k, row in after["passages"].items() if before["passages"].get(k) != row}
    assert rewritten == {f"{SECOND}/summary/1"}, "the others of the module keep their rows"
    assert before["corpus_versions"] != after["corpus_versions"]


def test_vectors_go_with_the_words_they_were_made_of(engine: Engine, book: Path) -> None:
    run(engine, book)
    with engine.begin() as connection:
        for key in rows(engine, "passages"):
            connection.execute(
                insert(passage_embeddings).values(model="m", passage_key=key, embedding=[1.0, 0.0])
            )
    with engine.connect() as connection:
        word = connection.execute(
            select(passages.c.body).where(passages.c.key == f"{SECOND}/summary/1")
        ).scalar_one()
    assert "acceleration" in word.lower()
    change(book, "m00404", "Section Summary</title>", "Section Summary</title><para>Zz top.</para>")
    run(engine, book)
    with engine.connect() as connection:
        kept = set(connection.execute(select(passage_embeddings.c.passage_key)).scalars())
    assert kept == rows(engine, "passages").keys() - {f"{SECOND}/summary/1"}


def test_a_change_of_grades_keeps_the_words_and_their_vectors(engine: Engine, book: Path) -> None:
    run(engine, book)
    key = f"{SECOND}/summary/1"
    with engine.begin() as connection:
        connection.execute(
            insert(passage_embeddings).values(model="m", passage_key=key, embedding=[1.0])
        )
    plan = plan_library(str(book), Choices(grades=(6, 8)))
    assert ingest(engine, plan).documents == Counter(changed=4, removed=0)
    with engine.connect() as connection:
        grades = set(connection.execute(select(passages.c.grade_low, passages.c.grade_high)))
        assert grades == {(6, 8)}
        assert connection.execute(select(passage_embeddings.c.passage_key)).scalars().all() == [key]


def test_a_module_that_is_gone_takes_its_passages_along(engine: Engine, book: Path) -> None:
    run(engine, book)
    drop(book, "m00404")
    report = run(engine, book)
    assert report.documents == Counter(unchanged=3, removed=1)
    assert not [d for d, _ in rows(engine, "passages").values() if d == SECOND]
    assert not [d for d, _ in rows(engine, "topics").values() if d == SECOND]
    assert FIRST in rows(engine, "documents")


def test_an_unreadable_module_keeps_what_was_stored_of_it(engine: Engine, book: Path) -> None:
    run(engine, book)
    before = rows(engine, "passages")
    (book / "modules" / "m00404" / "index.cnxml").write_text("<document>")
    (book / "modules" / "m00403" / "index.cnxml").unlink()
    report = run(engine, book)
    assert report.problems.keys() == {FIRST, SECOND}
    assert "not well-formed" in report.problems[SECOND]
    assert "no such file" in report.problems[FIRST]
    assert rows(engine, "passages") == before


def test_a_run_that_was_broken_off_can_be_run_again(engine: Engine, book: Path) -> None:
    plan = plan_library(str(book))

    def stop(path: str) -> None:
        if "m00402" in path:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(engine, plan, progress=stop)
    assert len(rows(engine, "documents")) == 2 and not rows(engine, "corpus_versions")
    report = ingest(engine, plan)
    assert report.documents == Counter(unchanged=2, new=2, removed=0)
    assert len(rows(engine, "corpus_versions")) == 1


def test_a_document_is_stored_whole_or_not_at_all(engine: Engine) -> None:
    document = next(d for d in read_library(str(EXAMPLES / "forces-chapter")) if d.topic)
    broken = replace(document, passages=(*document.passages, document.passages[0]), topic=None)
    broken = replace(broken, topic=replace(document.topic, title="\0"))  # type: ignore[type-var]
    with pytest.raises(Exception, match=r"database|NUL|0x00"):
        store_document(engine, broken)
    assert not rows(engine, "documents") and not rows(engine, "passages")


def test_two_runs_at_once_take_turns(engine: Engine, book: Path) -> None:
    order: list[str] = []
    inside = threading.Event()
    go_on = threading.Event()

    def first(path: str) -> None:
        order.append("first")
        inside.set()
        assert go_on.wait(30)

    plan = plan_library(str(book))
    one = threading.Thread(target=ingest, args=(engine, plan), kwargs={"progress": first})
    two = threading.Thread(
        target=ingest, args=(engine, plan), kwargs={"progress": lambda _: order.append("second")}
    )
    one.start()
    assert inside.wait(30)
    two.start()
    two.join(1.5)
    assert order == ["first"], "the second one waits"
    go_on.set()
    one.join(60)
    two.join(60)
    assert order == ["first"] * 4 + ["second"] * 4
    assert len(rows(engine, "documents")) == 4


def test_another_corpus_need_not_wait(engine: Engine) -> None:
    with corpus_turn(engine, CORPUS):
        assert run(engine, EXAMPLES / "notes").documents == Counter(new=3, removed=0)


def test_corpora_do_not_touch_each_other(engine: Engine, book: Path) -> None:
    run(engine, book)
    run(engine, EXAMPLES / "notes")
    before = everything(engine)
    drop(book, "m00404")
    run(engine, book)
    after = everything(engine)
    notes = {key for key in before["passages"] if key.startswith("notes/")}
    assert notes and all(after["passages"][key] == before["passages"][key] for key in notes)
    assert set(after["corpus_versions"]) == {CORPUS, "notes"}


def test_the_same_book_under_two_names(engine: Engine, book: Path) -> None:
    run(engine, book)
    assert run(engine, book, corpus="sample").documents["new"] == 4
    assert len(rows(engine, "topics")) == 6


def test_what_follows_is_called_once_when_all_is_stored(engine: Engine, book: Path) -> None:
    seen: list[int] = []

    def after(given: Engine) -> None:
        with given.connect() as connection:
            seen.append(connection.execute(select(func.count()).select_from(passages)).scalar_one())
            assert connection.execute(select(corpus_versions.c.name)).scalars().all() == [CORPUS]

    report = ingest(engine, plan_library(str(book)), after=after)
    assert seen == [report.passages.total()]


def test_documents_in_memory_can_be_loaded_too(engine: Engine, book: Path) -> None:
    loaded: list[ParsedDocument] = list(read_library(str(book)))
    changes = load_documents(engine, loaded)
    assert [c.change for c in changes] == ["new"] * 4
    assert sum(c.passages for c in changes) == len(rows(engine, "passages"))
    assert [c.change for c in load_documents(engine, loaded[:2])] == ["unchanged"] * 2
    assert len(rows(engine, "documents")) == 2
