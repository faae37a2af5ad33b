"""Encodes the narration as AAC, at the usual loudness of online video."""

from __future__ import annotations

import math
import wave
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from av import AudioFrame
from av.filter import Graph
from av.filter.context import FilterContext
from numpy.typing import NDArray

from vividly.model.errors import PermanentError

TARGET_LUFS = -16.0
RATES = {24_000: 64_000, 48_000: 96_000}
"""Sample rate -> bits a second. The lower rate is for voices without higher frequencies."""
MOST_PEAK_DB = -1.5
"""Highest true peak (dBTP) of the decoded sound."""
_LIMIT_DB = -2.5
"""Peak limit of the first attempt, before AAC raises some peaks by about a decibel."""
_LOWER_DB = 0.2
"""Each further attempt lowers the limit by the excess and this much more."""
_ATTEMPTS = 4
_MOST_GAIN_DB = 50.0
_TOLERANCE_LU = 0.5
_SILENCE_LUFS = -60.0
_CHUNK = 16_384
_FRAMES_AT_ONCE = 16
"""Decoded frames that go through the meter together: asking it after each takes as long."""
_METER = ("ebur128", "metadata=1")
_TRUE_PEAK = ("ebur128", "metadata=1:peak=true")

Samples = NDArray[np.int16]
Levelled = NDArray[np.float32]


def read_wav(path: Path) -> tuple[Samples, int]:
    """Samples, shape (n,), and rate of a 16-bit mono WAV file.

    Raises:
        PermanentError: it is something else.
    """
    try:
        with wave.open(str(path), "rb") as wav:
            kind = (wav.getnchannels(), wav.getsampwidth())
            rate, data = wav.getframerate(), wav.readframes(wav.getnframes())
    except (wave.Error, EOFError) as error:
        raise PermanentError(
            f"the narration is not a WAV file ({error}); speak it again"
        ) from error
    if kind != (1, 2):
        raise PermanentError(
            f"the narration has {kind[0]} channels of {8 * kind[1]} bits; give 16-bit mono"
        )
    return np.frombuffer(data, "<i2"), rate


def loudness(samples: Samples, rate: int) -> float:
    """Integrated loudness by EBU R 128 in LUFS; -70 for silence."""
    return _loudness(_filtered(samples, rate, [_METER]))


def _loudness(metered: Iterator[AudioFrame]) -> float:
    measured = -70.0
    for frame in metered:
        # The last frame is shorter than a measurement step, and has no value.
        measured = float(frame.metadata.get("lavfi.r128.I", measured))
    return measured if math.isfinite(measured) else -70.0


def true_peak(path: Path) -> float:
    """True peak of the decoded sound of a file, by EBU R 128, in dBTP; at least -120."""
    peak = 0.0
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        graph = Graph()
        chain = _linked(graph, graph.add_abuffer(template=stream), [_TRUE_PEAK])
        frames = [*container.decode(stream), None]
        for number, frame in enumerate(frames, 1):
            chain[0].push(frame)
            if number % _FRAMES_AT_ONCE and frame is not None:
                continue
            for measured in _available(chain[-1]):
                peak = max(peak, float(measured.metadata.get("lavfi.r128.true_peak", 0.0)))
    return 20 * math.log10(max(peak, 1e-6))


def encode_m4a(wav: Path, m4a: Path) -> Path:
    """Encode a 16-bit mono WAV file as AAC in MP4, at the target loudness.

    AAC can raise peaks. So the file is decoded and measured, and encoded again under a lower
    limit if its true peak is too high, at most 4 times in all.

    Returns:
        `m4a`.

    Raises:
        PermanentError: `wav` is not a 16-bit mono WAV file.
    """
    samples, rate = read_wav(wav)
    own_rate = next((own for own in sorted(RATES) if own >= rate), max(RATES))
    measured = loudness(samples, rate)
    gain = min(TARGET_LUFS - measured, _MOST_GAIN_DB) if measured >= _SILENCE_LUFS else None
    limit = _LIMIT_DB
    for _ in range(_ATTEMPTS):
        levelled, gain = _levelled(samples, rate, own_rate, gain, limit)
        _write_m4a(levelled, own_rate, m4a)
        excess = true_peak(m4a) - MOST_PEAK_DB
        if excess <= 0:
            break
        limit -= excess + _LOWER_DB
    return m4a


