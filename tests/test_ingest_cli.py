"""`vividly ingest`: its output and exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import Engine, func, select

from tests.support.command_line import Ended, name_system, vividly
from vividly.platform.ledger.library import documents, passage_embeddings, passages

EXAMPLES = Path(__file__).parents[1] / "examples" / "oer"
CHAPTER = EXAMPLES / "forces-chapter"


@pytest.fixture
def system(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An empty database that the commands talk to."""
    name_system(monkeypatch, tmp_path, engine.url.render_as_string(hide_password=False))
    monkeypatch.delenv("GCS_OER_CONTENT_BUCKET", raising=False)
    return engine


def count(engine: Engine, table: object) -> int:
    with engine.connect() as connection:
        found: int = connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]
        return found


def table(ended: Ended) -> dict[str, str]:
    """The summary: name -> number."""
    lines = [line.rsplit(maxsplit=1) for line in ended.out.splitlines() if line.strip()]
    return {line[0].strip(): line[1] for line in lines if len(line) == 2}


def test_a_book_is_ingested_and_again_changes_nothing(system: Engine) -> None:
    first = vividly("ingest", str(CHAPTER))
    assert first.code == 0, first.err
    shown = table(first)
    assert (shown["documents new"], shown["documents unchanged"]) == ("4", "0")
    assert int(shown["passages"]) == count(system, passages) > 30
    assert shown["topics"] == "3" and int(shown["equations"]) > 20
    assert "Filed under physics-in-motion" in first.out
    assert "grades 9-12, as the book's style says" in first.out
    assert "4 of 4 documents" in first.err, "progress, where no terminal shows a bar"
    embedded = count(system, passage_embeddings)
    assert f"{embedded} of {embedded} vectors" in first.err
    again = table(vividly("ingest", str(CHAPTER)))
    assert (again["documents new"], again["documents changed"]) == ("0", "0")
    assert (again["documents unchanged"], again["documents removed"]) == ("4", "0")


def test_the_pictures_of_a_book_are_kept_and_counted(
    system: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Path(shutil.copytree(CHAPTER, tmp_path / "book"))
    (book / "media").mkdir()
    Image.new("RGB", (64, 40)).save(book / "media" / "wagon.jpg")
    monkeypatch.setenv("GCS_OER_CONTENT_BUCKET", str(tmp_path / "oer"))
    assert table(vividly("ingest", str(book)))["with a picture to show"] == "1"
    (kept,) = (tmp_path / "oer" / "figures").iterdir()
    assert kept.read_bytes() == (book / "media" / "wagon.jpg").read_bytes()
    assert vividly("ingest", str(book), "--json").json["pictures"] == 1


def test_a_dry_run_stores_nothing_and_needs_no_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    ended = vividly("ingest", str(CHAPTER), "--dry-run")
    assert ended.code == 0, ended.err
    assert table(ended)["documents read"] == "4"
    assert "Nothing stored" in ended.out


def test_a_dry_run_leaves_the_database_as_it_is(system: Engine) -> None:
    assert vividly("ingest", str(CHAPTER), "--dry-run").code == 0
    assert count(system, documents) == 0


def test_json_is_one_document_and_nothing_else(system: Engine) -> None:
    ended = vividly("ingest", str(EXAMPLES / "notes"), "--json", "--corpus", "mine")
    assert ended.code == 0 and ended.err == ""
    assert ended.json["corpora"] == ["mine"]
    assert ended.json["documents"] == {"new": 3, "removed": 0}
    assert sum(ended.json["passages"].values()) == count(system, passages)
    assert ended.json["problems"] == {}


def test_what_cannot_be_read_is_named_and_the_rest_is_stored(
    system: Engine, tmp_path: Path
) -> None:
    book = Path(shutil.copytree(CHAPTER, tmp_path / "book"))
    (book / "modules" / "m00403" / "index.cnxml").write_text("<document><title>x</title>")
    ended = vividly("ingest", str(book))
    assert ended.code == 1
    assert "modules/m00403/index.cnxml: not well-formed XML at line 1" in ended.err
    assert table(ended)["documents not readable"] == "1"
    assert count(system, documents) == 3


def test_the_bucket_of_source_material_is_the_default(
    system: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GCS_OER_CONTENT_BUCKET", str(EXAMPLES / "notes"))
    assert table(vividly("ingest"))["documents new"] == "3"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["/no/such/book"], "there is no such file or folder"),
        ([str(CHAPTER), "--grades", "nine"], "--grades nine: want two grades such as 9-12"),
        ([str(CHAPTER), "--grades", "9-13"], "want 1 to 12"),
        ([str(CHAPTER), "--corpus", "My Book"], "such as 'my-book'"),
        ([], "give a PATH, or set GCS_OER_CONTENT_BUCKET"),
    ],
)
@pytest.mark.usefixtures("system")
def test_wrong_usage_is_exit_code_2(arguments: list[str], reason: str) -> None:
    ended = vividly("ingest", *arguments)
    assert ended.code == 2
    assert reason in ended.err


