"""Plants a secret, causes every kind of error, and searches for the secret everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms.display import DisplayData
from sqlalchemy import text

from beam_pipeline.graph import build
from beam_pipeline.local.processes import free_port
from tests.support.command_line import ROOT, VARIABLES
from tests.support.requests import fields
from tests.test_graph import endpoints
from vividly.execution.services import Services
from vividly.model.settings import Settings
from vividly.platform.ledger.engine import make_engine

pytestmark = pytest.mark.slow
SECRET = "Pl4nted-s3cret-w0rd"
ENCODED = "UGw0bnRlZC1zM2NyZXQtdzByZA"
"""The same in base64, as a header or a payload would hold it."""


@pytest.fixture
def planted(services: Services) -> str:
    """The database's URL with a password, which this server takes as any other."""
    url = services.engine.url.set(password=SECRET)
    return url.render_as_string(hide_password=False)


@pytest.fixture
def ran(planted: str, services: Services, tmp_path: Path) -> dict[str, str]:
    """The output of every way to run the job, by name."""
    services.index_library()
    asked = [
        fields(),
        fields(student_query="waves"),
        fields(requested_modalities=["audio"]),
        {"request_id": "test-smoke-001"},
    ]
    file = tmp_path / "requests.jsonl"
    file.write_text("\n".join(map(json.dumps, asked)))
    for bucket in ("generated", "temp"):
        (tmp_path / bucket).mkdir(exist_ok=True)
    good = {
        "input_file": str(file),
        "generated_content_bucket": str(tmp_path / "generated"),
        "temp_files_bucket": str(tmp_path / "temp"),
        "dead_letter_topic": str(tmp_path / "letters.jsonl"),
        "notification_topic": str(tmp_path / "notes.jsonl"),
    }
    away = planted.replace(f":{services.engine.url.port}/", f":{free_port()}/")
    nowhere = planted.rsplit("/", 1)[0] + "/no_such_database"
    malformed = f"postgresql://postgres:{SECRET}@:notaport/x"
    runs: dict[str, tuple[str, dict[str, str], str]] = {
        "all is well": (planted, good, "INFO"),
        "everything is logged": (planted, good, "DEBUG"),
        "the database is away": (away, good, "DEBUG"),
        "there is no such database": (nowhere, good, "DEBUG"),
        "the URL is malformed": (malformed, good, "DEBUG"),
        "there is no such bucket": (planted, {**good, "temp_files_bucket": "/proc/no"}, "DEBUG"),
        "too dear": (planted, {**good, "max_cost_usd": "1e-9", "over_cost": "fail"}, "DEBUG"),
        "no such provider": (planted, {**good, "script_provider": "none"}, "DEBUG"),
    }
    left = {}
    for name, (url, options, level) in runs.items():
        left[name] = _run(url, options, level)
    left["in the arguments"] = _run("", {**good, "database_url": malformed}, "DEBUG")
    left["help"] = _run(planted, {"help": ""}, "INFO")
    for words in (["verify"], ["status"], ["requests", "--json"], ["dlq", "list"], ["costs"]):
        left[" ".join(words)] = _command(words, planted, good)
        left[" ".join(words) + ", away"] = _command(words, away, good)
    for path in sorted(tmp_path.rglob("*")):
        if path.is_file() and path.stat().st_size < 5_000_000:
            left[path.name] = path.read_bytes().decode("latin-1")
    with services.engine.connect() as connection:
        tables = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).scalars()
        for table in tables.all():
            rows = connection.execute(text(f'SELECT t::text FROM "{table}" t')).scalars()
            left[f"table {table}"] = "\n".join(rows.all())
    return left


def _run(url: str, options: dict[str, str], level: str) -> str:
    arguments = [f"--{name}={value}" if value else f"--{name}" for name, value in options.items()]
    environment = {k: v for k, v in os.environ.items() if k not in VARIABLES}
    environment |= {"LOG_LEVEL": level} | ({"DATABASE_URL": url} if url else {})
    process = subprocess.Popen(
        [sys.executable, "-m", "beam_pipeline.main", *arguments],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    time.sleep(0.2)
    seen = ""
    if not options.get("database_url"):
        seen = Path(f"/proc/{process.pid}/cmdline").read_text() if Path("/proc").is_dir() else ""
    output, _ = process.communicate(timeout=240)
    return seen + output


def _command(words: list[str], url: str, options: dict[str, str]) -> str:
    environment = {k: v for k, v in os.environ.items() if k not in VARIABLES}
    environment |= {
        "DATABASE_URL": url,
        "GCS_GENERATED_CONTENT_BUCKET": options["generated_content_bucket"],
        "GCS_TEMP_FILES_BUCKET": options["temp_files_bucket"],
        "VIVIDLY_HOME": options["temp_files_bucket"] + "/none",
        "LOG_LEVEL": "DEBUG",
    }
    done = subprocess.run(
        [sys.executable, "-m", "beam_pipeline", *words],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
    )
    return done.stdout + done.stderr


def test_it_is_nowhere(ran: dict[str, str]) -> None:
    assert "completed" in ran["requests --json"], "the job did run"
    assert "cannot start" in ran["the database is away"]
    assert ran["everything is logged"].count("\n") > 50
    assert len(ran["table content_requests"]) > 1000
    assert [name for name, text in ran.items() if SECRET in text] == []
    assert [name for name, text in ran.items() if ENCODED in text] == []


def test_it_is_in_no_pipeline_and_no_display_data(
    settings: Settings, planted: str, tmp_path: Path
) -> None:
    own = replace(settings, database_url=planted)
    pipeline = beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"]))
    build(pipeline, own, endpoints(tmp_path, input_file=__file__), job="test")
    shown = []
    for step in _transforms(pipeline):
        shown += [str(item.get_dict()) for item in DisplayData.create_from(step).items]
    assert shown
    assert SECRET not in " ".join(shown)
    assert SECRET not in repr(own), "settings are logged, by accident, one day"


def _transforms(pipeline: beam.Pipeline) -> list[object]:
    found: list[object] = []

    class Visitor(beam.pipeline.PipelineVisitor):  # type: ignore[misc]
        def visit_transform(self, node: object) -> None:
            if node.transform is not None:  # type: ignore[attr-defined]
                found.append(node.transform)  # type: ignore[attr-defined]

    pipeline.visit(Visitor())
    return found


def test_it_is_in_no_exception(planted: str) -> None:
    import traceback

    away = planted.replace("127.0.0.1", "localhost").rsplit(":", 1)[0] + ":1/x"
    for url in (planted + "\0", away, f"postgresql://postgres:{SECRET}@[::1"):
        try:
            with make_engine(url).connect():
                pass
        except Exception as error:
            told = "".join(traceback.format_exception(error)) + repr(error)
            assert SECRET not in told
