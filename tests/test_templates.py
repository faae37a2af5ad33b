"""The flex template's metadata matches the job's options and is valid for Dataflow."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from beam_pipeline import options as module
from beam_pipeline.options import VividlyOptions, read_options
from vividly.model import settings
from vividly.model.errors import SettingsError
from vividly.model.gemini_models import THINKING_LEVELS

METADATA = json.loads(
    (Path(__file__).parent.parent / "templates" / "metadata.json").read_text(encoding="utf-8")
)
PARAMETERS: dict[str, dict[str, Any]] = {each["name"]: each for each in METADATA["parameters"]}
CHOICES = {
    "stages": module.STAGES_CHOICES,
    "launch_checks": module.LAUNCH_CHECKS,
    "environment": settings.choices("environment"),
    "understanding_provider": settings.choices("understanding_provider"),
    "retrieval_provider": settings.choices("retrieval_provider"),
    "embedding_provider": settings.choices("embedding_provider"),
    "script_provider": settings.choices("script_provider"),
    "understanding_thinking": THINKING_LEVELS,
    "script_thinking": THINKING_LEVELS,
    "tts_transport": settings.choices("tts_transport"),
    "over_cost": settings.choices("over_cost"),
    "video_encoder": settings.choices("video_encoder"),
    "video_aspect": settings.choices("video_aspect"),
    "video_captions": settings.choices("video_captions"),
    "video_motion": settings.choices("video_motion"),
    "video_frame_rate": settings.choices("video_frame_rate"),
    "durable_retries": settings.choices("durable_retries"),
}
SUBSCRIPTION = "projects/school/subscriptions/requests-sub"
TOPIC = "projects/school/topics/requests"
SECRET = "projects/school/secrets/database-url"
NAMES = (["other", TOPIC], ["a b", "x", "projects/school/subscriptions/requests", "1st", ""])
BUCKETS = (["gs://school-content", "gs://school.example/"], ["/data", "school", "gs://", "gs://A"])
SECONDS = (["0", "90", "90.5"], ["-1", "1e3", "ten", "", ".5"])
MODELS = (["gemini-3.5-flash-lite", "text-embedding-005"], ["", "Gemini", "a b", "$(id)"])
TEMPERATURES = (["-1", "0", "0.4", "2"], ["-0.5", "2.1", "warm", ""])
ADDRESSES = (["", "https://vertex.example", "http://127.0.0.1:8080"], ["ftp://x", "a b"])
COUNTS = (["1", "24"], ["0", "-1", "1.5", ""])
# Parameter -> (valid values, invalid values).
EXAMPLES: dict[str, tuple[list[str], list[str]]] = {
    "input_subscription": (["", SUBSCRIPTION], ["requests-sub", TOPIC, SUBSCRIPTION + " "]),
    "input_topic": NAMES,
    "input_file": (["", "gs://b/day/1.jsonl"], ["requests.jsonl", "gs://b", "gs://b/a b"]),
    "dead_letter_topic": (["", TOPIC], ["dlq", SUBSCRIPTION, "/tmp/dead-letters.jsonl"]),
    "notification_topic": NAMES,
    "media_topic": NAMES,
    "media_subscription": (["media-sub", SUBSCRIPTION], ["a b", TOPIC, ""]),
    "database_url": (
        [SECRET, f"{SECRET}/versions/latest"],
        ["", "postgresql://app:secret@db/lessons", f"{SECRET}/latest", f"x/{SECRET}"],
    ),
    "generated_content_bucket": (BUCKETS[0], [*BUCKETS[1], ""]),
    "temp_files_bucket": (BUCKETS[0], [*BUCKETS[1], ""]),
    "oer_content_bucket": ([*BUCKETS[0], ""], BUCKETS[1]),
    "speech_voice": (["", "heart", "en-us"], ["a b", "$(id)", "x" * 65]),
    "speech_provider": (["hibari", "google,espeak"], ["", "polly", "hibari,", "hibari, espeak"]),
    "speech_style": (["", "warm"], ["a b", "Warm!", "x" * 33]),
    "vertex_project": (["", "school-project"], ["School", "a b", "x"]),
    "vertex_location": (["us-central1", "global", "eu"], ["", "US", "us central1"]),
    "embedding_location": (["", "us-central1", "eu"], ["US", "us central1"]),
    "vertex_endpoint": ADDRESSES,
    "tts_endpoint": ([*ADDRESSES[0], "texttospeech.example:443"], ADDRESSES[1]),
    "understanding_model": MODELS,
    "script_model": MODELS,
    "embedding_model": MODELS,
    "understanding_temperature": TEMPERATURES,
    "script_temperature": TEMPERATURES,
    "embedding_dimensions": COUNTS,
    "model_timeout": (SECONDS[0][1:], [*SECONDS[1], "0"]),
    "speech_timeout": (SECONDS[0][1:], [*SECONDS[1], "0"]),
    "max_cost_usd": (["0", "0.25"], ["-1", "a", ""]),
    "price_table": (["", "/app/prices.yaml"], ["prices.yaml", "gs://b/p", "/a b"]),
    "pronunciations": (
        ["", "/app/words.yaml", "gs://b-1/words.yaml"],
        ["words.yaml", "gs://b", "/a b"],
    ),
    "help_lines": (
        ["", "/app/help.yaml", "gs://b-1/help/es.yaml"],
        ["help.yaml", "gs://b", "/a b"],
    ),
    "kokoro_model": (
        ["", "/models/kokoro", "gs://b-1/kokoro/v1", "gs://b-1"],
        ["kokoro", "gs://b", "/a b"],
    ),
    "sentence_encoder": (
        ["", "/models/minilm", "gs://b-1/encoder/v1", "gs://b-1"],
        ["minilm", "gs://b", "/a b"],
    ),
    "similar_lesson_distance": (["0", "0.15"], ["-0.1", "3", ""]),
    "reading_level_tolerance": (["1.5", "0.5"], ["0", "-1", ""]),
    "request_budget": (SECONDS[0][1:], [*SECONDS[1], "0"]),
    "stage_deadlines": (
        ["", "speak=240", "speak=240,render=420.5"],
        ["speak", "speak=", "speak=240,", "speak=240, render=1", "=3"],
    ),
    "lease": (SECONDS[0][1:], [*SECONDS[1], "0"]),
    "lease_margin": SECONDS,
    "retry_patience": (SECONDS[0][1:], [*SECONDS[1], "0"]),
    "max_attempts": COUNTS,
    "stage_concurrency": COUNTS,
    "render_concurrency": COUNTS,
    "trace_export": (
        ["", "cloud", "/a/b.jsonl", "http://c:4318/v1/traces"],
        ["file", "a b", "gs://b/x"],
    ),
}
LOCAL = ("local_", "health_check_port")
NEEDED = {
    "runner": "DataflowRunner",
    "project": "school",
    "input_subscription": SUBSCRIPTION,
    "database_url": SECRET,
    "generated_content_bucket": "gs://generated",
    "temp_files_bucket": "gs://temporary",
}
# The fields of ImageSpecMetadata and ImageSpecParameter in the template service.
TOP_KEYS = {
    "name",
    "description",
    "streaming",
    "supportsAtLeastOnce",
    "supportsExactlyOnce",
    "defaultStreamingMode",
    "parameters",
}
PARAMETER_KEYS = {
    "name",
    "label",
    "helpText",
    "isOptional",
    "regexes",
    "paramType",
    "enumOptions",
    "defaultValue",
    "groupName",
    "parentName",
    "parentTriggerValues",
}
PARAMETER_TYPES = {
    "TEXT",
    "ENUM",
    "NUMBER",
    "PUBSUB_TOPIC",
    "PUBSUB_SUBSCRIPTION",
    "GCS_READ_FILE",
    "GCS_READ_BUCKET",
    "GCS_WRITE_BUCKET",
}


@pytest.fixture(autouse=True)
def options(monkeypatch: pytest.MonkeyPatch) -> dict[str, argparse.Action]:
    """The job's options as their parser knows them, less those of a local job."""
    for variable in module.VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
    parser = argparse.ArgumentParser(add_help=False)
    VividlyOptions._add_argparse_args(parser)
    return {a.dest: a for a in parser._actions if not a.dest.startswith(LOCAL)}