def test_without_a_system_it_says_how_to_name_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VIVIDLY_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    ended = vividly("ingest", str(CHAPTER))
    assert ended.code == 2 and "DATABASE_URL" in ended.err


def test_choices_reach_the_database(system: Engine) -> None:
    ended = vividly(
        "ingest", str(EXAMPLES / "notes" / "rock-cycle.txt"),
        "--subject", "earth-science", "--grades", "6-8", "--licence", "CC0 1.0",
        "--attribution", "Jo",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    with system.connect() as connection:
        row = connection.execute(select(passages)).mappings().one()
    assert (row["subject"], row["grade_low"], row["grade_high"]) == ("earth-science", 6, 8)
    assert (row["source"]["licence"], row["source"]["attribution"]) == ("CC0 1.0", "Jo")


BOOK = (
    '<document xmlns="http://cnx.rice.edu/cnxml"><title>T</title><content><para>A force is a push '
    "or a pull.</para>{}</content></document>"
)


def test_what_is_left_out_is_named_and_strict_refuses_it(system: Engine, tmp_path: Path) -> None:
    (tmp_path / "a.cnxml").write_text(BOOK.format("<code display='block'>f(x)</code>"))
    (tmp_path / "b.cnxml").write_text(BOOK.format(""))
    said = vividly("ingest", str(tmp_path), "--dry-run", "--corpus", "c")
    assert said.code == 0
    assert "code 1 1 f(x) a.cnxml:1" in " ".join(said.out.split())
    strict = vividly("ingest", str(tmp_path), "--strict", "--corpus", "c")
    assert strict.code == 1
    assert "1 parts would be left out, the first at a.cnxml:1: code: f(x)" in strict.err
    assert count(system, documents) == 1, "only the document that is read whole"


def test_a_check_tells_how_a_library_reads(tmp_path: Path) -> None:
    formula = (
        "<para>So <m:math xmlns:m='http://www.w3.org/1998/Math/MathML'>{}</m:math> it is.</para>"
    )
    unsayable = formula.format("<m:mi>x</m:mi><m:mo>⋈</m:mo>")
    said = formula.format("<m:mi>x</m:mi>")
    glued = "<para>Here wordsRun together (badly.</para>"
    (tmp_path / "a.cnxml").write_text(BOOK.format(unsayable + said + glued))
    told = vividly("ingest", str(tmp_path), "--check", "--json", "--corpus", "c")
    check = json.loads(told.out)["check"]
    assert check["formulas"] == {"said": 1, "not said": 1}
    assert (check["passages"], check["damaged"]) == (1, 1)
    assert check["faults"] == {"bracket without its pair": 1, "words run together": 1}
    assert check["words"] == check["kept"] + check["left_out"]
    shown = vividly("ingest", str(tmp_path), "--check", "--corpus", "c")
    assert "words run together: Here wordsRun together (badly." in shown.out
