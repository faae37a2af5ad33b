"""The job's options: stable names, defaults from the environment, errors by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from beam_pipeline import options as module
from beam_pipeline.options import Endpoints, VividlyOptions, is_file, read_options, resource
from vividly.model.errors import SettingsError
from vividly.model.settings import Settings

GOOD = {
    "project": "school",
    "input_subscription": "content-generation-worker-sub",
    "database_url": "postgresql://app:hunter2@db/lessons",
    "generated_content_bucket": "gs://generated",
    "temp_files_bucket": "gs://temporary",
}
CLOUD = {
    "runner": "DataflowRunner",
    "database_url": "projects/school/secrets/database-url/versions/latest",
}
PROMISED = (
    "input_subscription",
    "input_file",
    "dead_letter_topic",
    "notification_topic",
    "media_topic",
    "media_subscription",
    "stages",
    "database_url",
    "generated_content_bucket",
    "temp_files_bucket",
    "oer_content_bucket",
    "environment",
)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in module.VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)


def given(**changes: str | None) -> PipelineOptions:
    """Options as on a command line; a change to None leaves one out."""
    merged = {name: value for name, value in (GOOD | changes).items() if value is not None}
    return PipelineOptions([f"--{name}={value}" for name, value in merged.items()])


def read(**changes: str | None) -> tuple[Settings, Endpoints]:
    return read_options(given(**changes))


def problems(**changes: str | None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(**changes)
    assert "hunter2" not in str(caught.value)
    return str(caught.value).splitlines()


# -- names and defaults -----------------------------------------------------------------------


def test_every_promised_option_exists() -> None:
    known = VividlyOptions([]).get_all_options()
    assert set(PROMISED) <= known.keys()
    assert {name for name in known if name.endswith("_provider")} == {
        "understanding_provider",
        "retrieval_provider",
        "embedding_provider",
        "script_provider",
        "speech_provider",
    }


def test_a_job_with_the_least_that_it_needs() -> None:
    settings, endpoints = read()
    assert settings == Settings(
        database_url=GOOD["database_url"],
        generated_content_bucket="gs://generated",
        temp_files_bucket="gs://temporary",
        vertex_project="school",
    )
    assert endpoints == Endpoints(
        input_subscription="projects/school/subscriptions/content-generation-worker-sub",
        input_file="",
        dead_letters="projects/school/topics/content-requests-dev-dlq",
        notifications="projects/school/topics/content-notifications",
        media_topic="",
        media_subscription="",
        stages="all",
    )
    assert endpoints.streaming


@pytest.mark.parametrize(
    ("name", "variable", "value"),
    [
        ("database_url", "DATABASE_URL", "postgresql://elsewhere/lessons"),
        ("environment", "ENVIRONMENT", "staging"),
        ("generated_content_bucket", "GCS_GENERATED_CONTENT_BUCKET", "gs://elsewhere"),
        ("oer_content_bucket", "GCS_OER_CONTENT_BUCKET", "gs://elsewhere"),
        ("temp_files_bucket", "GCS_TEMP_FILES_BUCKET", "gs://elsewhere"),
    ],
)
def test_a_variable_is_the_default_and_an_option_comes_first(
    monkeypatch: pytest.MonkeyPatch, name: str, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert getattr(read(**{name: None})[0], name) == value
    chosen = "prod" if name == "environment" else GOOD.get(name, "gs://chosen")
    assert getattr(read(**{name: chosen})[0], name) == chosen


def test_the_subscription_and_project_come_from_the_environment_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PUBSUB_SUBSCRIPTION", "from-environment")
    monkeypatch.setenv("GCP_PROJECT_ID", "university")
    _, endpoints = read(project=None, input_subscription=None)
    assert endpoints.input_subscription == "projects/university/subscriptions/from-environment"
    _, endpoints = read()
    assert endpoints.input_subscription.startswith("projects/school/")


def test_the_request_topic_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given().view_as(VividlyOptions).input_topic == "content-generation-requests"
    monkeypatch.setenv("PUBSUB_TOPIC", "from-environment")
    assert given().view_as(VividlyOptions).input_topic == "from-environment"


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "")
    assert read()[0].environment == "dev"


def test_numbers_are_read_as_numbers() -> None:
    settings, _ = read(max_attempts="3", request_budget="90.5", render_concurrency="2")
    assert (settings.max_attempts, settings.request_budget) == (3, 90.5)
    assert settings.render_concurrency == 2


def test_the_dead_letters_go_to_the_topic_of_the_environment() -> None:
    for environment in ("dev", "staging", "prod"):
        _, endpoints = read(environment=environment)
        expected = f"projects/school/topics/content-requests-{environment}-dlq"
        assert endpoints.dead_letters == expected


# -- Pub/Sub names ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("project", "name", "full"),
    [
        ("school", "lessons", "projects/school/topics/lessons"),
        ("school", "projects/other/topics/lessons", "projects/other/topics/lessons"),
        ("", "lessons", "lessons"),
        ("school", "", ""),
        ("school", "/tmp/letters.jsonl", "/tmp/letters.jsonl"),
        ("school", "ab", "ab"),
    ],
)
def test_short_names_are_expanded(project: str, name: str, full: str) -> None:
    assert resource(project, "topics", name) == full


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("/tmp/x.jsonl", True),
        ("./x.jsonl", True),
        ("../x", True),
        ("~/x", True),
        ("topic", False),
        ("projects/p/topics/t", False),
        ("", False),
    ],
)
def test_a_path_is_told_from_a_topic(name: str, file: bool) -> None:
    assert is_file(name) is file


def test_messages_may_go_to_files() -> None:
    _, endpoints = read(dead_letter_topic="/tmp/dlq.jsonl", notification_topic="./told.jsonl")
    assert endpoints.dead_letters == "/tmp/dlq.jsonl"
    assert endpoints.notifications == "./told.jsonl"


# -- the parts of the graph -------------------------------------------------------------------


def test_the_text_job_writes_to_the_media_topic() -> None:
    _, endpoints = read(stages="text")
    assert endpoints.media_topic == "projects/school/topics/content-media"
    assert endpoints.media_subscription == ""
    assert endpoints.input_subscription


def test_the_media_job_reads_its_own_subscription_alone() -> None:
    _, endpoints = read(stages="media", input_subscription=None)
    subscription = "projects/school/subscriptions/content-media-worker-sub"
    assert endpoints.media_subscription == subscription
    assert endpoints.input_subscription == endpoints.media_topic == ""


def test_a_file_takes_the_place_of_the_subscription(tmp_path: Path) -> None:
    (tmp_path / "requests.jsonl").touch()
    _, endpoints = read(input_file=str(tmp_path / "requests.jsonl"), input_subscription=None)
    assert not endpoints.streaming
    assert endpoints.input_subscription == ""


def test_a_file_is_preferred_to_the_subscription_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PUBSUB_SUBSCRIPTION", "from-environment")
    (tmp_path / "requests.jsonl").touch()
    _, endpoints = read(input_file=str(tmp_path / "requests.jsonl"), input_subscription=None)
    assert endpoints.input_subscription == ""


# -- faults -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "option", "fault"),
    [
        ({"database_url": None}, "database_url", "is not set"),
        ({"database_url": "postgresql://app:hunter2@db"}, "database_url", "names no database"),
        ({"database_url": "mysql://app:hunter2@db/x"}, "database_url", "begins with mysql://"),
        ({"generated_content_bucket": None}, "generated_content_bucket", "is not set"),
        ({"temp_files_bucket": None}, "temp_files_bucket", "is not set"),
        ({"environment": "production"}, "environment", "choose one of dev, staging, prod"),
        ({"speech_provider": "polly"}, "speech_provider", "choose one of"),
        ({"request_budget": "0"}, "request_budget", "must be above 0"),
        ({"input_subscription": None}, "input_subscription", "is not set"),
        ({"input_subscription": "a b"}, "input_subscription", "want projects/PROJECT/subscr"),
        (
            {"input_subscription": "projects/p/topics/requests"},
            "input_subscription",
            "want projects/PROJECT/subscriptions/NAME",
        ),
        (
            {"input_subscription": "/tmp/requests.jsonl"},
            "input_subscription",
            "want projects/PROJECT/subscriptions/NAME",
        ),
        ({"dead_letter_topic": "x!"}, "dead_letter_topic", "or the path of a file"),
        ({"notification_topic": "projects/p"}, "notification_topic", "or the path of a file"),
        ({"stages": "text", "media_topic": "/tmp/media"}, "media_topic", "want projects/"),
        ({"stages": "media", "media_subscription": "?"}, "media_subscription", "want projects/"),
        ({"input_file": "/nowhere/at/all.jsonl"}, "input_file", "choose one"),
        (
            {"input_file": "/nowhere/at/all.jsonl", "input_subscription": None},
            "input_file",
            "there is no such file",
        ),
        (
            {"input_file": "/nowhere/at/all.jsonl", "stages": "media"},
            "input_file",
            "reads --media_subscription only",
        ),
    ],
)
def test_a_fault_is_named_with_its_fix(
    changes: dict[str, str | None], option: str, fault: str
) -> None:
    assert any(p.startswith(f"--{option}") and fault in p for p in problems(**changes))


@pytest.mark.parametrize("name", ["oer_content_bucket", "speech_voice"])
def test_what_may_be_left_out(name: str) -> None:
    assert getattr(read(**{name: None})[0], name) == ""


def test_short_names_need_a_project() -> None:
    found = problems(project=None)
    assert {problem.split("=")[0] for problem in found} == {
        "--input_subscription",
        "--dead_letter_topic",
        "--notification_topic",
    }
    assert all("--project (or GCP_PROJECT_ID)" in problem for problem in found)


def test_every_fault_is_reported_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read_options(PipelineOptions(["--environment=mars"]))
    named = {line.split()[0].split("=")[0] for line in str(caught.value).splitlines()}
    assert named == {
        "--database_url",
        "--generated_content_bucket",
        "--temp_files_bucket",
        "--environment",
        "--input_subscription",
        "--dead_letter_topic",
        "--notification_topic",
    }


@pytest.mark.parametrize("flag", ["--stages=some", "--max_attempts=many", "--request_budget=long"])
def test_a_value_of_the_wrong_kind_stops_the_command_line(
    flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        read_options(PipelineOptions([flag]))
    assert flag.split("=")[0] in capsys.readouterr().err


# -- Dataflow ---------------------------------------------------------------------------------


def test_a_dataflow_job_with_a_secret_and_buckets() -> None:
    settings, _ = read(**CLOUD)
    assert settings.database_url == CLOUD["database_url"]


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("database_url", GOOD["database_url"], "Secret Manager"),
        ("generated_content_bucket", "/tmp/generated", "share no directory"),
        ("temp_files_bucket", "/tmp/temporary", "share no directory"),
        ("dead_letter_topic", "/tmp/dlq.jsonl", "share no file"),
        ("notification_topic", "./told.jsonl", "share no file"),
    ],
)
def test_what_only_works_on_one_machine_is_refused_on_dataflow(
    name: str, value: str, fault: str
) -> None:
    read(**{name: value})
    (problem,) = problems(**(CLOUD | {name: value}))
    assert problem.startswith(f"--{name}: ")
    assert fault in problem
