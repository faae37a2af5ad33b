"""The database goes away while the job runs: requests wait for it, and none is lost."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from beam_pipeline.local.postgres import EmbeddedPostgres
from beam_pipeline.local.processes import free_port
from tests.support.requests import fields
from vividly.library.retrieval import index_library
from vividly.library.retrieval.corpus_loader import load_corpus
from vividly.library.retrieval.sentence_embedder import SentenceEmbedder
from vividly.platform.ledger import migrate, queries
from vividly.platform.ledger.engine import make_engine

pytestmark = pytest.mark.slow
AWAY_S = 6.0


def wait_for(condition: Callable[[], bool], seconds: float = 600.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that all may enter: Postgres runs as another user if we are root."""
    with tempfile.TemporaryDirectory(prefix="vividly-faults-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_requests_wait_for_a_database_that_is_away(folder: Path) -> None:
    port = free_port()
    server = EmbeddedPostgres(folder / "postgres", fsync="off")
    url = server.start(port)
    engine = make_engine(url)
    migrate(engine)
    load_corpus(engine)
    index_library(engine, SentenceEmbedder())
    requests = [fields(student_query="What is gravity?") for _ in range(40)]
    file = folder / "requests.jsonl"
    file.write_bytes(b"\n".join(json.dumps(r).encode() for r in requests))
    for bucket in ("generated", "temp"):
        (folder / bucket).mkdir()
    with (folder / "job.log").open("wb") as log:
        job = subprocess.Popen(
            [
                *(sys.executable, "-m", "beam_pipeline.main"),
                f"--input_file={file}",
                f"--database_url={url}",
                f"--generated_content_bucket={folder / 'generated'}",
                f"--temp_files_bucket={folder / 'temp'}",
                f"--dead_letter_topic={folder / 'letters.jsonl'}",
                f"--notification_topic={folder / 'notifications.jsonl'}",
            ],
            stderr=log,
        )
        try:
            wait_for(lambda: bool(queries.counts(engine)))
            server.stop()
            time.sleep(AWAY_S)
            assert job.poll() is None, (folder / "job.log").read_text()
            server.start(port)
            assert job.wait(timeout=120) == 0, (folder / "job.log").read_text()
        finally:
            job.kill()
        assert queries.counts(engine) == {"completed": len(requests)}
        assert not (folder / "letters.jsonl").exists()
    engine.dispose()
    server.stop()
