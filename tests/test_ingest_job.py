"""The ingestion job, on Beam's local runner and as submitted to Dataflow."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import Engine, select, text

from beam_pipeline.ingest import main
from tests.support.package import one_build_at_a_time
from transforms.ingest import Unreadable
from vividly.library.oer import UnreadableDocument, ingest, plan_library
from vividly.platform.ledger.library import corpus_versions, documents, passages
from vividly.platform.storage import open_store

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples" / "oer"
SECRET = "projects/p/secrets/database-url/versions/latest"


@pytest.fixture
def url(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def state(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT key, xmin::text || ctid::text FROM passages"))
        return sorted((str(key), str(at)) for key, at in found)


def job(url: str, *arguments: str) -> int:
    return main([f"--database_url={url}", *arguments])


@pytest.mark.slow
def test_the_job_stores_what_the_command_stores(engine: Engine, url: str, tmp_path: Path) -> None:
    book = Path(shutil.copytree(EXAMPLES / "forces-chapter", tmp_path / "book"))
    (book / "media").mkdir()
    Image.new("RGB", (64, 40)).save(book / "media" / "wagon.jpg")
    arguments = (
        f"--library={book}",
        f"--library={EXAMPLES / 'notes'}",
        f"--oer_content_bucket={tmp_path / 'oer'}",
    )
    assert job(url, *arguments) == 0
    pictures = open_store(str(tmp_path / "oer"))
    assert len(pictures.sizes("figures/")) == 1
    before = state(engine)
    with engine.connect() as connection:
        versions = dict(
            connection.execute(select(corpus_versions.c.name, corpus_versions.c.digest)).all()  # type: ignore[arg-type]
        )
    assert versions.keys() == {"physics-in-motion", "notes"}
    report = ingest(engine, plan_library(str(book)), figures=pictures)
    assert report.documents == {"unchanged": 4, "removed": 0} and report.pictures == 1
    assert job(url, *arguments) == 0, "running it again"
    assert state(engine) == before, "rewrites no row"

    (book / "modules" / "m00403" / "index.cnxml").write_text("<document>")
    collection = book / "collections" / "physics-in-motion.collection.xml"
    lines = collection.read_text().splitlines()
    collection.write_text("\n".join(line for line in lines if "m00404" not in line))
    failures = tmp_path / "failures.jsonl"
    assert job(url, f"--library={book}", f"--failures_file={failures}") == 1
    (failure,) = [json.loads(line) for line in failures.read_text().splitlines()]
    assert failure["document"] == "physics-in-motion/m00403"
    assert "not well-formed XML" in failure["error"]
    with engine.connect() as connection:
        kept = set(connection.execute(select(documents.c.key)).scalars())
    assert {f"physics-in-motion/{m}" for m in ("m00401", "m00402", "m00403")} <= kept
    assert "physics-in-motion/m00404" not in kept, "it is gone from the book"


@pytest.mark.slow
def test_choices_are_those_of_the_command(engine: Engine, url: str) -> None:
    library = EXAMPLES / "notes" / "rock-cycle.txt"
    assert job(url, f"--library={library}", "--grades=6-8", "--subject=earth-science") == 0
    with engine.connect() as connection:
        row = connection.execute(select(passages)).mappings().one()
    assert (row["grade_low"], row["subject"]) == (6, "earth-science")


@pytest.mark.slow
def test_what_is_left_out_is_counted_and_strict_refuses_it(
    engine: Engine, url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "books").mkdir()
    for name in ("a", "b"):
        (tmp_path / "books" / f"{name}.md").write_text(
            f"# {name}\n\nA force is a push or a pull.\n\n```\nf(x)\n```\n"
        )
    (tmp_path / "books" / "c.md").write_text("# C\n\nA force is a push or a pull.\n")
    library, failures = f"--library={tmp_path / 'books'}", tmp_path / "failures.jsonl"
    with caplog.at_level("INFO"):
        assert job(url, library) == 0
    assert "Left out: code, 2 times, 2 words; for example 'f(x)' at" in caplog.text
    assert "2 left_out" in caplog.text and "3 new" in caplog.text
    assert job(url, library, "--strict", f"--failures_file={failures}") == 1
    refused = [json.loads(line) for line in failures.read_text().splitlines()]
    assert sorted(failure["document"] for failure in refused) == ["books/a", "books/b"]
    assert all("1 parts would be left out" in failure["error"] for failure in refused)


@pytest.mark.parametrize(
    ("arguments", "reasons"),
    [
        ([], ["--library (or GCS_OER_CONTENT_BUCKET) is not set", "--database_url"]),
        (["--library=/x", "--grades=nine"], ["--grades nine", "--database_url"]),
        (["--library=/x", "--corpus=My Book"], ["such as 'my-book'", "/x: there is no such"]),
        (
            ["--library=/x", "--database_url=postgresql://u:p@h/d", "--runner=DataflowRunner"],
            ["put the URL into Secret Manager", "/x: Dataflow workers share no directory"],
        ),
    ],
)
def test_wrong_settings_are_all_named(
    arguments: list[str],
    reasons: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in ("DATABASE_URL", "GCS_OER_CONTENT_BUCKET"):
        monkeypatch.delenv(variable, raising=False)
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert all(reason in said for reason in reasons), said
    assert "u:p@" not in said


def test_a_failure_survives_the_way_between_workers() -> None:
    error = pickle.loads(pickle.dumps(UnreadableDocument("a.md", "the file is empty")))
    assert (str(error), error.reason) == ("a.md: the file is empty", "the file is empty")
    line = json.loads(Unreadable("c/é", str(error)).as_json())
    assert line == {"document": "c/é", "error": "a.md: the file is empty"}


@pytest.mark.slow
def test_the_job_is_what_dataflow_takes(tmp_path: Path) -> None:
    (tmp_path / "staging").mkdir()
    with one_build_at_a_time():
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "beam_pipeline.ingest",
                "--runner=DataflowRunner",
                "--project=p",
                "--region=us-central1",
                "--job_name=ingest-test",
                f"--temp_location={tmp_path}/temp",
                f"--staging_location={tmp_path}/staging",
                f"--template_location={tmp_path}/job.json",
                "--dataflow_endpoint=http://localhost:1",
                "--no_auth",
                f"--setup_file={ROOT}/setup.py",
                "--sdk_container_image=region-docker.pkg.dev/p/vividly/job:1",
                f"--database_url={SECRET}",
                "--library=gs://p-oer/books",
                "--failures_file=gs://p-oer/failures.jsonl",
            ],
            capture_output=True,
            text=True,
            cwd="/",
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-2000:]
    described = json.loads((tmp_path / "job.json").read_text())
    assert described["type"] == "JOB_TYPE_BATCH"
    assert SECRET in json.dumps(described["environment"])
