"""The narration as a file of its own."""

from __future__ import annotations

from pathlib import Path

import av

BIT_RATE = 96_000
SAMPLE_RATE = 48_000


def encode_m4a(wav: Path, m4a: Path) -> None:
    """Encode a WAV file as AAC in an mp4 container that can play while it loads."""
    options = {"movflags": "faststart"}
    with av.open(str(wav)) as source, av.open(str(m4a), "w", format="mp4", options=options) as out:
        stream = out.add_stream("aac", rate=SAMPLE_RATE, options={"aac_coder": "fast"})
        stream.bit_rate = BIT_RATE
        stream.layout = "mono"
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=SAMPLE_RATE)
        for frame in source.decode(audio=0):
            for resampled in resampler.resample(frame):
                out.mux(stream.encode(resampled))
        for resampled in resampler.resample(None):
            out.mux(stream.encode(resampled))
        out.mux(stream.encode(None))