def matches(name: str, value: str) -> bool:
    """As the template service does: every expression must match the whole value."""
    return all(re.fullmatch(regex, value) for regex in PARAMETERS[name]["regexes"])


def test_every_option_is_a_parameter_and_no_other(options: dict[str, argparse.Action]) -> None:
    assert options.keys() == PARAMETERS.keys()
    assert len(METADATA["parameters"]) == len(PARAMETERS)


def test_defaults_are_the_options(options: dict[str, argparse.Action]) -> None:
    for name, parameter in PARAMETERS.items():
        option = options[name]
        read = option.type or str
        assert read(parameter.get("defaultValue", "")) == option.default, name


def test_a_parameter_is_required_where_the_job_needs_it() -> None:
    required = {name for name, parameter in PARAMETERS.items() if not parameter["isOptional"]}
    assert required == {"database_url", "generated_content_bucket", "temp_files_bucket"}
    read_options(PipelineOptions([f"--{name}={value}" for name, value in NEEDED.items()]))
    for missing in required:
        kept = [f"--{name}={value}" for name, value in NEEDED.items() if name != missing]
        with pytest.raises(SettingsError, match=missing):
            read_options(PipelineOptions(kept))


def test_choices_are_the_options(options: dict[str, argparse.Action]) -> None:
    enums = {name for name, parameter in PARAMETERS.items() if parameter["paramType"] == "ENUM"}
    assert enums == CHOICES.keys()
    for name, choices in CHOICES.items():
        values = [option["value"] for option in PARAMETERS[name]["enumOptions"]]
        assert values == list(choices)
        assert PARAMETERS[name]["defaultValue"] in values
        assert options[name].choices in (None, choices)


