"""The default English voice: its words, word times, pace, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.support.recognise import aligned_words, word_error_rate
from tests.test_speech import digest, speaker
from vividly.lesson.speech import Utterance, english, make_synthesizer
from vividly.lesson.speech.english import phonemes
from vividly.lesson.speech.neural import load_model
from vividly.lesson.speech.spoken import SpokenToken, sentences, spoken_tokens
from vividly.lesson.speech.unit_names import unit_words
from vividly.library.corpus import load_topics
from vividly.model.errors import SettingsError
from vividly.model.settings import Settings
from vividly.text.locales import speech_for
from vividly.text.units import FORMULA_UNITS

PLAIN = re.compile(r"[A-Za-z',.?! -]+")


@cache
def corpus_lines() -> tuple[str, ...]:
    """Everything that the English lessons of the package say."""
    found = {say for topic in load_topics().values() for say in _says(topic.model_dump())}
    return tuple(sorted(found))


def _says(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("say"), str):
            yield part["say"]
        part = list(part.values())
    if isinstance(part, list | tuple):
        for one in part:
            yield from _says(one)


@cache
def plain_spoken() -> tuple[tuple[str, Utterance], ...]:
    """Lines without numbers, of lessons for different subjects, and their sound."""
    lines = [line for line in corpus_lines() if PLAIN.fullmatch(line)][7::140]
    voice = speaker("hibari")
    return tuple((line, voice.synthesize(line, 5)) for line in lines)


def sounds(text: str) -> str:
    """The phonemes of a text, a space between two words."""
    return " ".join(
        word.text for part in sentences(spoken_tokens(text, "en")) for word in phonemes(part)
    )


def unknown_words(sentence: Sequence[SpokenToken]) -> tuple[str, ...]:
    """The words of a sentence that are in no lexicon, so that their sound is guessed."""
    reader = english._reader()
    tokens = reader.tokenize(" ".join(said for _, said in english._words(sentence)))
    known = 3
    return tuple(
        token.text
        for token in reader.phonemize_tokens(tokens)
        if token.rating is None or (token.rating < known and token.text.strip(".,?!"))
    )


def test_every_word_of_the_corpus_is_in_the_lexicon_and_has_a_sound() -> None:
    assert len(corpus_lines()) > 3000
    unknown: set[str] = set()
    for line in corpus_lines():
        for sentence in sentences(spoken_tokens(line, "en-US")):
            unknown.update(unknown_words(sentence))
            heard = {word.source for word in phonemes(sentence)}
            assert heard == {token.source for token in sentence}, line
    assert not unknown, "add them to english_words.yaml"


def test_every_unit_sign_and_function_has_a_known_sound() -> None:
    lexicon = speech_for("en")
    names = {" ".join(unit_words(s, n, lexicon)) for s in FORMULA_UNITS for n in ("1", "2")}
    names |= {*lexicon.signs.values(), *lexicon.functions.values(), *lexicon.joined_units.values()}
    unknown: set[str] = set()
    for name in names - {""}:
        for sentence in sentences(spoken_tokens(name, "en")):
            unknown.update(unknown_words(sentence))
    assert not unknown, "add them to english_words.yaml"
    assert sounds("5 kN") == sounds("five ") + " kˈɪlənˌutᵊnz"


def test_a_word_outside_the_lexicon_is_found() -> None:
    (sentence,) = sentences(spoken_tokens("The zorblax of Punnett.", "en-US"))
    assert unknown_words(sentence) == ("zorblax",)


@pytest.mark.parametrize(
    ("written", "as_if_written"),
    [
        ("In 1869 it was new.", "In eighteen sixty nine it was new."),
        ("from 1914 to 1918", "from nineteen fourteen to nineteen eighteen"),
        ("In 1500 grams", "In one thousand five hundred grams"),
        ("It costs 1,984 dollars.", "It costs one thousand nine hundred eighty four dollars."),
        ("0.70 and 3.5", "zero point seven zero and three point five"),
        ("the 23rd", "the twenty third"),
        ("agent 007", "agent zero zero seven"),
        ("in about 1514", "in about fifteen fourteen"),
        ("On July 4, 1776, it began.", "On July four, seventeen seventy six, it began."),
        ("Newton (1643–1727)", "Newton sixteen forty three to seventeen twenty seven"),
        (
            "from 1450 to 1520 meters",
            "from fourteen fifty to one thousand five hundred twenty meters",
        ),
        ("It takes 5 ms.", "It takes 5 milliseconds."),
        ("2,000 lm, 3 TeV", "two thousand lumen, three teraelectronvolts"),
    ],
)
def test_numbers_are_said_in_words(written: str, as_if_written: str) -> None:
    assert sounds(written) == sounds(as_if_written)


def test_the_letter_a_is_not_the_article() -> None:
    assert "ˈA" in sounds("F = m × a")
    assert "ˈA" not in sounds("It is a plant.")


def test_a_recogniser_hears_the_words_that_are_written() -> None:
    rates = [
        word_error_rate(sound.samples, sound.sample_rate, line) for line, sound in plain_spoken()
    ]
    assert len(rates) >= 15
    assert np.mean(rates) <= 0.02


def test_word_times_agree_with_a_recogniser() -> None:
    starts, ends = [], []
    for line, sound in plain_spoken():
        try:
            heard = aligned_words(sound.samples, sound.sample_rate, line)
        except ValueError:  # a word is not in the recogniser's dictionary
            continue
        if len(heard) == len(sound.words):
            starts += [abs(w.start - at[1]) for w, at in zip(sound.words, heard, strict=True)]
            ends += [abs(w.end - at[2]) for w, at in zip(sound.words, heard, strict=True)]
    assert len(starts) > 200
    assert np.mean(np.array(starts) <= 0.06) >= 0.97
    assert np.median(ends) <= 0.02


def test_younger_students_are_spoken_to_more_slowly() -> None:
    text = " ".join(line for line, _ in plain_spoken()[:4])
    lasts = {grade: speaker("hibari").synthesize(text, grade).duration for grade in (1, 5, 12)}
    assert lasts[1] > lasts[5] > lasts[12]
    gaps = 0.45 - 0.28  # between two lines, and between two sentences of one line
    minutes = {grade: (seconds + 4 * gaps) / 60 for grade, seconds in lasts.items()}
    count = len(text.split())
    assert count / minutes[5] == pytest.approx(150, rel=0.08)
    assert count / minutes[12] == pytest.approx(165, rel=0.08)


def test_a_sentence_begins_and_ends_without_a_click() -> None:
    for _, sound in plain_spoken():
        steps = np.abs(np.diff(sound.samples.astype(int)))
        loudest = int(np.abs(sound.samples.astype(int)).max())
        edge = round(0.01 * sound.sample_rate)
        assert max(steps[:edge].max(), steps[-edge:].max()) < 0.05 * loudest


def test_a_sentence_too_long_for_the_model_is_cut_between_words() -> None:
    text = "incomprehensibilities " * 48 + "end"
    sound = speaker("hibari").synthesize(text)
    assert len(sound.words) == 49
    assert all(word.end > word.start for word in sound.words)


def test_its_identity_names_model_runtime_and_processor() -> None:
    parts = speaker("hibari").identity.split("/")
    assert parts[:4] == ["hibari", "0.2.1", "heart", "5f70741d"]
    assert parts[4].startswith("onnxruntime-")
    assert re.fullmatch(r"\w+-[0-9a-f]{8}", parts[6])


def test_another_model_is_refused() -> None:
    with pytest.raises(SettingsError, match="SHA-256"):
        load_model("hibari", b"another model", "0" * 64, "/Clip_output_0")


def test_another_voice_is_refused_and_nothing_is_downloaded() -> None:
    with pytest.raises(SettingsError, match="hibari has heart"):
        speaker("hibari", "emma")


@pytest.mark.parametrize("provider", ["hibari", "kokoro", "espeak"])
def test_an_operators_table_decides_how_a_word_is_said(tmp_path: Path, provider: str) -> None:
    table = tmp_path / "words.yaml"
    table.write_text("en: {Siobhan: shiv awn, gif: jif}\nes: {gif: yif}\n", encoding="utf-8")
    settings = Settings("", "", "", speech_provider=provider, pronunciations=str(table))
    own, usual = make_synthesizer(settings, "en-US"), speaker(provider)
    said = own.synthesize("Siobhan's Gif.")
    assert [word.text for word in said.words] == ["Siobhan's", "Gif."]
    assert np.array_equal(said.samples, usual.synthesize("shiv awn's jif.").samples)
    assert digest(own.synthesize("A plant.")) == digest(usual.synthesize("A plant."))
    assert own.identity != usual.identity
    table.write_text("en: {gif: hard gif}\n", encoding="utf-8")
    assert make_synthesizer(settings, "en-US").identity != own.identity


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("en: [a", "not YAML"),
        ("- a", "words per language"),
        ("en: {two words: x}", "not one word"),
        ("en: {x: '5'}", "words of letters"),
        ("en: {no: way}", "quote it"),
    ],
)
def test_a_wrong_table_is_a_setting_to_fix(tmp_path: Path, content: str, message: str) -> None:
    table = tmp_path / "words.yaml"
    table.write_text(content, encoding="utf-8")
    settings = replace(Settings("", "", ""), pronunciations=str(table))
    with pytest.raises(SettingsError, match=message):
        make_synthesizer(settings, "en-US")
    table.unlink()
    with pytest.raises(SettingsError, match="cannot read"):
        make_synthesizer(settings, "en-US")
