"""The database goes away in mid-run: requests wait for it, and none is lost."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from beam_pipeline.local.postgres import EmbeddedPostgres
from beam_pipeline.local.processes import free_port
from tests.support.requests import fields
from vividly.ledger import migrate, queries
from vividly.ledger.engine import make_engine
from vividly.retrieval.corpus_loader import load_corpus

pytestmark = pytest.mark.slow
AWAY_S = 6.0


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


def test_requests_wait_for_a_database_that_is_away(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)  # Postgres runs as another user where we are root
    port = free_port()
    server = EmbeddedPostgres(tmp_path / "postgres")
    url = server.start(port)
    engine = make_engine(url)
    migrate(engine)
    load_corpus(engine)
    requests = [fields(student_query="What is gravity?") for _ in range(40)]
    file = tmp_path / "requests.jsonl"
    file.write_bytes(b"\n".join(json.dumps(r).encode() for r in requests))
    for bucket in ("generated", "temp"):
        (tmp_path / bucket).mkdir()
    with (tmp_path / "job.log").open("wb") as log:
        job = subprocess.Popen(
            [
                *(sys.executable, "-m", "beam_pipeline.main"),
                f"--input_file={file}",
                f"--database_url={url}",
                f"--generated_content_bucket={tmp_path / 'generated'}",
                f"--temp_files_bucket={tmp_path / 'temp'}",
                f"--dead_letter_topic={tmp_path / 'letters.jsonl'}",
                f"--notification_topic={tmp_path / 'notifications.jsonl'}",
            ],
            stderr=log,
        )
        try:
            wait_for(lambda: bool(queries.counts(engine)))
            server.stop()
            time.sleep(AWAY_S)
            assert job.poll() is None, (tmp_path / "job.log").read_text()
            server.start(port)
            assert job.wait(timeout=120) == 0, (tmp_path / "job.log").read_text()
        finally:
            job.kill()
        assert queries.counts(engine) == {"completed": len(requests)}
        assert not (tmp_path / "letters.jsonl").exists()
    engine.dispose()
    server.stop()
