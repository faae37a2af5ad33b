"""Sources: what is found in a folder, a file or a bucket, and the errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from gcp_storage_emulator.server import create_server

from tests.test_storage import free_port
from vividly.library.oer import (
    Choices,
    ParsedDocument,
    Plan,
    Report,
    ingest,
    plan_library,
    read_library,
)
from vividly.library.oer.files import locate
from vividly.model.errors import SettingsError
from vividly.model.lesson import PassageSentence
from vividly.platform.storage import open_store

EXAMPLES = Path(__file__).parents[1] / "examples" / "oer"
CHAPTER = EXAMPLES / "forces-chapter"
MODULES = ["m00401", "m00402", "m00403", "m00404"]
TEXT = "Water moves through a membrane towards the side with more salt in it, slowly."


def modules(plan: Plan) -> list[str]:
    return [entry.origin.module for entry in plan.entries]


def read(folder: Path, name: str, text: str, **choices: str) -> ParsedDocument:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return next(iter(read_library(str(folder / name), Choices(**choices))))


def problems(plan: Plan) -> dict[str, str]:
    report: Report = ingest(None, plan)
    return report.problems


# -- books -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["", "META-INF/books.xml", "collections/physics-in-motion.collection.xml"], ids=str
)
def test_a_book_is_found_by_its_folder_or_its_list(path: str) -> None:
    plan = plan_library(str(CHAPTER / path))
    assert modules(plan) == MODULES
    assert plan.corpora.keys() == {"physics-in-motion"}
    assert [entry.origin.number for entry in plan.entries] == ["4", "4.1", "4.2", "4.3"]
    assert [entry.origin.slug for entry in plan.entries] == [
        "4-introduction",
        "force",
        "newtons-first-law-of-motion-inertia",
        "newtons-second-law-of-motion",
    ]


def test_a_folder_of_modules_needs_no_book() -> None:
    plan = plan_library(str(CHAPTER / "modules"), Choices(corpus="loose", licence="CC BY 4.0"))
    assert sorted(modules(plan)) == sorted(MODULES)
    documents = list(read_library(str(CHAPTER / "modules"), Choices(corpus="loose")))
    assert {d.key for d in documents} == {f"loose/{m}" for m in MODULES}
    assert all(d.url is None for d in documents)


def test_one_module_alone(tmp_path: Path) -> None:
    plan = plan_library(str(CHAPTER / "modules" / "m00404" / "index.cnxml"))
    (document,) = read_library(f"{plan.entries[0].root}/index.cnxml")
    assert document.title == "Newton's Second Law of Motion"


def test_it_is_said_what_was_assumed() -> None:
    notes = plan_library(str(CHAPTER)).notes
    assert notes == (
        "physics-in-motion: subject physics, by the book's title",
        "physics-in-motion: grades 9-12, as the book's style says",
    )
    chosen = Choices(subject="physics", grades=(9, 10))
    assert plan_library(str(CHAPTER), chosen).notes == ()


def test_what_the_user_says_wins() -> None:
    chosen = Choices("mine", "chemistry", (6, 8), "es", "CC0 1.0", "Me")
    origin = plan_library(str(CHAPTER), chosen).entries[1].origin
    assert (origin.corpus, origin.subject, origin.grades) == ("mine", "chemistry", (6, 8))
    assert (origin.language, origin.licence, origin.attribution) == ("es", "CC0 1.0", "Me")


def copy(tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(CHAPTER, tmp_path / "book"))


def test_a_missing_module_keeps_the_numbers_of_the_others(tmp_path: Path) -> None:
    book = copy(tmp_path)
    (book / "modules" / "m00403" / "index.cnxml").unlink()
    plan = plan_library(str(book))
    assert [e.origin.number for e in plan.entries] == ["4", "4.1", "4.3"]
    assert problems(plan) == {
        "physics-in-motion/m00403": "modules/m00403/index.cnxml: there is no such file"
    }
    assert len(plan.corpora["physics-in-motion"]) == 4


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("META-INF/books.xml", "<container/>", "lists no book"),
        ("META-INF/books.xml", '<c><book href="../../etc/passwd"/></c>', "not a path like"),
        ("META-INF/books.xml", '<c><book href="/etc/passwd"/></c>', "not a path like"),
        ("META-INF/books.xml", '<c><book href="../collections/none.xml"/></c>', "no such file"),
        (
            "collections/physics-in-motion.collection.xml",
            "<document/>",
            "where a book has <collection>",
        ),
        ("collections/physics-in-motion.collection.xml", "<collection/>", "no title"),
        ("collections/physics-in-motion.collection.xml", "", "the file is empty"),
    ],
)
def test_a_broken_book_is_named(tmp_path: Path, file: str, text: str, reason: str) -> None:
    book = copy(tmp_path)
    (book / file).write_text(text)
    with pytest.raises(Exception, match=reason):
        plan_library(str(book))


def test_a_folder_of_books_and_notes() -> None:
    plan = plan_library(str(EXAMPLES))
    assert {name: len(keys) for name, keys in plan.corpora.items()} == {
        "physics-in-motion": 4,
        "oer": 3,
    }
    assert problems(plan) == {}
    assert {e.origin.module for e in plan.entries} > {"m00404", "notes/osmosis"}


def test_two_books_need_two_names(tmp_path: Path) -> None:
    for name in ("one", "two"):
        copy(tmp_path / name)
    with pytest.raises(SettingsError, match="two documents would be mine/m00401: ingest their"):
        plan_library(str(tmp_path), Choices(corpus="mine"))


# -- folders of files --------------------------------------------------------------------------


def test_a_folder_of_notes() -> None:
    osmosis, rock = (
        next(d for d in read_library(str(EXAMPLES / "notes")) if d.key == f"notes/{key}")
        for key in ("osmosis", "rock-cycle")
    )
    assert (osmosis.origin.subject, osmosis.origin.grades) == ("biology", (7, 10))
    assert osmosis.origin.licence == "CC0 1.0" and osmosis.origin.book == "Sample notes"
    assert [p.kind for p in osmosis.passages] == [
        "objectives", "section", "section", "section", "worked_example", "misconception", "summary",
        "definition", "definition", "definition",
    ]  # fmt: skip
    assert [s.role for s in osmosis.passages[4].sentences] == [
        "problem", "problem", "problem", "step", "step", "answer",
    ]  # fmt: skip
    assert osmosis.topic is not None and "osmotic pressure" in osmosis.topic.terms
    assert (rock.title, rock.origin.licence) == ("The rock cycle", "licence not stated")


def test_spanish_notes_are_said_in_spanish() -> None:
    (document,) = (d for d in read_library(str(EXAMPLES / "notes")) if "palanca" in d.key)
    said = document.passages[0].sentences[2]
    assert "es igual a" in said.say and said.show == "F₁d₁ = F₂d₂"
    assert document.passages[1].heading == "Resumen"


@pytest.mark.parametrize(
    ("matter", "reason"),
    [
        ("grades: nine", "grades are 'nine': want 9-12"),
        ("grades: 9-13", "want 9-12"),
        ("grades: 12-9", "want 9-12"),
        ("title: [a, b]", "title is not a plain value"),
        ("title: 'x", "not YAML"),
        ("- a\n- b", "not a list of `field: value`"),
        ("a: !!python/object/apply:os.system ['true']", "not YAML"),
    ],
)
def test_front_matter_that_cannot_be_meant(tmp_path: Path, matter: str, reason: str) -> None:
    (tmp_path / "a.md").write_text(f"---\n{matter}\n---\n\n{TEXT}\n")
    found = problems(plan_library(str(tmp_path), Choices(corpus="c")))
    assert reason in found["c/a"]


def test_markdown_without_front_matter(tmp_path: Path) -> None:
    document = read(tmp_path / "n", "cell-walls.md", f"# Walls of cells\n\n{TEXT}\n", corpus="c")
    assert (document.title, document.key) == ("Walls of cells", "c/cell-walls")
    untitled = read(tmp_path / "n", "cell-walls.md", TEXT, corpus="c")
    assert untitled.title == "Cell walls"


def test_markdown_s_own_signs_are_not_said(tmp_path: Path) -> None:
    document = read(
        tmp_path / "n",
        "a.md",
        "Water *moves* through a **membrane**, see [here](https://example.org) and `code`, to "
        "the side ![a cell](cell.png) with salt.\n\n| a | b |\n|---|---|\n| c | d |\n",
    )
    (passage,) = document.passages
    assert passage.sentences[0] == PassageSentence(
        "Water moves through a membrane, see here and code, to the side with salt."
    )
    assert document.details[passage.key]["figures"][0]["alt"] == "a cell"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf  \n", "the file is empty"),
        (b"caf\xe9 au lait", "byte 4 is not utf-8: save the file as UTF-8"),
        (b"a\0b", "not a text file"),
        (b"x" * 20_000_001, "at most 20000000 are read"),
        (b"Too short.", "nothing in it to teach with"),
    ],
)
@pytest.mark.parametrize("name", ["a.md", "a.txt"])
def test_files_that_are_no_text(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(data)
    (tmp_path / "good.md").write_text(TEXT)
    plan = plan_library(str(tmp_path), Choices(corpus="c"))
    report = ingest(None, plan)
    assert report.problems.keys() == {"c/a"}
    assert report.problems["c/a"].startswith(f"{name}: ") and reason in report.problems["c/a"]
    assert report.passages["section"] == 1, "the other one is read"


@pytest.mark.parametrize("text", ["---\ntitle: x\n---\n", "# Only a heading", "***"])
def test_markdown_without_any_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.md").write_text(text)
    found = problems(plan_library(str(tmp_path), Choices(corpus="c")))
    assert found == {"c/a": "a.md: there is no text in it"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_texts_that_say_their_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_text(f"Ósmosis\r\n\r\n{TEXT}", encoding=encoding)
    (document,) = read_library(str(tmp_path))
    assert document.title == "Ósmosis" and document.passages[0].text == TEXT


def test_files_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "My Notes.md").write_text(TEXT)
    (tmp_path / "README.md").write_text("About this folder.")
    (tmp_path / ".hidden.md").write_text(TEXT)
    (tmp_path / "picture.png").write_bytes(b"x")
    plan = plan_library(str(tmp_path), Choices(corpus="c"))
    assert modules(plan) == ["one/my-notes", "two/my-notes"]
    assert len({entry.origin.slug for entry in plan.entries}) == 2


# -- places ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("/no/such/place", "there is no such file or folder"),
        ("https://example.org/book", "there is no such file or folder"),
    ],
)
def test_places_that_are_not_there(uri: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        plan_library(uri)


def test_a_folder_with_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="holds nothing to read"):
        plan_library(str(tmp_path))


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ({"grades": (9, 13)}, "want 1 to 12"),
        ({"grades": (0, 5)}, "want 1 to 12"),
        ({"grades": (8, 7)}, "the lower one first"),
        ({"corpus": "My Book"}, "such as 'my-book'"),
        ({"subject": "Physics!"}, "such as 'physics'"),
    ],
)
def test_choices_that_cannot_be_meant(choices: dict[str, object], reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        Choices(**choices)  # type: ignore[arg-type]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text(TEXT)
    library = tmp_path / "library"
    (library / "real").mkdir(parents=True)
    (library / "real" / "a.md").write_text(TEXT)
    (library / "out.md").symlink_to(tmp_path / "secret.md")
    (library / "loop.md").symlink_to(library / "loop.md")
    (library / "gone.md").symlink_to(library / "nothing.md")
    (library / "in.md").symlink_to(library / "real" / "a.md")
    (library / "folder").symlink_to(tmp_path)
    plan = plan_library(str(library), Choices(corpus="c"))
    assert modules(plan) == ["in", "real/a"]
    found = problems(plan)
    assert "outside the given folder" in found["c/out"]
    assert found.keys() == {"c/out", "c/loop", "c/gone"}


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("gs://b", ("gs://b", "")),
        ("gs://b/books/physics/", ("gs://b/books/physics", "")),
        ("gs://b/x/collections/p.xml", ("gs://b/x", "collections/p.xml")),
        ("gs://b/books/META-INF/books.xml", ("gs://b/books", "")),
        ("gs://b/notes/a.md", ("gs://b/notes", "a.md")),
    ],
)  # fmt: skip
def test_addresses_in_buckets(uri: str, found: tuple[str, str]) -> None:
    assert locate(uri) == found


# -- buckets -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    port = free_port()
    with create_server("127.0.0.1", port, in_memory=True, default_bucket="oer"):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def bucket(emulator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from vividly.library.oer.files import open_files

    monkeypatch.setenv("STORAGE_EMULATOR_HOST", emulator)
    open_files.cache_clear()
    store = open_store("gs://oer")
    for path in (p for p in CHAPTER.rglob("*") if p.is_file()):
        name = path.relative_to(CHAPTER).as_posix()
        store.write(f"books/physics/{name}", path.read_bytes(), "application/xml")
    store.write("notes/osmosis.md", (EXAMPLES / "notes" / "osmosis.md").read_bytes(), "text/plain")


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("path", ["", "/", "/collections/physics-in-motion.collection.xml"])
def test_a_book_in_a_bucket_is_the_same_book(path: str) -> None:
    there = list(read_library(f"gs://oer/books/physics{path}"))
    here = list(read_library(str(CHAPTER)))
    assert [d.digest for d in there] == [d.digest for d in here]
    assert [d.passages for d in there] == [d.passages for d in here]


@pytest.mark.usefixtures("bucket")
def test_a_note_in_a_bucket() -> None:
    (document,) = read_library("gs://oer/notes/osmosis.md")
    assert document.key == "notes/osmosis"
    with pytest.raises(SettingsError, match="holds nothing to read"):
        plan_library("gs://oer/nothing-here")


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("kind", ["directory", "gs"])
def test_objects_are_listed_with_their_sizes(kind: str, tmp_path: Path) -> None:
    store = open_store("gs://oer" if kind == "gs" else str(tmp_path))
    for name, size in (("list/a.txt", 3), ("list/b/c.txt", 0), ("lists.txt", 2)):
        store.write(name, b"x" * size, "text/plain")
    assert store.sizes("list/") == {"list/a.txt": 3, "list/b/c.txt": 0}
    assert store.sizes("nothing/") == {}
    assert "lists.txt" in store.sizes()
