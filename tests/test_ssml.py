"""SSML for a voice: right, well-formed, within the limits, and billed by character."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from google.cloud import texttospeech_v1beta1 as api
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.tts_studio import read_input
from vividly.lesson.speech.ssml import SpeechRequest, speech_requests
from vividly.model.errors import PermanentError

UGLY = (
    "Dr. Smith measured 3.5 grams of CO2, didn't he?",
    "“It’s a well-known fact” — she said… at 100°C (212 °F)!",
    "6 CO₂ + 6 H₂O → C₆H₁₂O₆ + 6 O₂",
    "Naïve café 😀 students' 'tis 1,234,567.89 50% $5.50 #1",
    'a < b && c > d </speak><mark name="9"/> "quoted" &amp; <sub alias="x">y</sub>',
    "]]> <!-- --> <?php ?> <![CDATA[x]]> &#x0; &lt;",
    "null\x00 bell\x07 escape\x1b[0m delete\x7f bom\ufeff rtl\u202e joiner\u200d",
    "surrogate\ud800 noncharacter\uffff private\ue000 word",
    "東京 и प्रकाश है। سلام؟",
)


def one(text: str, language: str = "en-US", *, ssml: bool = True) -> SpeechRequest:
    """The only request of a text."""
    (request,) = speech_requests(text, language, ssml=ssml, marks=False)
    return request


def heard(text: str, language: str = "en-US", *, ssml: bool = True) -> str:
    """The speech of a service that reads the request."""
    content = one(text, language, ssml=ssml).content
    if not ssml:
        return content
    return read_input(api.SynthesisInput(ssml=content))[0]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("CO₂", "C O 2"),
        ("CO2", "C O 2"),
        ("H₂O,", "H 2 O,"),
        ("m/s²", "meters per second squared"),
        ("9.8 m/s²", "9.8 meters per second squared"),
        ("E = mc²", "E equals m c squared"),
        ("F = m × a", "F equals m times a"),
        ("a² + b² = c²", "A squared plus b squared equals c squared"),
        ("25°C.", "25 degrees Celsius."),
        ("(212 °F)!", "(212 degrees Fahrenheit)!"),
        ("10–20 km/h", "10 to 20 kilometers per hour"),
        ("50%", "50 percent"),
        ("$5.50", "5 dollars and 50 cents"),
        ("pH 7", "P H 7"),
        ("NaCl", "N A C L"),
        ("and/or", "and or"),
        ("AT&T", "AT and T"),
        ("½ cup", "one half cup"),
        ("Na⁺", "N A plus"),
        ("3 × 10⁸", "3 times 10 to the power of 8"),
        ("Dr. Smith", "Doctor Smith"),
        ("x < 5", "x is less than 5"),
    ],
)
@pytest.mark.parametrize("ssml", [True, False])
def test_signs_units_and_formulas_are_said_in_words(written: str, said: str, ssml: bool) -> None:
    assert heard(written, ssml=ssml) == said


@pytest.mark.parametrize(
    "text",
    [
        "Light strikes the leaf.",
        "It’s a “well-known” fact, isn't it?",
        "In 1,234 cases, or 3.5 of them…",
        "light—and shadow",
        "Was it the 1990s? Yes: the 25th!",
        "Pneumonoultramicroscopicsilicovolcanoconiosis is long.",
        "UV and DNA",
    ],
)
def test_what_a_voice_knows_itself_is_left_as_it_is_written(text: str) -> None:
    spoken = re.sub(r"\bU V\b", "UV", heard(text))
    assert spoken == text
    assert "alias" not in one(text).content.replace('alias="U V"', "")


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("El CO₂ a 25 °C.", "es-MX", "El C O 2 a 25 grados Celsius."),
        ("Le CO₂ est là, n’est-ce pas ?", "fr-FR", "Le CO2 est là, n’est-ce pas ?"),
        ("Das Wasser (H₂O) kocht.", "de-DE", "Das Wasser (H2O) kocht."),
        ("प्रकाश में CO₂ है।", "hi-IN", "प्रकाश में CO2 है।"),
    ],
)
def test_a_language_without_a_lexicon_gets_plain_signs(text: str, language: str, said: str) -> None:
    assert heard(text, language) == said


@pytest.mark.parametrize(("ssml", "sent"), [(True, ">Siobhan's</sub>"), (False, "shiv awn's")])
def test_an_operators_table_decides_how_a_word_is_said(ssml: bool, sent: str) -> None:
    table = {"Siobhan": "shiv awn"}
    (request,) = speech_requests("Siobhan's leaf.", "en-US", table, ssml=ssml, marks=False)
    said = read_input(api.SynthesisInput(ssml=request.content))[0] if ssml else request.content
    assert said == "shiv awn's leaf."
    assert sent in request.content


@pytest.mark.parametrize("text", UGLY)
@pytest.mark.parametrize("marks", [True, False])
def test_any_text_becomes_well_formed_ssml_of_our_own_tags_only(text: str, marks: bool) -> None:
    (request,) = speech_requests(text, "en-US", ssml=True, marks=marks)
    root = ElementTree.fromstring(request.content.encode())
    assert root.tag == "speak"
    assert {element.tag for element in root} <= {"mark", "sub"}
    assert not any(len(element) for element in root)
    said, _ = read_input(api.SynthesisInput(ssml=request.content))
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]", said)
    assert "😀" not in said


@pytest.mark.parametrize("text", UGLY)
def test_there_is_a_mark_before_every_word_that_is_heard(text: str) -> None:
    (request,) = speech_requests(text, "en-US", ssml=True, marks=True)
    names = [mark.get("name") for mark in ElementTree.fromstring(request.content).iter("mark")]
    assert names == [str(token.at) for token in request.tokens]
    assert all(token.expected for token in request.tokens)


def test_a_dash_is_a_pause_and_not_a_word() -> None:
    (request,) = speech_requests("Light — energy", "en-US", ssml=True, marks=True)
    assert [token.at for token in request.tokens] == [0, 2]
    assert request.content.count("<mark") == 2
    assert "— " in request.content


@pytest.mark.parametrize("ssml", [True, False])
@pytest.mark.parametrize(
    ("text", "endings"),
    [
        ("Water is split. " * 60, {"sentence"}),
        ("water is split, " * 60, {"clause"}),
        ("water " * 200, {"word"}),
        ("Water is split, and so on. " * 40, {"sentence"}),
        ("प्रकाश है। " * 60, {"sentence"}),
    ],
)
def test_a_long_text_is_cut_where_it_is_heard_least(
    ssml: bool, text: str, endings: set[str]
) -> None:
    language = "hi-IN" if "है" in text else "en-US"
    requests = speech_requests(text, language, ssml=ssml, marks=ssml, limit=600)
    assert len(requests) > 1
    assert max(len(request.content.encode()) for request in requests) <= 600
    assert min(len(request.content.encode()) for request in requests[:-1]) > 200
    assert {request.ending for request in requests[:-1]} == endings
    places = [token.at for request in requests for token in request.tokens]
    assert places == list(range(len(text.split())))


@pytest.mark.parametrize("over", [0, 1])
def test_the_limit_is_counted_in_bytes_and_kept_to_the_byte(over: int) -> None:
    text = "été " * 20
    whole = one(text).content
    size = len(whole.encode())
    requests = speech_requests(text, "fr-FR", ssml=True, marks=False, limit=size - over)
    assert len(requests) == 1 + over
    assert len(whole) < size


def test_a_word_that_is_too_long_for_any_request_is_named() -> None:
    with pytest.raises(PermanentError, match=r"word 2 of a line takes \d+ bytes"):
        speech_requests("a " + "≥" * 190, "en-US", ssml=True, marks=True, limit=1000)
    with pytest.raises(PermanentError, match="word 1 of a line has 201 characters"):
        speech_requests("x" * 201, "en-US", ssml=True, marks=True)


@pytest.mark.parametrize("text", ["", "  ", "?!", "😀", "—"])
def test_nothing_to_say_is_refused(text: str) -> None:
    with pytest.raises(PermanentError, match="nothing to speak"):
        speech_requests(text, "en-US", ssml=True, marks=True)


def test_a_text_of_pauses_around_one_word_has_one_request() -> None:
    requests = speech_requests("— " * 300 + "light" + " —" * 300, "en-US", ssml=True, marks=True,
                               limit=400)  # fmt: skip
    assert [token.at for request in requests for token in request.tokens] == [300]


@pytest.mark.parametrize("ssml", [True, False])
@pytest.mark.parametrize("text", ["Light & heat.", "H₂O at 25 °C", "été"])
def test_marks_are_not_billed_and_all_else_is(text: str, ssml: bool) -> None:
    (plain,) = speech_requests(text, "en-US", ssml=ssml, marks=False)
    (marked,) = speech_requests(text, "en-US", ssml=ssml, marks=True)
    assert plain.billed_characters == len(plain.content)
    assert marked.billed_characters == plain.billed_characters
    if ssml:
        assert len(marked.content) > marked.billed_characters


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.characters(), max_size=120),
    st.sampled_from(["en-US", "es-MX", "fr-FR", "hi-IN"]),
    st.booleans(),
)
def test_whatever_the_text_it_is_refused_or_well_formed(
    text: str, language: str, marks: bool
) -> None:
    try:
        requests = speech_requests(text, language, ssml=True, marks=marks, limit=900)
    except PermanentError:
        return
    count = len(text.split())
    for request in requests:
        assert len(request.content.encode()) <= 900
        root = ElementTree.fromstring(request.content.encode())
        assert {element.tag for element in root} <= {"mark", "sub"}
        assert request.tokens
        assert all(0 <= token.at < count for token in request.tokens)
