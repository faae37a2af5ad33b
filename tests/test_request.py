"""The rules of docs/interfaces.md#requests, each at its limits."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.requests import fields
from vividly.model.errors import InvalidRequest
from vividly.model.request import MAX_MESSAGE_BYTES, Request, parse_request

CANONICAL = "d0805d49-5b84-4a88-8537-448a97871960"


def parsed(**changes: object) -> Request:
    return parse_request(json.dumps(fields(**changes)).encode())


def refused(data: bytes, *, environment: str | None = None) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        parse_request(data, environment=environment)
    return caught.value


def refused_field(name: str, value: object) -> InvalidRequest:
    error = refused(json.dumps(fields(**{name: value})).encode())
    assert error.fields == (name,)
    return error


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("student_id", "s"),
        ("student_id", "s" * 100),
        ("student_query", "why"),
        ("student_query", "q" * 500),
        ("grade_level", 1),
        ("grade_level", 12),
        ("interest", "i" * 100),
        ("interest", None),
        ("correlation_id", "c" * 64),
        ("preferred_modality", "audio"),
        ("language", "en"),
        ("language", "zh-Hant-TW"),
        ("language", "de-CH-1996"),
    ],
)
def test_values_at_the_edge_are_accepted(name: str, value: object) -> None:
    assert getattr(parsed(**{name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("student_id", ""),
        ("student_id", "   "),
        ("student_id", "s" * 101),
        ("student_id", 17),
        ("student_query", ""),
        ("student_query", " hi "),
        ("student_query", "  \t\n  "),
        ("student_query", "q" * 501),
        ("student_query", ["why", "not"]),
        ("grade_level", 0),
        ("grade_level", -1),
        ("grade_level", 13),
        ("grade_level", 10.0),
        ("grade_level", 9.5),
        ("grade_level", "10"),
        ("grade_level", True),
        ("grade_level", 10**400),
        ("interest", "i" * 101),
        ("interest", 7),
        ("correlation_id", "c" * 65),
        ("requested_modalities", []),
        ("requested_modalities", "video"),
        ("requested_modalities", ["video", "hologram"]),
        ("requested_modalities", [None]),
        ("preferred_modality", "hologram"),
        ("environment", "production"),
        ("language", ""),
        ("language", "english please"),
        ("language", "en_US"),
    ],
)
def test_values_past_the_edge_are_refused_by_name(name: str, value: object) -> None:
    refused_field(name, value)


@pytest.mark.parametrize(
    "name",
    [
        "request_id",
        "student_id",
        "student_query",
        "grade_level",
        "correlation_id",
        "requested_modalities",
        "preferred_modality",
        "environment",
        "language",
    ],
)
def test_null_is_accepted_for_the_interest_alone(name: str) -> None:
    refused_field(name, None)


@pytest.mark.parametrize("name", ["request_id", "student_id", "student_query", "grade_level"])
def test_a_missing_field_is_named(name: str) -> None:
    assert f"{name}: is missing" in str(refused_field(name, ...))


def test_every_fault_is_reported_at_once() -> None:
    error = refused(b'{"request_id": "x", "grade_level": "9"}')
    assert set(error.fields) == {"request_id", "student_id", "student_query", "grade_level"}


@pytest.mark.parametrize(
    "value",
    [
        "test-smoke-001",
        "test1_backward_compat",
        "invalid-uuid-test-1762216900",
        "e0f9fa8a-e788-11f1-b288-02fc00000001",
        "d0805d49-5b84-5a88-8537-448a97871960",
        "d0805d49-5b84-4a88-c537-448a97871960",
        "d0805d49-5b84-4a88-7537-448a97871960",
        f"{{{CANONICAL}}}",
        f"urn:uuid:{CANONICAL}",
        CANONICAL.replace("-", ""),
        f" {CANONICAL}",
        f"{CANONICAL}\n",
        "00000000-0000-0000-0000-000000000000",
        "",
    ],
)
def test_only_a_canonical_version_4_uuid_is_a_request_id(value: str) -> None:
    assert refused_field("request_id", value).request_id is None


def test_an_upper_case_id_names_the_same_request() -> None:
    assert parsed(request_id=CANONICAL.upper()).request_id == CANONICAL


def test_an_invalid_message_still_tells_its_id() -> None:
    data = json.dumps(fields(request_id=CANONICAL.upper(), grade_level="9")).encode()
    assert refused(data).request_id == CANONICAL


def test_defaults_of_what_is_left_out() -> None:
    request = parsed(interest=..., requested_modalities=...)
    assert request.interest is None
    assert request.modalities == ("video",)
    assert request.preferred_modality is None
    assert request.language == "en-US"
    assert request.correlation_id == request.request_id


def test_the_query_is_trimmed_before_it_is_measured() -> None:
    assert parsed(student_query=f"  {'q' * 500}\n").student_query == "q" * 500


@pytest.mark.parametrize("blank", ["", "   "])
def test_a_blank_interest_is_none(blank: str) -> None:
    assert parsed(interest=blank).interest is None


@pytest.mark.parametrize(
    ("asked", "modalities", "media", "video"),
    [
        (["text"], ("text",), False, False),
        (["audio"], ("audio",), True, False),
        (["video", "text", "video"], ("text", "video"), True, True),
        (["video", "audio", "text"], ("audio", "text", "video"), True, True),
    ],
)
def test_modalities_are_sorted_and_without_repetition(
    asked: list[str], modalities: tuple[str, ...], media: bool, video: bool
) -> None:
    request = parsed(requested_modalities=asked)
    assert (request.modalities, request.wants_media, request.wants_video) == (
        modalities,
        media,
        video,
    )


def test_unknown_fields_are_ignored() -> None:
    extra = {"priority": [1, {"a": None}], "model_fields_set": ["environment"], "__class__": 1}
    assert parsed(**extra).student_id == "student-1"


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_a_request_for_another_environment_is_refused(environment: str) -> None:
    data = json.dumps(fields(environment=environment)).encode()
    for job in ("dev", "staging", "prod"):
        if job == environment:
            parse_request(data, environment=job)
        else:
            assert refused(data, environment=job).fields == ("environment",)


def test_a_request_for_no_environment_fits_every_job() -> None:
    data = json.dumps(fields()).encode()
    assert parse_request(data, environment="prod").student_id == "student-1"


VALID = json.dumps(
    fields(request_id=CANONICAL, student_query="Où va l'énergie?"), ensure_ascii=False
)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "not JSON"),
        (b"explain gravity", "not JSON"),
        (b"null", "is null"),
        (b"true", "is a boolean"),
        (b"17", "is a number"),
        (b'"text"', "is a string"),
        (b"[{}]", "is an array"),
        (b"{} {}", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": 1,}', "not JSON"),
        (VALID.encode("latin-1"), "not UTF-8"),
        (VALID.encode("utf-16"), "not UTF-8"),
        (VALID.encode("utf-16-le"), "not UTF-8"),
        (VALID.encode("utf-32"), "not UTF-8"),
        (VALID.encode("utf-8-sig"), "not JSON"),
        (VALID.encode()[:-1], "not JSON"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a": ' * 40_000, "nested too deeply"),
        (b'{"a": 1, "a": 1}', "twice"),
        (b'{"a": {"b": 1, "b": 2}}', "twice"),
        (b"\0" * 10_000_000, "10000000 bytes"),
        (b'{"a": "' + b"x" * 10_000_000 + b'"}', "bytes"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else value,
)
def test_data_that_is_not_one_json_object_is_refused(data: bytes, fault: str) -> None:
    assert fault in str(refused(data))


def test_the_largest_message_is_accepted_and_the_next_is_not() -> None:
    padded = VALID.encode().ljust(MAX_MESSAGE_BYTES)
    assert parse_request(padded).student_id == "student-1"
    refused(padded + b" ")


@pytest.mark.parametrize("name", ["student_id", "student_query", "interest", "correlation_id"])
@pytest.mark.parametrize(
    "value", ["why \0 not", "why \ud800 not", "why \udfff"], ids=["NUL", "high", "low"]
)
def test_text_that_the_database_cannot_hold_is_refused(name: str, value: str) -> None:
    refused_field(name, value)


def test_an_escaped_pair_of_surrogates_is_one_character() -> None:
    data = VALID.replace("Où va l'énergie?", "rocket \\ud83d\\ude80").encode()
    assert parse_request(data).student_query == "rocket \U0001f680"


@given(st.binary(max_size=400))
@example(b'{"a":1e999}')
@example(b'"\\ud800"')
def test_no_bytes_raise_anything_but_an_invalid_request(data: bytes) -> None:
    with pytest.raises(InvalidRequest):
        parse_request(data)


ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=30)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from([*fields(), "correlation_id", "environment", "language", "x"]) | ANY_TEXT


@given(st.dictionaries(NAMES, ANY_JSON, max_size=4))
@example({"\ud800": 1})
def test_any_json_is_a_request_or_an_invalid_one(changes: dict[str, object]) -> None:
    data = json.dumps(fields() | changes).encode()
    with suppress(InvalidRequest):
        request = parse_request(data)
        for value in (request.student_id, request.student_query, request.interest or ""):
            assert "\0" not in value
            value.encode()


@given(
    secret=st.text("abcdefghijklmnopqrstuvwxyz", min_size=12, max_size=40).map("zq".__add__),
    name=st.sampled_from(["student_query", "student_id", "interest"]),
    spoiled=st.sampled_from(["grade_level", "request_id", "language", "cut", "itself", "list"]),
)
def test_a_refusal_never_quotes_the_student(secret: str, name: str, spoiled: str) -> None:
    changes: dict[str, object] = {name: secret}
    if spoiled == "itself":
        changes[name] = secret * 60
    elif spoiled == "list":
        changes[name] = [secret]
    elif spoiled != "cut":
        changes[spoiled] = "wrong"
    data = json.dumps(fields(**changes)).encode()
    error = refused(data[:-2] if spoiled == "cut" else data)
    assert secret not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__
