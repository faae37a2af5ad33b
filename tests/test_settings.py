"""Validation of the settings: each error names the setting and the fix."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vividly.execution.stages import STAGES
from vividly.model import settings as module
from vividly.model.settings import STAGE_SECONDS, Settings

GOOD = Settings(
    database_url="postgresql://app:hunter2@db.example:5432/lessons",
    generated_content_bucket="gs://generated",
    temp_files_bucket="/var/tmp/vividly",
)


def problems(**changes: object) -> list[str]:
    return list(replace(GOOD, **changes).problems())  # type: ignore[arg-type]


def test_good_settings_have_no_problem() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://db/lessons",
        "postgres://app@db/lessons",
        "postgresql+pg8000://app:p%40ss@10.0.0.1:5432/lessons",
        "postgresql://[::1]:5432/lessons",
        "postgresql://app@db/lessons?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        "postgresql://app@db/lessons?sslmode=verify-ca&sslrootcert=/etc/ca.pem",
        "postgresql://app@db/lessons?sslmode=require&allow_unverified_database=true",
        "postgresql://app@127.0.0.2/lessons?sslmode=disable",
        "postgresql://app@/lessons?unix_sock=/run/postgres/.s.PGSQL.5432",
        "postgresql:///lessons?cloud_sql_instance=p:us-central1:ledger",
        "postgresql://you%40school.example@/lessons?cloud_sql_instance=a.example:p:us-central1:db",
        "postgresql://app:p%40ss@/lessons?cloud_sql_instance=p:r:i&cloud_sql_ip=psc",
        "projects/p/secrets/database-url",
        "projects/p/secrets/database-url/versions/7",
        "projects/p/secrets/database-url/versions/latest",
    ],
)
def test_forms_of_the_database_url(url: str) -> None:
    assert problems(database_url=url) == []


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("", "is not set"),
        ("hunter2", "is malformed"),
        (
            "mysql://app:hunter2@db/lessons",
            "begins with mysql://, and the database has to be Postgre",
        ),
        ("postgresql:///lessons", "is malformed"),
        ("postgresql://app:hunter2@db:port/lessons", "is malformed"),
        ("postgresql://app:hunter2@db:99999/lessons", "is malformed"),
        ("postgresql://app:hunter2@[db/lessons", "is malformed"),
        ("postgresql://app:hunter2@db", "names no database"),
        ("postgresql://app:hunter2@db/", "names no database"),
        ("postgresql://app:hunter2@db/lessons?sslmode=require", "allow_unverified_database=true"),
        ("postgresql://app:hunter2@db/lessons?sslmode=disable", "allow_unverified_database=true"),
        (
            "postgresql://app@db/x?sslmode=disable&allow_unverified_database=false",
            "allow_unverified_database=true",
        ),
        ("postgresql://db/x?allow_unverified_database=hunter2", "choose true or false"),
        ("postgresql://app:hunter2@db/lessons?sslmode=prefer", "choose one of verify-full, verify"),
        ("postgresql://app:hunter2@db/lessons?sslmode=verify-ca", "without sslrootcert"),
        ("postgresql://localhost/x?sslrootcert=/hunter2", "goes with sslmode=verify-full or"),
        ("postgresql://localhost/x?host=db.example", "unknown or given twice"),
        ("postgresql://db/x?sslmode=verify-full&sslmode=require", "unknown or given twice"),
        ("postgresql://db/x?hunter2=1", "unknown or given twice: the known ones are sslmode, "),
        ("postgresql:///x?cloud_sql_instance=hunter2", "want PROJECT:REGION:INSTANCE"),
        ("postgresql://db/x?cloud_sql_instance=p:r:i", "leave the host out"),
        ("postgresql:///x?cloud_sql_instance=p:r:i&sslmode=disable", "has sslmode beside"),
        ("postgresql:///x?cloud_sql_instance=p:r:i&cloud_sql_ip=hunter2", "private, public, psc"),
        ("postgresql://db/x?cloud_sql_ip=public", "without cloud_sql_instance"),
        ("projects/p/secrets/", "is malformed"),
        ("projects/p/secrets/s/versions/1/extra", "is malformed"),
    ],
)
def test_a_faulty_database_url_is_named_and_not_shown(url: str, fault: str) -> None:
    (problem,) = problems(database_url=url)
    assert problem.startswith("--database_url (or DATABASE_URL)")
    assert fault in problem
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("generated_content_bucket", "GCS_GENERATED_CONTENT_BUCKET"),
        ("temp_files_bucket", "GCS_TEMP_FILES_BUCKET"),
    ],
)
def test_a_missing_bucket_is_named_with_its_variable(name: str, variable: str) -> None:
    (problem,) = problems(**{name: ""})
    assert problem.startswith(f"--{name} (or {variable}) is not set: give gs://NAME")


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("environment", ("dev", "staging", "prod")),
        ("understanding_provider", ("offline", "gemini")),
        ("retrieval_provider", ("hybrid", "postgres")),
        ("embedding_provider", ("offline", "vertex")),
        ("script_provider", ("offline", "gemini")),
        ("understanding_thinking", ("minimal", "low", "medium", "high")),
        ("script_thinking", ("minimal", "low", "medium", "high")),
        ("tts_transport", ("grpc", "rest")),
        ("over_cost", ("text_only", "fail")),
        ("video_encoder", ("pyav", "moviepy")),
        ("video_aspect", ("16:9", "9:16")),
        ("video_captions", ("burned_in", "track_only")),
        ("video_motion", ("on", "off")),
        ("video_frame_rate", ("cfr", "vfr")),
        ("durable_retries", ("on", "off")),
    ],
)
def test_a_choice_is_one_of_the_known(name: str, known: tuple[str, ...]) -> None:
    for value in known:
        assert problems(**{name: value}, vertex_project="school") == []
    for value in ("", "PROD", "nobody"):
        (problem,) = problems(**{name: value})
        assert problem == f"--{name}={value!r}: choose one of {', '.join(known)}"


def test_several_voices_may_be_listed() -> None:
    for voices in ("hibari", "hibari,espeak", "google, espeak", *module.SPEECH_PROVIDERS):
        assert problems(speech_provider=voices) == []
    for voices in ("", "polly", "hibari,polly", "hibari,,espeak"):
        (problem,) = problems(speech_provider=voices)
        assert problem.startswith(
            f"--speech_provider={voices!r}: choose one of hibari, kokoro, espeak"
        )


@pytest.mark.parametrize(
    "setting", ["understanding_provider", "script_provider", "embedding_provider"]
)
def test_vertex_ai_needs_a_project_to_be_billed_to(setting: str) -> None:
    provider = "vertex" if setting == "embedding_provider" else "gemini"
    (problem,) = problems(**{setting: provider})
    assert problem.startswith("--vertex_project (or GCP_PROJECT_ID) is not set")
    assert problems(**{setting: provider}, vertex_project="school") == []


POSITIVE = (
    "request_budget", "lease", "retry_patience", "max_attempts", "stage_concurrency",
    "render_concurrency", "embedding_dimensions", "model_timeout", "speech_timeout",
    "reading_level_tolerance",
)  # fmt: skip


@pytest.mark.parametrize("name", POSITIVE)
def test_a_number_is_above_zero(name: str) -> None:
    assert problems(**{name: 1}) == []
    for value in (0, -1):
        (problem,) = problems(**{name: value})
        assert problem == f"--{name}={value}: must be above 0"


@pytest.mark.parametrize("name", ["max_cost_usd", "similar_lesson_distance", "lease_margin"])
def test_a_number_is_not_below_zero(name: str) -> None:
    assert problems(**{name: 0.0}) == [] == problems(**{name: 0.5})
    assert problems(**{name: -0.5}) == [f"--{name}=-0.5: must not be below 0"]
    (problem,) = problems(**{name: float("nan")})
    assert problem == f"--{name}=nan: must not be below 0"


@pytest.mark.parametrize("use", ["understanding", "script"])
def test_a_temperature_is_in_range_and_one_that_the_model_takes(use: str) -> None:
    def problems(temperature: float, model: str, provider: str = "gemini") -> list[str]:
        fields = {
            f"{use}_temperature": temperature,
            f"{use}_model": model,
            f"{use}_provider": provider,
            "vertex_project": "school",
        }
        return list(replace(GOOD, **fields).problems())  # type: ignore[arg-type]

    assert problems(-1.0, "gemini-3.5-flash-lite") == []
    assert problems(0.0, "gemini-3.5-flash") == [] == problems(2.0, "gemini-3.5-flash")
    for wrong in (-0.5, 2.1, float("nan")):
        (problem,) = problems(wrong, "gemini-3.5-flash")
        assert f"--{use}_temperature={wrong:g}: give 0 to 2, or -1" in problem
    (problem,) = problems(0.4, "gemini-3.8-flash")
    assert "gemini-3.8-flash would ignore it" in problem and f"another --{use}_model" in problem
    assert problems(0.4, "gemini-3.8-flash", provider="offline") == []


def test_every_problem_is_reported() -> None:
    found = list(Settings("", "", "", environment="x", max_attempts=0).problems())
    assert len(found) == 5


def test_the_budget_is_ten_minutes_and_five_attempts() -> None:
    assert (GOOD.request_budget, GOOD.max_attempts) == (600, 5)


def test_settings_are_a_key_of_the_process_wide_services() -> None:
    assert hash(GOOD) == hash(replace(GOOD))


# -- time limits of stages --------------------------------------------------------------------


def test_every_stage_has_a_time_limit() -> None:
    assert STAGE_SECONDS.keys() == STAGES.keys()
    assert sum(STAGE_SECONDS.values()) < 1.5 * Settings("", "", "").request_budget


def test_a_stage_can_be_given_another() -> None:
    own = Settings("", "", "", stage_deadlines=" speak=240, render=420.5 ")
    assert (own.stage_seconds("speak"), own.stage_seconds("render")) == (240.0, 420.5)
    assert own.stage_seconds("deliver") == STAGE_SECONDS["deliver"]


def test_a_slow_voice_has_more_time() -> None:
    slow = Settings("", "", "", speech_provider="hibari, kokoro")
    assert slow.stage_seconds("speak") == 300 > STAGE_SECONDS["speak"]
    assert replace(slow, stage_deadlines="speak=90").stage_seconds("speak") == 90


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("speek=240", "there is no stage 'speek'; the stages are understand"),
        ("speak", "'' is no number of seconds: want speak=90"),
        ("speak=soon", "'soon' is no number"),
        ("speak=0", "speak=0: want seconds above 0"),
        ("speak=-1", "want seconds above 0"),
        ("speak=nan", "want seconds above 0"),
        ("speak=1e9", "up to a day"),
    ],
)
def test_a_malformed_one_is_named(given: str, named: str) -> None:
    problems = list(Settings("", "", "", stage_deadlines=given).problems())
    assert any(p.startswith(f"--stage_deadlines='{given}'") and named in p for p in problems)
