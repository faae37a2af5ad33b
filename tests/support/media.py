"""Decodes media files, to check their real content."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray


def decoded_sound(path: Path, rate: int) -> NDArray[np.int16]:
    """The sound of a file as mono samples at the given rate, starting at time 0."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("s16", "mono", rate)
        return np.concatenate(
            [
                part.to_ndarray()[0]
                for frame in [*container.decode(audio=0), None]
                for part in resampler.resample(frame)
            ]
        )


def measured_loudness(path: Path) -> tuple[float, float]:
    """(integrated loudness in LUFS, true peak in dBTP) of the decoded sound, by EBU R 128."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        graph = Graph()
        source = graph.add_abuffer(template=stream)
        meter = graph.add("ebur128", "metadata=1:peak=true")
        sink = graph.add("abuffersink")
        graph.link_nodes(source, meter, sink).configure()
        loudness, peak = -70.0, 0.0
        for frame in [*container.decode(stream), None]:
            source.push(frame)
            while True:
                try:
                    found = sink.pull().metadata
                except (av.error.BlockingIOError, av.error.EOFError):
                    break
                if "lavfi.r128.I" in found:
                    loudness = float(found["lavfi.r128.I"])
                peak = max(peak, float(found.get("lavfi.r128.true_peak", 0.0)))
        return loudness, 20 * float(np.log10(max(peak, 1e-6)))
