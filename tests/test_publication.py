"""`lesson.json`: the description of a lesson in schema.org's vocabulary."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from tests.support.lessons import short_script, tones
from tests.support.requests import ticket
from vividly.execution.lesson_files import (
    CONTENT_TYPES,
    delivered_name,
    lesson_json,
    script_of_lesson,
)
from vividly.model.lesson import Script, Source

URLS = {kind: f"gs://made/{delivered_name('id', kind)}" for kind in CONTENT_TYPES}


def described(script: Script, urls: dict[str, str] = URLS, **changes: object) -> dict[str, Any]:
    narration, _ = tones(script)
    value: dict[str, Any] = json.loads(
        lesson_json(ticket(**changes).request, script, narration, urls)
    )
    return value


def test_what_it_is_and_how_it_can_be_used() -> None:
    lesson = described(short_script())
    assert lesson["@type"] == "LearningResource"
    assert lesson["learningResourceType"] == "video lesson"
    assert lesson["isAccessibleForFree"] is True
    assert lesson["accessMode"] == ["auditory", "visual"]
    assert set(lesson["accessibilityFeature"]) == {"captions", "transcript", "bookmarks"}
    assert lesson["thumbnailUrl"] == URLS["thumbnail"]
    assert {m["name"]: m["encodingFormat"] for m in lesson["encoding"]} == CONTENT_TYPES
    assert lesson["teaches"] == [s.heading for s in short_script().scenes if s.explains]
    assert lesson["timeRequired"].startswith("PT") and lesson["timeRequired"].endswith("S")


def test_a_robots_voice_is_told() -> None:
    script = short_script()
    narration, _ = tones(script)
    for voice, robotic in (("espeak-ng/loader-0.2.4/fr", True), ("hibari/0.2.1/heart", False)):
        spoken = replace(narration, voice=voice)
        told = json.loads(lesson_json(ticket().request, script, spoken, URLS))["author"]
        assert told == {"writer": script.writer, "voice": voice, "robotic": robotic}


def test_the_preferred_modality_is_handed_on_where_there_is_one() -> None:
    assert described(short_script(), preferred_modality="audio")["preferredModality"] == "audio"
    assert "preferredModality" not in described(short_script())


def test_one_licence_is_the_lessons_and_several_are_each_works() -> None:
    script = short_script()
    assert lesson_licence(script) == "https://creativecommons.org/licenses/by/4.0/"
    other = Source("Another", "1", "Somebody", "CC BY-SA 4.0")
    both = replace(script, sources=(*script.sources, other))
    assert lesson_licence(both) is None
    assert len(described(both)["citation"]) == 2


def lesson_licence(script: Script) -> str | None:
    licence: str | None = described(script).get("license")
    return licence


def test_sound_alone_promises_no_pictures() -> None:
    urls = {kind: URLS[kind] for kind in ("audio", "lesson")}
    lesson = described(short_script(), urls)
    assert lesson["learningResourceType"] == "audio lesson"
    assert lesson["accessMode"] == ["auditory"]
    assert lesson["accessibilityFeature"] == [] and "thumbnailUrl" not in lesson


def test_it_carries_its_script_and_no_student() -> None:
    script = short_script()
    lesson = described(script)
    assert script_of_lesson(lesson) == script
    request = ticket().request
    assert request.student_id not in json.dumps(lesson)
    assert request.student_query not in json.dumps(lesson)
