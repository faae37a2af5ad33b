"""The narration as AAC, at the loudness of online video."""

from __future__ import annotations

import math
import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av import AudioFrame, Packet
from av.filter import Graph
from av.filter.context import FilterContext
from numpy.typing import NDArray

from vividly.errors import PermanentError

TARGET_LUFS = -16.0
RATES = {24_000: 64_000, 48_000: 96_000}
"""Bits a second by the sample rate: the lower one for voices that have no more to give."""
_LIMIT_DB = -3.4
"""Of the samples; between them and after AAC the signal stays below -1.5 dBTP."""
_MOST_GAIN_DB = 40.0
_TOLERANCE_LU = 0.5
_HARD_LIMITING_DB = 6.0
"""Above the limit: where peaks are cut by more, the whole may have become quieter."""
_SILENCE_LUFS = -60.0
_CHUNK = 16_384
_AAC_FRAME = 1024

Samples = NDArray[np.int16]


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
    measured = -70.0
    for frame in _filtered(samples, rate, [("ebur128", "metadata=1")]):
        # The last frame is shorter than a step of the measurement, and carries none.
        measured = float(frame.metadata.get("lavfi.r128.I", measured))
    return measured if math.isfinite(measured) else -70.0


def add_aac_stream(container: av.container.OutputContainer, rate: int) -> av.AudioStream:
    """The stream that `encode_aac` fills with a narration of so many samples a second."""
    chosen = next((own for own in sorted(RATES) if own >= rate), max(RATES))
    # The default coder takes longer for the sound than we take for the whole picture.
    options = {"aac_coder": "fast"}
    stream = container.add_stream("aac", rate=chosen, options=options, layout="mono", format="fltp")
    stream.bit_rate = RATES[chosen]
    return stream


def encode_aac(samples: Samples, rate: int, stream: av.AudioStream) -> list[Packet]:
    """Bring a narration to the target loudness and encode it."""
    packets: list[Packet] = []
    for frame in _filtered(
        samples, rate, _levelling(_gain(samples, rate, stream.rate), stream.rate)
    ):
        packets += stream.encode(frame)
    packets += stream.encode(None)
    return packets


def encode_m4a(wav: Path, m4a: Path) -> Path:
    """Encode a 16-bit mono WAV file as AAC in MP4, for listening without the video.

    Returns:
        `m4a`.

    Raises:
        PermanentError: `wav` is not such a file.
    """
    samples, rate = read_wav(wav)
    options = {"movflags": "faststart"}
    with av.open(str(m4a), "w", format="mp4", options=options) as container:
        stream = add_aac_stream(container, rate)
        for packet in encode_aac(samples, rate, stream):
            container.mux(packet)
    return m4a


def _gain(samples: Samples, rate: int, own_rate: int) -> float:
    """Decibels that bring a narration to the target loudness, after the limiter."""
    measured = loudness(samples, rate)
    if measured < _SILENCE_LUFS:
        return 0.0
    gain = min(TARGET_LUFS - measured, _MOST_GAIN_DB)
    peak = 20 * math.log10(max(1, int(np.abs(samples.astype(np.int32)).max())) / 32768)
    if peak + gain < _LIMIT_DB + _HARD_LIMITING_DB:
        return gain
    for _ in range(3):
        off = TARGET_LUFS - _limited_loudness(samples, rate, gain, own_rate)
        if abs(off) <= _TOLERANCE_LU:
            break
        gain = min(gain + off, _MOST_GAIN_DB)
    return gain


def _limited_loudness(samples: Samples, rate: int, gain: float, own_rate: int) -> float:
    """What the loudness would be with a gain and the limiter."""
    measured = -70.0
    for frame in _filtered(samples, rate, [*_levelling(gain, own_rate), ("ebur128", "metadata=1")]):
        measured = float(frame.metadata.get("lavfi.r128.I", measured))
    return measured


def _levelling(gain: float, rate: int) -> list[tuple[str, str]]:
    """One gain, and a limiter for the few peaks that it lifts too far."""
    limit = 10 ** (_LIMIT_DB / 20)
    return [
        ("aresample", str(rate)),
        ("volume", f"{gain:.3f}dB"),
        ("alimiter", f"limit={limit:.4f}:level=false:attack=3:release=40:latency=true"),
        ("aformat", f"sample_fmts=fltp:sample_rates={rate}:channel_layouts=mono"),
        ("asetnsamples", f"n={_AAC_FRAME}:p=0"),
    ]


def _filtered(samples: Samples, rate: int, filters: list[tuple[str, str]]) -> Iterator[AudioFrame]:
    graph = Graph()
    chain: list[FilterContext] = [
        graph.add_abuffer(
            sample_rate=rate, format="s16", layout="mono", time_base=Fraction(1, rate)
        )
    ]
    chain += [graph.add(name, arguments) for name, arguments in filters]
    chain.append(graph.add("abuffersink"))
    graph.link_nodes(*chain).configure()
    for start in range(0, len(samples), _CHUNK):
        frame = AudioFrame.from_ndarray(samples[None, start : start + _CHUNK], "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        chain[0].push(frame)
        yield from _available(chain[-1])
    chain[0].push(None)
    yield from _available(chain[-1])


def _available(sink: FilterContext) -> Iterator[AudioFrame]:
    while True:
        try:
            frame = sink.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        if isinstance(frame, AudioFrame):
            yield frame
