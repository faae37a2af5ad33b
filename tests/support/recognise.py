"""Recognises the words of a narration and their times.

The recogniser knows the words of the expected text and of some other sentences, so it answers
"was this said?", not "is this voice as clear as a person's?". A text that was not said scores
around 100 %.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from pocketsphinx import Decoder, get_model_path
from pocketsphinx.lm import ArpaBoLM

from vividly.lesson.speech.espeak import Espeak

RATE = 16000
_DECOYS = (
    "Water boils at one hundred degrees.",
    "The heart pumps blood through the body.",
    "Bees carry pollen from one flower to another.",
    "A force makes the ball move faster or slower.",
    "Many people think that the moon has no gravity.",
    "Divide both sides of the equation by three.",
    "Most of the energy is lost to the air as heat.",
    "So how much money does she have left at the end of the year?",
)
# A sound of espeak-ng's Spanish -> the English sound nearest to it.
_SPANISH = {
    "t^ʃ": "CH", "d^ʒ": "JH", "a": "AA", "e": "EH", "ɛ": "EH", "i": "IY", "ɪ": "IY", "o": "OW",
    "ɔ": "OW", "u": "UW", "ʊ": "UW", "b": "B", "β": "V", "d": "D", "ð": "DH", "f": "F", "ɡ": "G",
    "ɣ": "G", "j": "Y", "ʝ": "Y", "ʎ": "Y", "k": "K", "l": "L", "m": "M", "n": "N", "ɲ": "N Y",
    "ŋ": "NG", "p": "P", "r": "R", "ɾ": "D", "s": "S", "z": "Z", "ʃ": "SH", "t": "T", "θ": "TH",
    "v": "V", "w": "W", "x": "HH", "h": "HH",
}  # fmt: skip
_SPANISH_SOUND = re.compile("|".join(_SPANISH))
_PADDING = np.zeros(RATE // 5, np.int16)


def word_error_rate(samples: NDArray[np.int16], rate: int, expected_text: str) -> float:
    """Errors per expected word: 0.0 is perfect, a wrong text scores about 1.0.

    Args:
        samples: mono, shape (n,).
        rate: samples per second.
        expected_text: English, numbers in words. Words that are not in the recogniser's
            dictionary are not expected.

    Raises:
        ValueError: more than a tenth of the words are not in the dictionary.
    """
    sentences = [_words(sentence) for sentence in re.split(r"(?<=[.!?])\s+", expected_text)]
    known = [[word for word in words if word in _pronunciations()] for words in sentences]
    reference = [word for words in known for word in words]
    count = sum(len(words) for words in sentences)
    if not reference or count - len(reference) > count / 10:
        raise ValueError(f"the dictionary has only {len(reference)} of the {count} words")
    return edits(reference, _hear(samples, rate, known)) / len(reference)


def edits(expected: Sequence[str], heard: Sequence[str]) -> int:
    """The fewest insertions, deletions and replacements of words between the two."""
    row = list(range(len(heard) + 1))
    for at, word in enumerate(expected, 1):
        diagonal, row[0] = row[0], at
        for other_at, other in enumerate(heard, 1):
            change = diagonal + (word != other)
            diagonal = row[other_at]
            row[other_at] = min(change, diagonal + 1, row[other_at - 1] + 1)
    return row[-1]


def aligned_words(
    samples: NDArray[np.int16], rate: int, text: str
) -> list[tuple[str, float, float]]:
    """(word, start, end) in seconds, by aligning the known words with the sound.

    Raises:
        ValueError: a word is not in the dictionary, or the words do not fit the sound.
    """
    words = _words(text)
    if missing := [word for word in words if word not in _pronunciations()]:
        raise ValueError(f"not in the dictionary: {missing}")
    # Wide beams: a robotic voice differs from the model's, and narrow ones would lose it.
    beams = dict.fromkeys(("beam", "pbeam", "wbeam"), 1e-150)
    decoder = Decoder(samprate=RATE, loglevel="FATAL", lm=None, **beams)
    decoder.set_align_text(" ".join(words))
    _feed(decoder, samples, rate)
    lead = len(_PADDING) / RATE
    if decoder.hyp() is None:
        raise ValueError("the words do not fit the sound")
    spoken = [s for s in decoder.seg() if not re.match(r"<|\[|\+|\(", s.word)]
    return [
        (_bare(s.word), s.start_frame / 100 - lead, (s.end_frame + 1) / 100 - lead) for s in spoken
    ]


def aligned_spanish(
    samples: NDArray[np.int16], rate: int, text: str
) -> list[tuple[str, float, float]]:
    """(word, start, end) in seconds, by aligning known Spanish words with the sound.

    The recogniser is English, so every Spanish sound is the English one that is nearest to it. That
    is good enough for where words begin and end.

    Raises:
        ValueError: the words do not fit the sound.
    """
    words = re.findall(r"\w+", text)
    (sounds,) = Espeak(language="es-MX").phonemes([words])
    with tempfile.TemporaryDirectory(prefix="recognise-") as folder:
        dictionary = Path(folder, "text.dict")
        dictionary.write_text(
            "".join(
                f"w{at} {' '.join(_SPANISH[s] for s in _SPANISH_SOUND.findall(sound))}\n"
                for at, sound in enumerate(sounds)
            )
        )
        beams = dict.fromkeys(("beam", "pbeam", "wbeam"), 1e-200)
        decoder = Decoder(samprate=RATE, loglevel="FATAL", lm=None, dict=str(dictionary), **beams)
        decoder.set_align_text(" ".join(f"w{at}" for at in range(len(words))))
        _feed(decoder, samples, rate)
    lead = len(_PADDING) / RATE
    if decoder.hyp() is None:
        raise ValueError("the words do not fit the sound")
    spoken = [s for s in decoder.seg() if s.word.startswith("w")]
    return [
        (word, s.start_frame / 100 - lead, (s.end_frame + 1) / 100 - lead)
        for word, s in zip(words, spoken, strict=True)
    ]


def _hear(samples: NDArray[np.int16], rate: int, sentences: Sequence[Sequence[str]]) -> list[str]:
    lines = [" ".join(words) for words in (*sentences, *map(_words, _DECOYS)) if words]
    vocabulary = sorted({word for line in lines for word in line.split()})
    with tempfile.TemporaryDirectory(prefix="recognise-") as folder:
        model, dictionary = Path(folder, "text.lm"), Path(folder, "text.dict")
        language = ArpaBoLM(text="\n".join(lines) + "\n", add_start=True)
        language.compute()
        language.write_file(str(model))
        dictionary.write_text(
            "".join(
                f"{word if not at else f'{word}({at + 1})'} {phones}\n"
                for word in vocabulary
                for at, phones in enumerate(_pronunciations()[word])
            )
        )
        decoder = Decoder(samprate=RATE, loglevel="FATAL", lm=str(model), dict=str(dictionary))
        _feed(decoder, samples, rate)
    heard = decoder.hyp()
    return [_bare(word) for word in heard.hypstr.split()] if heard else []


def _feed(decoder: Decoder, samples: NDArray[np.int16], rate: int) -> None:
    sound = np.concatenate([_PADDING, _resampled(samples, rate), _PADDING]).astype(np.float64)
    # Zero has no logarithm: without a little noise the words after a pause are lost.
    sound += np.random.default_rng(1).normal(0, 30, len(sound))
    decoder.start_utt()
    decoder.process_raw(np.clip(sound, -32768, 32767).astype(np.int16).tobytes(), full_utt=True)
    decoder.end_utt()


def _resampled(samples: NDArray[np.int16], rate: int) -> NDArray[np.int16]:
    if rate == RATE:
        return samples
    frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="s16", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler("s16", "mono", RATE)
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([part.to_ndarray()[0] for part in frames])


@cache
def _pronunciations() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word, phones in _dictionary():
        found.setdefault(_bare(word), []).append(phones)
    return found


def _dictionary() -> Iterator[tuple[str, str]]:
    with open(get_model_path("en-us/cmudict-en-us.dict"), encoding="utf-8") as lines:
        for line in lines:
            word, _, phones = line.strip().partition(" ")
            yield word, phones


def _bare(word: str) -> str:
    return re.sub(r"\(\d+\)$", "", word)


def _words(text: str) -> list[str]:
    folded = text.lower().replace("’", "'").replace("-", " ")
    return [word.strip("'") for word in re.findall(r"[a-z'\d]+", folded) if word.strip("'")]
