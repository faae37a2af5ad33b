"""Word times computed without marks: their error, where the true times are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from tests.support.recognise import aligned_words
from tests.test_speech import speaker
from vividly.lesson.speech import Utterance
from vividly.lesson.speech.align import Expected, align
from vividly.lesson.speech.spoken import spoken_tokens
from vividly.library.corpus import load_topics
from vividly.model.lesson import Word
from vividly.text.syllables import vowel_sounds

Spans = list[tuple[float, float]]
Timer = Callable[[Utterance, Sequence[Expected], Sequence[Word]], Spans]
RATE = 16_000


@cache
def sentences(language: str = "en", count: int = 16) -> tuple[str, ...]:
    """Lines of lessons: answers and takeaways, none of which the costs were chosen by."""
    topics = [topic for _, topic in sorted(load_topics(language).items())]
    lines = [topic.takeaways[0].say for topic in topics]
    lines += [topic.check.answer.say for topic in topics]
    return tuple(lines[:: max(1, len(lines) // count)][:count])


@cache
def spoken(voice: str) -> tuple[tuple[Utterance, tuple[Expected, ...], tuple[Word, ...]], ...]:
    """Sounds with the words that are heard in them and their true times."""
    provider, _, name = voice.partition("/")
    language = "es-MX" if name == "es" else "en-US"
    synthesizer = speaker(provider, "" if name == "es" else name, language)
    found = []
    for text in sentences(language[:2]):
        utterance = synthesizer.synthesize(text)
        words, expected = [], []
        by_source: dict[int, list[str]] = {}
        closing: dict[int, str] = {}
        for token in spoken_tokens(text, language):
            by_source.setdefault(token.source, []).append(token.text)
            closing[token.source] = token.punctuation
        for at, said in by_source.items():
            words.append(utterance.words[at])
            expected.append(Expected(tuple(said), closing[at]))
        found.append((utterance, tuple(expected), tuple(words)))
    return tuple(found)


def by_length(utterance: Utterance, _: Sequence[Expected], words: Sequence[Word]) -> Spans:
    """The baseline: every word by its share of the letters."""
    edges = np.cumsum([0.0, *(len(word.text) + 1 for word in words)])
    edges *= utterance.duration / edges[-1]
    return list(pairwise(edges.tolist()))


def by_sound(utterance: Utterance, expected: Sequence[Expected], _: Sequence[Word]) -> Spans:
    return align(utterance.samples, utterance.sample_rate, expected)


def errors(voice: str, timer: Timer) -> np.ndarray:
    """How far the onset of every word is off, in seconds."""
    off = []
    for utterance, expected, words in spoken(voice):
        spans = timer(utterance, expected, words)
        off += [abs(span[0] - word.start) for span, word in zip(spans, words, strict=True)]
    return np.array(off)


@pytest.mark.parametrize(
    ("voice", "median", "ninety_fifth"),
    [
        ("hibari/", 0.06, 0.26),
        ("espeak/", 0.05, 0.27),
    ],
)
def test_words_are_found_far_better_than_by_their_length(
    voice: str, median: float, ninety_fifth: float
) -> None:
    off, baseline = errors(voice, by_sound), errors(voice, by_length)
    report = [
        f"{name}: median {np.median(e) * 1000:.0f} ms, p95 {np.percentile(e, 95) * 1000:.0f} ms"
        for name, e in (("by sound", off), ("by length", baseline))
    ]
    print(f"\n{voice}, {len(off)} words: " + "; ".join(report))
    assert np.median(off) <= median, report
    assert np.percentile(off, 95) <= ninety_fifth, report
    assert np.median(off) <= 0.55 * np.median(baseline), report
    assert np.percentile(off, 95) <= 0.7 * np.percentile(baseline, 95), report


def test_spanish_words_are_found_less_well_than_english_ones() -> None:
    # Spanish joins its words: fewer pauses, fewer hisses, and syllables of even length, which
    # the letters predict nearly as well.
    off, baseline = errors("espeak/es", by_sound), errors("espeak/es", by_length)
    assert len(off) > 80
    assert np.median(off) <= 0.06
    assert np.percentile(off, 95) <= 0.23
    assert np.median(off) <= 0.9 * np.median(baseline)


def test_a_recogniser_finds_the_words_at_the_same_places() -> None:
    text = "That energy splits water, and oxygen is set free. The plant keeps the sugar."
    utterance = speaker("hibari").synthesize(text)
    expected = [Expected((t.text,), t.punctuation) for t in spoken_tokens(text, "en-US")]
    heard = aligned_words(utterance.samples, utterance.sample_rate, text)
    found = align(utterance.samples, utterance.sample_rate, expected)
    off = [abs(one[0] - other[1]) for one, other in zip(found, heard, strict=True)]
    assert np.median(off) <= 0.06
    assert max(off) <= 0.25


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_known_times_are_kept_and_help_the_words_between_them(keep: int) -> None:
    def timer(utterance: Utterance, expected: Sequence[Expected], words: Sequence[Word]) -> Spans:
        known = {at: word.start for at, word in enumerate(words) if at % keep == 0}
        return align(utterance.samples, utterance.sample_rate, expected, known)

    off = errors("hibari/", timer)
    assert np.median(off) <= {1: 0.01, 2: 0.025, 3: 0.035}[keep]
    assert np.percentile(off, 95) <= {1: 0.08, 2: 0.11, 3: 0.16}[keep]
    assert off.mean() < errors("hibari/", by_sound).mean()


def test_a_known_time_in_a_pause_means_the_word_after_it() -> None:
    text = "Water is split. Oxygen is set free."
    utterance = speaker("hibari").synthesize(text)
    expected = [Expected((t.text,), t.punctuation) for t in spoken_tokens(text, "en-US")]
    pause = utterance.words[2].end, utterance.words[3].start
    for moment in (pause[0] + 0.02, sum(pause) / 2, pause[1] - 0.02):
        found = align(utterance.samples, utterance.sample_rate, expected, {3: moment})
        assert found[3][0] == pytest.approx(utterance.words[3].start, abs=0.05)
        assert found[2][1] == pytest.approx(utterance.words[2].end, abs=0.05)


@pytest.mark.parametrize(
    "known",
    [{1: 99.0}, {2: -1.0}, {1: 2.0, 2: 1.0, 3: 0.5}, {0: 5.0}, dict.fromkeys(range(7), 0.0)],
)
def test_times_that_cannot_be_are_not_believed(known: dict[int, float]) -> None:
    text = "Water is split. Oxygen is set free."
    utterance = speaker("hibari").synthesize(text)
    expected = [Expected((t.text,), t.punctuation) for t in spoken_tokens(text, "en-US")]
    found = align(utterance.samples, utterance.sample_rate, expected, known)
    assert_in_order(found, utterance.duration, len(expected))


def sounds() -> Iterator[tuple[str, np.ndarray]]:
    """Sound without speech."""
    random = np.random.default_rng(7)
    yield "silence", np.zeros(2 * RATE, np.int16)
    yield "noise", random.integers(-9000, 9000, 2 * RATE).astype(np.int16)
    yield "a click", np.eye(1, RATE, 4000, dtype=np.int16)[0] * 30_000
    yield "one sample", np.array([9000], np.int16)
    yield "ten milliseconds", random.integers(-9000, 9000, 160).astype(np.int16)
    yield "a tone", (9000 * np.sin(np.arange(RATE) / 7)).astype(np.int16)
    gated = random.integers(-9000, 9000, 3 * RATE) * (np.arange(3 * RATE) // 3000 % 2)
    yield "bursts", gated.astype(np.int16)


@pytest.mark.parametrize(
    ("name", "samples"), [*sounds()], ids=lambda v: v if type(v) is str else ""
)
@pytest.mark.parametrize("count", [1, 2, 9, 60])
def test_any_sound_gives_times_in_order(name: str, samples: np.ndarray, count: int) -> None:
    words = [Expected((("word", "a", "1,234", "सूर्य")[at % 4],), ("", ",", ".")[at % 3]) for at in
             range(count)]  # fmt: skip
    found = align(samples, RATE, words)
    assert_in_order(found, len(samples) / RATE, count)


def test_a_long_text_is_aligned_in_time_and_without_drift() -> None:
    text = " ".join(sentences())
    utterance = speaker("hibari").synthesize(text)
    by_source: dict[int, list[str]] = {}
    closing: dict[int, str] = {}
    for token in spoken_tokens(text, "en-US"):
        by_source.setdefault(token.source, []).append(token.text)
        closing[token.source] = token.punctuation
    expected = [Expected(tuple(said), closing[at]) for at, said in by_source.items()]
    found = align(utterance.samples, utterance.sample_rate, expected)
    off = [
        abs(span[0] - utterance.words[at].start) for at, span in zip(by_source, found, strict=True)
    ]
    assert utterance.duration > 60
    assert np.median(off) <= 0.06
    assert np.percentile(off[-40:], 95) <= 0.5


@pytest.mark.parametrize(
    ("shorter", "longer"),
    [("a", "sun"), ("sun", "sunlight"), ("the", "these"), ("5", "25"), ("25", "1,725"),
     ("CO", "carbon"), ("is", "dioxide"), ("0", "0.71")],
)  # fmt: skip
def test_longer_words_are_expected_to_last_longer(shorter: str, longer: str) -> None:
    assert Expected((shorter,)).seconds < Expected((longer,)).seconds


@pytest.mark.parametrize(
    ("word", "syllables"),
    [("light", 1), ("energy", 3), ("dioxide", 3), ("moved", 1), ("azucar", 3), ("apple", 2)],
)
def test_syllables_are_counted_by_spelling(word: str, syllables: int) -> None:
    assert vowel_sounds(word) == syllables


def assert_in_order(found: Spans, duration: float, count: int) -> None:
    assert len(found) == count
    assert all(start <= end for start, end in found)
    assert all(one[1] <= other[0] + 1e-9 for one, other in pairwise(found))
    assert found[0][0] >= 0
    assert found[-1][1] <= duration + 0.011
