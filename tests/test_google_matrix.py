"""What a request becomes in every failure of Google's services and every use of them.

Real clients over real sockets, the real ledger, and the job's own steps for failures and
answers: the row, the record of the stage, the dead letter and the notification are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from tenacity import wait_random_exponential

from tests.support.bad_line import BadLine
from tests.support.google_ends import End, end_of
from tests.support.google_matrix import MODEL_USES, SPEECH_USES, cells, fate, table
from tests.support.google_server import GoogleServer
from tests.support.google_troubles import WAIT_S, Wire
from tests.support.google_understand import understands
from tests.support.google_vertex import asks_for
from tests.support.judge_server import JudgeModel
from tests.support.lessons import script_of
from tests.support.requests import ticket
from tests.support.script_server import ScriptModel, insert
from tests.support.tts_server import speech_server
from vividly.execution.claiming import claim
from vividly.execution.services import Services
from vividly.execution.stages import STAGES
from vividly.execution.stages.execute import execute
from vividly.model.lesson import Line, Scene, Script, from_json, to_json
from vividly.model.settings import Settings
from vividly.model.ticket import Ticket
from vividly.platform import retry

ALWAYS = 5_000
ATTEMPTS = 3
SLOW = ("slow first byte", "answer that trickles")
WAITS = (
    "429, `Retry-After` in seconds",
    "429, `Retry-After` as a date",
    "429, `RetryInfo` in the error",
)
ALIKE = (("400", "401", "403", "404"), ("503", "408", "500"), WAITS)
"""Failures of which a client makes the same error. One of them will do for a further use of it."""
CLIENTS = ("understand", "retrieve", "speak rest", "speak grpc")
"""A use of each client: of models, of vectors, and of speech over both transports."""
SPOKEN = script_of(Scene("explanation", "Light", (Line("Leaves catch the light."),)))
DOCS = Path(__file__).parent.parent / "docs" / "google-failures.md"
BEFORE = ("understand", "find_lesson", "retrieve", "write_script")

Use = Callable[[str, str], tuple[Wire, Services, Ticket]]


def stage_of(use: str) -> str:
    return {"judge": "understand", "repair": "write_script"}.get(use, use.split()[0])


@pytest.fixture(scope="module")
def vectors(shared_database_url: str) -> str:
    """A database whose passages have vectors of Vertex AI."""
    with GoogleServer() as server:
        settings = Settings(shared_database_url, "", "", **_vectors_by(server.url))
        services = Services(settings)
        services.index_library()
        services.close()
    return shared_database_url


def _vectors_by(url: str) -> dict[str, object]:
    return {
        "embedding_provider": "vertex",
        "embedding_model": "text-embedding-005",
        "embedding_dimensions": 64,
        "vertex_project": "school",
        "vertex_endpoint": url,
    }


@pytest.fixture
def use(
    vectors: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, str], tuple[Wire, Services, Ticket]]]:
    """Takes a new request to the stage of a use, with its own server."""
    monkeypatch.setattr(retry, "_backoff", wait_random_exponential(multiplier=0.02, max=0.2))
    with ExitStack() as open_now:

        def brought(use: str, failure: str) -> tuple[Wire, Services, Ticket]:
            wire, changes = _wire(use, open_now)
            for bucket in ("generated", "temp"):
                (tmp_path / bucket).mkdir(exist_ok=True)
            limits = {"model_timeout": 0.6, "speech_timeout": 0.6} if failure in SLOW else {}
            settings = Settings(
                database_url=vectors,
                generated_content_bucket=str(tmp_path / "generated"),
                temp_files_bucket=str(tmp_path / "temp"),
                max_attempts=ATTEMPTS,
                durable_retries="off",
                **(changes | limits),  # type: ignore[arg-type]
            )
            services = Services(settings)
            open_now.callback(services.close)
            return wire, services, _bring(use, services)

        yield brought


def _wire(use: str, open_now: ExitStack) -> tuple[Wire, dict[str, object]]:
    """The servers of a use, and the settings that lead to them."""
    if use in SPEECH_USES:
        speech = open_now.enter_context(speech_server(use.split()[1]))
        line = open_now.enter_context(BadLine(speech.url)) if use == "speak grpc" else None
        return Wire(use, speech=speech, line=line), {
            "speech_provider": "google",
            "tts_transport": speech.transport,
            "tts_endpoint": line.url if line else speech.url,
        }
    server = understands(open_now.enter_context(GoogleServer()))
    broken = (insert("In 1831 Michael Faraday saw it in London."),) if use == "repair" else ()
    server.generates(asks_for("scenes"), ScriptModel(draft=broken))
    server.generates(asks_for("statements"), JudgeModel())
    changes = _vectors_by(server.url) | {"reading_level_tolerance": 4.0}
    if use == "understand":
        changes["understanding_provider"] = "gemini"
    if use in ("judge", "write_script", "repair", "find_lesson"):
        changes["script_provider"] = "gemini"
    return Wire(use, vertex=server), changes


def _bring(use: str, services: Services) -> Ticket:
    interest = "falconry" if use == "find_lesson" else None
    modalities = ["audio"] if use in SPEECH_USES else ["text"]
    asked = ticket(
        student_query="How do electric circuits work?",
        interest=interest,
        requested_modalities=modalities,
    )
    at = claim(asked, services)
    assert isinstance(at, Ticket)
    if use in SPEECH_USES:
        services.temp.write("script.json", to_json(SPOKEN), "application/json")
        return at.with_result("write_script", "script.json")
    for name in BEFORE[: BEFORE.index(stage_of(use))]:
        after = execute(STAGES[name], at, services)
        assert isinstance(after, Ticket)
        at = after
    return at


def is_failed(end: End, at: Ticket, stage: str, reason: str) -> None:
    """The request has failed, and row, dead letter and notification agree."""
    assert end.next is None and end.event == "failed"
    assert (end.row["status"], end.row["error_stage"]) == ("failed", stage)
    assert end.row["error_details"]["reason"] == reason
    assert end.row["error_message"]
    assert end.stage["status"] == "failed"
    assert end.letter["dlq_reason"] == reason and end.letter["dlq_stage"] == stage
    assert end.letter["dlq_request_id"] == at.request.request_id
    assert end.letter["dlq_replayable"] == "true"
    assert end.letter_data == at.message.data, "byte for byte"
    assert "circuits" not in f"{end.row['error_message']}{dict(end.letter)}"


def goes_on(end: End) -> None:
    assert end.next is not None and not end.letter and not end.event
    assert end.row["status"] == "generating" and end.stage["status"] == "completed"


def is_blocked(end: End) -> None:
    """The student gets an answer, and there is no dead letter."""
    assert end.next is None and not end.letter
    assert (end.row["status"], end.event) == ("blocked", "blocked")
    assert end.stage["stage_metadata"]["category"] == "hate"
    answer = end.row["request_metadata"]["answer"]
    assert answer["category"] == "hate" and answer["message"]


def _like_another(failure: str) -> bool:
    return any(failure in alike[1:] for alike in ALIKE)


@pytest.mark.parametrize(
    ("failure", "use_name"),
    [cell for cell in cells() if cell[1] in CLIENTS or not _like_another(cell[0])],
)
def test_a_failure_that_is_met_once(use: Use, failure: str, use_name: str) -> None:
    wire, services, at = use(use_name, failure)
    before = len(wire.calls)
    wire.play(failure, 1)
    end = end_of(stage_of(use_name), at, services)
    kind, calls = fate(failure, use_name), wire.calls[before:]
    if kind == "P":
        is_failed(end, at, stage_of(use_name), "permanent")
        assert len(calls) == 1 and end.row["error_details"]["tries"] == 1
    elif kind == "B":
        is_blocked(end)
        assert len(calls) == 1
    else:
        goes_on(end)
        retries = end.stage["retry_count"]
        if kind in "TU":
            # With a new connection or on a busy machine some more tries are possible.
            assert retries == 1 or (retries > 1 and (use_name == "speak grpc" or failure in SLOW))
        else:
            assert retries == 0
        if failure in WAITS:
            assert calls[1] - calls[0] >= WAIT_S


def _lasting(failure: str, use_name: str) -> bool:
    """Whether it makes a difference that it never passes. Of failures alike one will do."""
    same = _like_another(failure) and not (use_name == "speak grpc" and failure in WAITS)
    return fate(failure, use_name) not in "PB" and not same


@pytest.mark.parametrize(("failure", "use_name"), [cell for cell in cells() if _lasting(*cell)])
def test_a_failure_that_never_passes(
    use: Use, failure: str, use_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire, services, at = use(use_name, failure)
    stage, kind = stage_of(use_name), fate(failure, use_name)
    before = len(wire.calls)
    wire.play(failure, ALWAYS)
    if kind == "T":
        seconds = 6.0 if failure in (*WAITS, *SLOW) else 4.0
        monkeypatch.setitem(STAGES, stage, replace(STAGES[stage], time_limit=seconds))
    end = end_of(stage, at, services)
    calls = wire.calls[before:]
    if kind in "DN":
        goes_on(end)
        result = services.temp.read(end.next.results[stage]) if end.next else b""
        script = from_json(Script, result)
        assert "Faraday" not in script.text
        assert "the repaired script was off its form" in script.notes
        return
    is_failed(end, at, stage, "transient_exhausted")
    tries = end.row["error_details"]["tries"]
    if kind == "T":
        assert tries > 1
        if failure in WAITS:
            gaps = [after - before for before, after in pairwise(calls)]
            assert min(gaps) >= 0.95, "the service was left alone for as long as it asked"
        return
    assert tries == ATTEMPTS
    assert len(calls) == ATTEMPTS * (2 if kind == "M" else 1)
    if use_name in (*MODEL_USES, *SPEECH_USES):
        assert end.row["cost_usd"] > 0, "each was paid"


def test_the_documentation_has_this_matrix() -> None:
    assert table() in DOCS.read_text(encoding="utf-8"), f"put this into {DOCS.name}:\n{table()}"
