"""Joins the spoken sentences of a text into one utterance."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from vividly.lesson.speech.synthesizer import Floats, Samples, Utterance, timed_words
from vividly.model.errors import PermanentError

_MARGIN = 0.05
SENTENCE_PAUSE = 0.28
QUESTION_PAUSE = 0.7
"""Seconds of silence after a sentence that asks, so that one can think before the answer."""
_FADE = 0.005


@dataclass(frozen=True, eq=False)
class Part:
    """One spoken sentence.

    Attributes:
        spans: (token position, start, end) in seconds of `samples`.
        pause: seconds of silence before this part, more after a question; the first part gets
            none.
    """

    samples: Samples
    sample_rate: int
    spans: tuple[tuple[int, float, float], ...]
    pause: float = SENTENCE_PAUSE

    @classmethod
    def trimmed(
        cls,
        samples: Samples,
        sample_rate: int,
        spans: Iterable[tuple[int, float, float]],
    ) -> Part | None:
        """Cut a sentence to its words plus a margin; None if it has no words.

        The edges are faded over 5 ms, so that a cut does not click.
        """
        spans = list(spans)
        if not spans:
            return None
        first = max(0, round((min(start for _, start, _ in spans) - _MARGIN) * sample_rate))
        last = min(len(samples), round((max(end for _, _, end in spans) + _MARGIN) * sample_rate))
        kept = samples[first:last].astype(np.float32)
        ramp = np.linspace(0, 1, min(round(_FADE * sample_rate), len(kept)), dtype=np.float32)
        kept[: len(ramp)] *= ramp
        kept[len(kept) - len(ramp) :] *= ramp[::-1]
        shift = first / sample_rate
        return cls(
            np.rint(kept).astype(np.int16),
            sample_rate,
            tuple((at, start - shift, end - shift) for at, start, end in spans),
        )


def join(text: str, parts: Sequence[Part | None]) -> Utterance:
    """Join the sentences of a text, with pauses between them.

    Raises:
        PermanentError: nothing was spoken.
    """
    spoken = [part for part in parts if part is not None]
    if not spoken:
        raise PermanentError("a line has no words that this voice can speak")
    rate = spoken[0].sample_rate
    pieces: list[Samples] = []
    spans: dict[int, tuple[float, float]] = {}
    length = 0
    written = text.split()
    for part in spoken:
        if pieces:
            pause = max(part.pause, QUESTION_PAUSE) if asks(written[max(spans)]) else part.pause
            pieces.append(np.zeros(round(pause * rate), np.int16))
            length += len(pieces[-1])
        offset = length / rate
        for at, start, end in part.spans:
            begin, until = spans.get(at, (offset + start, offset + end))
            spans[at] = (min(begin, offset + start), max(until, offset + end))
        pieces.append(part.samples)
        length += len(part.samples)
    samples = np.concatenate(pieces)
    return Utterance(samples, rate, timed_words(written, spans, length / rate))


def until_silent(starts: Sequence[float], loud: Floats, end: float) -> list[tuple[float, float]]:
    """Words from their starts to their last sounds, so that a pause does not count as a word.

    Args:
        loud: the times of the samples that are heard.
        end: of the last word at the latest, or of all that is heard if that is earlier.
    """
    spans = []
    for start, following in zip(starts, [*starts[1:], end], strict=True):
        last = int(np.searchsorted(loud, following)) - 1
        heard = float(loud[last]) if last >= 0 else following
        spans.append((start, min(following, max(start, heard))))
    return spans


def asks(text: str) -> bool:
    """Whether a text ends with a question."""
    return text.rstrip("\"'”’)»").endswith("?")


@cache
def rules_fingerprint() -> str:
    """Eight hex digits that change with any code or data between a text and its sound."""
    digest = hashlib.sha256()
    for path in sorted(filter(Path.is_file, Path(__file__).parent.iterdir())):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:8]