@pytest.mark.parametrize("name", sorted(PARAMETERS.keys() - CHOICES.keys()))
def test_expressions_tell_good_values_from_bad(name: str) -> None:
    good, bad = EXAMPLES[name]
    for value in good:
        assert matches(name, value), value
    for value in bad:
        assert not matches(name, value), value
    parameter = PARAMETERS[name]
    if parameter["isOptional"]:
        assert matches(name, parameter.get("defaultValue", ""))


@pytest.mark.parametrize("name", sorted(EXAMPLES.keys() - {"input_subscription", "input_file"}))
def test_the_job_takes_what_the_expressions_let_through(name: str) -> None:
    stages = PARAMETERS[name].get("parentTriggerValues", ["all"])[0]
    for value in EXAMPLES[name][0]:
        given = NEEDED | {"stages": stages, name: value}
        read_options(PipelineOptions([f"--{key}={each}" for key, each in given.items()]))


def test_only_what_the_template_service_knows() -> None:
    assert METADATA.keys() <= TOP_KEYS
    for name, parameter in PARAMETERS.items():
        assert parameter.keys() <= PARAMETER_KEYS, name
        assert parameter["paramType"] in PARAMETER_TYPES, name
        for key in ("label", "helpText", "groupName"):
            assert parameter[key].strip(), (name, key)
        assert isinstance(parameter.get("defaultValue", ""), str), name
        for option in parameter.get("enumOptions", []):
            assert option.keys() == {"value", "label", "description"}, name
        if "parentName" in parameter:
            assert set(parameter["parentTriggerValues"]) <= set(CHOICES[parameter["parentName"]])


def test_streaming_is_at_least_once() -> None:
    """The claim makes a second delivery harmless, so exactly-once would cost and add nothing."""
    assert METADATA["streaming"] is True
    assert METADATA["supportsAtLeastOnce"] is True
    assert METADATA["defaultStreamingMode"] == "AT_LEAST_ONCE"