def _write_m4a(samples: Levelled, rate: int, m4a: Path) -> None:
    options = {"movflags": "faststart"}
    with av.open(str(m4a), "w", format="mp4", options=options) as container:
        # The default coder would take longer than encoding the whole picture.
        stream = container.add_stream(
            "aac", rate=rate, options={"aac_coder": "fast"}, layout="mono", format="fltp"
        )
        stream.bit_rate = RATES[rate]
        for start in range(0, len(samples), _CHUNK):
            part = samples[None, start : start + _CHUNK]
            container.mux(stream.encode(_frame(part, "fltp", start, rate)))
        container.mux(stream.encode(None))


def _levelled(
    samples: Samples, rate: int, own_rate: int, gain: float | None, limit: float
) -> tuple[Levelled, float | None]:
    """The limited narration at the target loudness.

    Args:
        gain: in decibels, for the first attempt; None for silence, which is left as it is.

    Returns:
        The samples at `own_rate`, and the gain that led to them.
    """
    for corrections in range(4):
        parts, measured = [], -70.0
        for frame in _filtered(samples, rate, _levelling(gain or 0.0, own_rate, limit)):
            parts.append(frame.to_ndarray()[0])
            measured = float(frame.metadata.get("lavfi.r128.I", measured))
        off = TARGET_LUFS - measured
        if gain is None or abs(off) <= _TOLERANCE_LU or corrections == 3:
            break
        gain = min(gain + off, _MOST_GAIN_DB)
    return np.concatenate(parts), gain


def _levelling(gain: float, rate: int, limit: float) -> list[tuple[str, str]]:
    """Filters for one gain, a limiter for the few peaks that it raises too far, and a meter.

    The limiter works at twice the sample rate, to catch most peaks between the samples.
    """
    return [
        ("aresample", str(2 * rate)),
        ("volume", f"{gain:.3f}dB"),
        (
            "alimiter",
            f"limit={10 ** (limit / 20):.4f}:level=false:attack=3:release=40:latency=true",
        ),
        ("aresample", str(rate)),
        (plain := ("aformat", f"sample_fmts=fltp:sample_rates={rate}:channel_layouts=mono")),
        _METER,
        plain,
    ]


def _filtered(samples: Samples, rate: int, filters: list[tuple[str, str]]) -> Iterator[AudioFrame]:
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=rate, format="s16", layout="mono", time_base=Fraction(1, rate)
    )
    chain = _linked(graph, source, filters)
    for start in range(0, len(samples), _CHUNK):
        chain[0].push(_frame(samples[None, start : start + _CHUNK], "s16", start, rate))
        yield from _available(chain[-1])
    chain[0].push(None)
    yield from _available(chain[-1])


def _frame(samples: Samples | Levelled, kind: str, start: int, rate: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(samples, kind, "mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, start, _tick(rate)
    return frame


@lru_cache(maxsize=8)
def _tick(rate: int) -> Fraction:
    return Fraction(1, rate)


def _linked(
    graph: Graph, source: FilterContext, filters: list[tuple[str, str]]
) -> list[FilterContext]:
    """Build and configure a filter graph; its filters from source to sink."""
    chain = [source, *(graph.add(name, arguments) for name, arguments in filters)]
    chain.append(graph.add("abuffersink"))
    graph.link_nodes(*chain).configure()
    return chain


def _available(sink: FilterContext) -> Iterator[AudioFrame]:
    while True:
        try:
            frame = sink.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        if isinstance(frame, AudioFrame):
            yield frame
