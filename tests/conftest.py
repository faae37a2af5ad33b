"""Real parts for the tests: one Postgres and one Pub/Sub of each kind per session."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pg8000.native
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Engine, make_url

from beam_pipeline.local.emulator import PubSubEmulator, find_emulator
from beam_pipeline.local.postgres import EmbeddedPostgres
from beam_pipeline.local.pubsub_server import LocalPubSub
from tests.support.pubsub import EMULATOR, OWN
from vividly.execution.services import Services, close_services
from vividly.library.retrieval import index_library
from vividly.library.retrieval.corpus_loader import load_corpus
from vividly.library.retrieval.sentence_embedder import SentenceEmbedder
from vividly.model.settings import Settings
from vividly.platform import breaker
from vividly.platform.ledger import Ledger, migrate
from vividly.platform.ledger.engine import make_engine

if TYPE_CHECKING:
    from tests.support.project import Project
    from tests.support.real_job import System

_numbers = itertools.count()
# A busy machine must not make tests fail.
hypothesis_settings.register_profile(
    "busy", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("busy")
# Local stacks run beside each other, so each has any free port.
os.environ["VIVIDLY_API_PORT"] = "0"
# Test processes have no terminal, but some environments set its size for them.
for _size in ("COLUMNS", "LINES"):
    os.environ.pop(_size, None)


_LONGEST = (
    "test_chaos", "test_resilience", "test_pages", "test_local_stack", "test_google_matrix",
    "test_canary", "test_planted_secrets", "test_deploy_end_to_end", "test_dlq_act",
    "test_end_to_end", "test_local_runner", "test_video_fits", "test_gemini_script",
    "test_faults", "test_deploy_jobs", "test_scale_out", "test_safety_evaluation",
    "test_speech_kokoro", "test_speech_hibari", "test_video_render", "test_video_tracks",
    "test_transforms", "test_hostile_input", "test_google_job", "test_graph",
    "test_terraform_plan", "test_gemini_stage", "test_gemini_visuals", "test_ingest_job",
    "test_local_pubsub", "test_sharing", "test_preflight", "test_telemetry",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the slowest files first, so that all workers end at about the same time."""
    rank = {name: number for number, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))


@pytest.fixture(autouse=True)
def _closed_circuits() -> None:
    """Close all circuit breakers before every test."""
    breaker.reset()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a server, without a database."""
    # Not below pytest's own folder, which only its owner may enter: the server
    # runs as another user if we are root.
    with tempfile.TemporaryDirectory(prefix="vividly-tests-") as folder:
        Path(folder).chmod(0o755)
        server = EmbeddedPostgres(Path(folder) / "postgres", fsync="off")
        yield server.start().rsplit("/", 1)[0]
        server.stop()


@pytest.fixture(scope="session")
def _templates(postgres: str) -> str:
    """A migrated database, and one with the corpus too, to copy from."""
    _run(postgres, "CREATE DATABASE migrated")
    engine = make_engine(f"{postgres}/migrated")
    migrate(engine)
    engine.dispose()
    _run(postgres, "CREATE DATABASE with_corpus TEMPLATE migrated")
    engine = make_engine(f"{postgres}/with_corpus")
    load_corpus(engine)
    index_library(engine, SentenceEmbedder())
    engine.dispose()
    return postgres


@pytest.fixture
def database_url(_templates: str) -> Iterator[str]:
    """URL of a migrated database for this test only, with the corpus loaded."""
    with _copy(_templates, "with_corpus") as url:
        yield url


@pytest.fixture(scope="module")
def shared_database_url(_templates: str) -> Iterator[str]:
    """Like `database_url`, but shared by tests of a module that tolerate each other's rows."""
    with _copy(_templates, "with_corpus") as url:
        yield url


@pytest.fixture
def empty_database_url(postgres: str) -> Iterator[str]:
    """URL of a database without tables for this test only."""
    with _copy(postgres, "template1") as url:
        yield url


@pytest.fixture
def engine(_templates: str) -> Iterator[Engine]:
    """An engine on a migrated, empty database for this test only."""
    with _copy(_templates, "migrated") as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    """A ledger on an empty database."""
    return Ledger(engine, owner="test")


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Complete settings of a job."""
    for bucket in ("generated", "temp"):
        (tmp_path / bucket).mkdir()
    return Settings(
        database_url=database_url,
        generated_content_bucket=str(tmp_path / "generated"),
        temp_files_bucket=str(tmp_path / "temp"),
    )


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    """The services for `settings`, as a stage gets them."""
    services = Services(settings)
    yield services
    services.close()


@pytest.fixture(scope="session")
def _emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    found = find_emulator()
    if isinstance(found, str):
        pytest.skip(found)
    emulator = PubSubEmulator(*found, log=tmp_path_factory.mktemp("pubsub") / "log")
    yield emulator.start()
    emulator.stop()


@pytest.fixture(scope="session")
def _own_pubsub(postgres: str) -> Iterator[str]:
    _run(postgres, "CREATE DATABASE own_pubsub")
    server = LocalPubSub(f"{postgres}/own_pubsub")
    yield server.start()
    server.stop()


@pytest.fixture
def pubsub(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A Pub/Sub project for this test only, on our own server unless the parameter says other."""
    emulated = getattr(request, "param", OWN) == EMULATOR
    address = request.getfixturevalue("_emulator" if emulated else "_own_pubsub")
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", address)
    return f"test-{next(_numbers)}"


@pytest.fixture
def project(
    pubsub: str, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """The topics of a project that the command line uses."""
    # Imported here, since the command line reads the terminal's size on import.
    from tests.support.project import named_project

    return named_project(pubsub, engine, tmp_path, monkeypatch)


@pytest.fixture
def system(
    request: pytest.FixtureRequest,
    pubsub: str,
    services: Services,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[System]:
    """A system for real jobs, in the environment of the parameter; default dev."""
    # Imported here, since the command line reads the terminal's size on import.
    from beam_pipeline.cli import dead_letters as dead_letters_module
    from tests.support.command_line import name_system
    from tests.support.real_job import System

    name_system(monkeypatch, tmp_path, services.settings.database_url, pubsub)
    if environment := getattr(request, "param", ""):
        monkeypatch.setenv("ENVIRONMENT", environment)
    monkeypatch.setattr(dead_letters_module, "PULL_S", 0.5)
    services.index_library()
    system = System(pubsub, services, tmp_path)
    yield system
    system.close()


@contextmanager
def _copy(server: str, template: str) -> Iterator[str]:
    """URL of a copy of a database, which is deleted afterwards."""
    name = f"test_{next(_numbers)}"
    _run(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield f"{server}/{name}"
    close_services(f"{server}/{name}")
    # By force: a thread left over from the test may still be connected.
    _run(server, f"DROP DATABASE {name} WITH (FORCE)")


def _run(server: str, statement: str) -> None:
    """Run a statement outside a transaction, on a connection that is kept: a new one is dear."""
    _maintenance(server).run(statement)


@cache
def _maintenance(server: str) -> pg8000.native.Connection:
    url = make_url(server)
    assert url.username and url.host
    return pg8000.native.Connection(url.username, url.host, "postgres", url.port or 5432)
