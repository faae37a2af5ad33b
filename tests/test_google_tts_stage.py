"""Text-to-Speech fails: a request waits, is retried, or fails."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from google.cloud.texttospeech_v1beta1 import SynthesizeSpeechResponse

from tests.support import google_faults as rest
from tests.support.lessons import script_of
from tests.support.requests import ticket
from tests.support.tts_server import SpeechServer, speech_server
from tests.test_google_tts import voice_of
from tests.test_google_tts_faults import REFUSED, TEXT, Refused, sound
from vividly.execution.claiming import claim
from vividly.execution.failures import reason_of
from vividly.execution.services import Services
from vividly.execution.stages import SPEAK
from vividly.execution.stages.base import Deadline, StageContext
from vividly.execution.stages.execute import StageFailed, execute
from vividly.lesson.speech.narrate import narrate
from vividly.model.errors import TransientError
from vividly.model.lesson import Line, Narration, Scene, from_json, to_json
from vividly.model.settings import Settings
from vividly.model.ticket import Ticket
from vividly.platform.cost import metered
from vividly.platform.ledger import queries

SCRIPT = script_of(Scene("explanation", "Light", (Line("Leaves catch light."), Line(TEXT))))


@pytest.fixture(params=["grpc", "rest"])
def server(request: pytest.FixtureRequest) -> Iterator[SpeechServer]:
    """Text-to-Speech over each transport in turn."""
    with speech_server(request.param) as server:
        yield server


@pytest.fixture
def speaking(server: SpeechServer, settings: Settings) -> Iterator[Services]:
    """Services that speak by the server."""
    google = replace(
        settings,
        speech_provider="google",
        tts_transport=server.transport,
        tts_endpoint=server.url,
    )
    services = Services(google)
    yield services
    services.close()


@pytest.fixture
def written(speaking: Services) -> Ticket:
    """A request whose script is written."""
    claimed = claim(ticket(requested_modalities=["audio"]), speaking)
    assert isinstance(claimed, Ticket)
    speaking.temp.write("script.json", to_json(SCRIPT), "application/json")
    return claimed.with_result("write_script", "script.json")


def spoken_stage(services: Services, of: Ticket) -> dict[str, object]:
    """The row of the speak stage."""
    rows = queries.stages(services.engine, of.request.request_id)
    return dict(next(row for row in rows if row["stage_name"] == "speak"))


def test_the_stage_keeps_the_narration_and_its_cost(
    server: SpeechServer, speaking: Services, written: Ticket
) -> None:
    done = execute(SPEAK, written, speaking)
    assert isinstance(done, Ticket)
    narration = from_json(Narration, speaking.temp.read(done.results["speak"]))
    assert [" ".join(word.text for word in line.words) for line in narration.lines] == [
        line.say for line in SCRIPT.scenes[0].lines
    ]
    metadata = str(spoken_stage(speaking, written)["stage_metadata"])
    assert "google-tts/neural2" in metadata
    assert len(server.truth) == 2


def test_lines_are_asked_for_at_once_and_all_are_paid_for() -> None:
    both = threading.Barrier(2, timeout=60)

    def waits(answer: SynthesizeSpeechResponse) -> SynthesizeSpeechResponse:
        both.wait()  # one alone would wait in vain
        return answer

    with speech_server("grpc") as server:
        server.spoil(waits, waits)
        with metered() as meter:
            voiced = narrate(SCRIPT, voice_of(server))
        assert not both.broken
        assert [line.line for line in voiced.lines] == [0, 1]
        (usage,) = meter.usage
        assert usage.amount >= sum(len(line.say) for line in SCRIPT.scenes[0].lines)


@pytest.mark.parametrize("refused", REFUSED, ids=lambda r: f"{r.code}-{r.wait:g}")
def test_a_stage_waits_for_what_will_pass_and_gives_up_on_what_will_not(
    server: SpeechServer, speaking: Services, written: Ticket, refused: Refused
) -> None:
    refused.play(server)
    slept: list[float] = []
    if refused.error is TransientError:
        assert isinstance(execute(SPEAK, written, speaking, sleep=slept.append), Ticket)
        assert len(slept) == 1
        if refused.wait:
            assert slept == [refused.wait]
        return
    with pytest.raises(StageFailed) as failed:
        execute(SPEAK, written, speaking, sleep=slept.append)
    assert (failed.value.tries, slept) == (1, [])
    assert reason_of(failed.value.__cause__) == "permanent"
    assert re.match("scene 1, line [12]: Text-to-Speech", str(failed.value.__cause__))


def test_a_quota_that_is_out_for_longer_than_the_stage_has_ends_it(
    server: SpeechServer, speaking: Services, written: Ticket
) -> None:
    Refused(429, "RESOURCE_EXHAUSTED", "Out.", TransientError, "", wait=900.0).play(server)
    slept: list[float] = []
    with pytest.raises(StageFailed) as failed:
        execute(SPEAK, written, speaking, sleep=slept.append)
    assert reason_of(failed.value.__cause__) == "transient_exhausted"
    assert slept == []


def test_noise_instead_of_speech_is_tried_a_few_times_and_paid_for_each_time(
    server: SpeechServer, speaking: Services, written: Ticket
) -> None:
    server.spoil(*[sound(rest.PAGE)] * 50)
    with pytest.raises(StageFailed) as failed:
        execute(SPEAK, written, speaking, sleep=lambda _: None)
    assert failed.value.tries == speaking.settings.max_attempts
    assert failed.value.tries <= len(server.truth) <= 2 * failed.value.tries
    assert reason_of(failed.value.__cause__) == "transient_exhausted"


def test_lines_that_were_spoken_are_not_spoken_again_in_another_try(
    server: SpeechServer, speaking: Services, written: Ticket
) -> None:
    server.spoil(lambda answer: answer, sound(b""))
    assert isinstance(execute(SPEAK, written, speaking, sleep=lambda _: None), Ticket)
    said = [len(spoken.request.input.ssml) for spoken in server.truth]
    assert len(said) == 3
    assert said[2] in said[:2]
    assert said[0] != said[1]


def test_to_wait_for_the_service_keeps_no_lesson_from_being_drawn(speaking: Services) -> None:
    context = StageContext(ticket(), speaking, Deadline(0.0), lambda share: None)
    assert not SPEAK.needs_all_cores(context)
