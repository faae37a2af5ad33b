"""Errors found by libraries, explained in sentences of our own."""

from __future__ import annotations

import errno
import json
from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tests.support.requests import fields, message, request, ticket
from tests.test_request import ANY_JSON
from vividly.execution.failures import dead_letter_attributes, failure_of
from vividly.model.errors import InvalidRequest
from vividly.model.explain import explain, faults_of, is_full
from vividly.model.lesson import Script, from_json
from vividly.model.request import parse_request
from vividly.model.ticket import token_from_json

PYDANTICS = (
    "Input should", "should have", "should be", "should match", "Value error", "validation",
    "Field required", "Unable to", "Invalid JSON", "Extra inputs", "pydantic", "items after",
    "_type", "literal_error",
)  # fmt: skip


def refusal(**changes: object) -> str:
    with pytest.raises(InvalidRequest) as caught:
        parse_request(json.dumps(fields(**changes)).encode())
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"grade_level": 14}, "grade_level: 14 is not between 1 and 12"),
        ({"grade_level": 10**400}, "grade_level: the number is not between 1 and 12"),
        ({"grade_level": "10"}, "grade_level: is a string, and has to be a whole number"),
        (
            {"grade_level": 10.0},
            "grade_level: is a number with a decimal point, and has to be a whole number",
        ),
        ({"grade_level": None}, "grade_level: is null, and has to be a whole number"),
        ({"grade_level": ...}, "grade_level: is missing"),
        ({"student_query": " hi "}, "student_query: has 2 characters, and needs at least 3"),
        ({"student_query": "?"}, "student_query: has 1 character, and needs at least 3"),
        ({"student_query": "  "}, "student_query: is blank"),
        (
            {"student_query": "q" * 501},
            "student_query: has 501 characters, and may have at most 500",
        ),
        ({"student_id": ""}, "student_id: is empty"),
        ({"interest": ["a"]}, "interest: is an array, and has to be a string"),
        ({"requested_modalities": []}, "requested_modalities: is empty"),
        (
            {"requested_modalities": ["video", "smell"]},
            "requested_modalities: entry 2 is none of text, audio or video",
        ),
        ({"environment": "production"}, "environment: is none of dev, staging or prod"),
        ({"request_id": "x"}, "request_id: Invalid request_id format: want a version 4 UUID"),
    ],
)
def test_a_request_is_refused_in_sentences(changes: dict[str, object], sentence: str) -> None:
    assert refusal(**changes).startswith(sentence)


@given(st.dictionaries(st.sampled_from([*fields(), "language", "environment"]), ANY_JSON))
def test_no_refusal_is_in_a_librarys_words(changes: dict[str, object]) -> None:
    data = json.dumps(fields() | changes).encode()
    try:
        parse_request(data)
    except InvalidRequest as error:
        letter = dead_letter_attributes(
            failure_of(error, stage="validate", message=message()), job="test"
        )
        for told in (str(error), letter["dlq_error_message"]):
            assert not [words for words in PYDANTICS if words in told], told


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["a", "b"]
    size: Annotated[int, Field(gt=0, lt=10)] = 1
    share: Annotated[float, Field(ge=0, le=1)] = 1.0
    names: Annotated[list[str], Field(min_length=2, max_length=3)] = ["x", "y"]


@dataclass(frozen=True)
class _Whole:
    parts: tuple[_Part, ...]


SECRET = "swordfish"


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ({}, "parts.0.kind: is missing"),
        ({"kind": SECRET}, "parts.0.kind: is none of a or b"),
        ({"kind": "a", "size": SECRET}, "parts.0.size: is a string, and has to be a whole number"),
        ({"kind": "a", "size": 0}, "parts.0.size: is not more than 0"),
        ({"kind": "a", "size": 10}, "parts.0.size: is not less than 10"),
        ({"kind": "a", "share": -1.0}, "parts.0.share: is less than 0.0"),
        ({"kind": "a", "share": 2.0}, "parts.0.share: is more than 1.0"),
        ({"kind": "a", "names": ["x"]}, "parts.0.names: has 1 entry, and needs at least 2"),
        (
            {"kind": "a", "names": ["x"] * 4},
            "parts.0.names: has 4 entries, and may have at most 3",
        ),
        ({"kind": "a", "other": 1}, "parts.0.other: is not known"),
        (SECRET, "parts.0: is a string, and has to be an object"),
    ],
)
def test_a_fault_is_named_by_its_place_and_never_quotes(part: object, fault: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(_Whole).validate_json(json.dumps({"parts": [part]}))
    assert explain(caught.value) == fault
    assert SECRET not in explain(caught.value)


def test_a_result_that_cannot_be_read_is_told_in_sentences() -> None:
    with pytest.raises(ValidationError) as caught:
        from_json(Script, b'{"title": 1}')
    failure = failure_of(
        caught.value, stage="speak", message=message(), request=request(), attempt=1
    )
    assert "title: is a number, and has to be a string" in failure.error_message
    assert "scenes: is missing" in failure.error_message
    assert not [words for words in PYDANTICS if words in failure.error_message]
    with pytest.raises(ValueError, match="published_at: is missing") as token:
        token_from_json(b'{"schema_version": 2, "lesson": "video-3f"}')
    assert not [words for words in PYDANTICS if words in str(token.value)]
    assert ticket().results == {}


def test_other_errors_are_told_without_their_librarys_words() -> None:
    with pytest.raises(yaml.YAMLError) as unread:
        yaml.safe_load("a: 1\nb: [")
    assert explain(unread.value) == "line 2 is not YAML"
    with pytest.raises(UnicodeDecodeError) as undecoded:
        b"abc\xff".decode()
    assert explain(undecoded.value) == "byte 4 is not UTF-8"
    full = OSError(errno.ENOSPC, "No space left on device", "/a/b")
    assert is_full(full)
    assert explain(full) == "/a/b: the disk is full; free some space"
    assert explain(PermissionError(errno.EACCES, "Permission denied", "/a")) == (
        "/a: Permission denied"
    )
    assert explain(ValueError("as it is")) == "as it is"
    assert faults_of(_invalid_json()) == [("", "is not JSON")]


def _invalid_json() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(_Whole).validate_json("{")
    return caught.value
