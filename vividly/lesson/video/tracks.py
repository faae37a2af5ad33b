"""Writes the caption track, chapters and metadata of an MP4 file."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

from av import Packet
from av.container import OutputContainer

from vividly.lesson.video.captions import Cue, caption_cues, chapter_cues
from vividly.model.lesson import Narration, Script
from vividly.text.locales import locale_for

_TRACK_ENABLED = 1
_MILLISECOND = Fraction(1, 1000)
_ASS_HEADER = (
    b"[Script Info]\r\nScriptType: v4.00+\r\n\r\n[V4+ Styles]\r\n"
    b"Format: Name, Fontname, Fontsize, PrimaryColour, BackColour\r\n"
    b"Style: Default,Arial,16,&Hffffff,&H0\r\n\r\n[Events]\r\nFormat: Text\r\n"
)
"""The style header that the subtitle encoder requires."""


@dataclass(frozen=True)
class Tracks:
    """The captions, chapters and metadata of a lesson.

    Attributes:
        duration: seconds of the whole lesson.
        captions_on: whether players show the captions by default.
    """

    language: str
    duration: float
    captions: tuple[Cue, ...]
    chapters: tuple[Cue, ...]
    captions_on: bool = False
    metadata: dict[str, str] = field(default_factory=dict)


def tracks_of(script: Script, narration: Narration, *, captions_on: bool) -> Tracks:
    """The tracks of a lesson. They have no data of the student."""
    credits_ = dict.fromkeys(
        f"{s.title} ({s.attribution}, {s.licence})" for s in script.sources if s.title
    )
    metadata = {"title": script.title, "genre": script.subject, "comment": "; ".join(credits_)}
    return Tracks(
        language=locale_for(script.language).lesson.iso_639_2,
        duration=narration.duration,
        captions=caption_cues(narration),
        chapters=chapter_cues(script, narration),
        captions_on=captions_on,
        metadata={key: value for key, value in metadata.items() if value},
    )


def describe(container: OutputContainer, tracks: Tracks) -> None:
    """Set metadata and chapters. Call it before the first packet is written."""
    container.metadata.update(tracks.metadata)
    container.set_chapters(
        [
            {
                "id": number,
                "start": round(cue.start * 1000),
                "end": round(cue.end * 1000),
                "time_base": _MILLISECOND,
                "metadata": {"title": cue.rows[0]},
            }
            for number, cue in enumerate(tracks.chapters)
        ]
    )


def add_caption_stream(container: OutputContainer, tracks: Tracks) -> Any:
    """Add the stream for `caption_packets`."""
    stream = container.add_stream("mov_text")
    stream.codec_context.subtitle_header = _ASS_HEADER
    stream.time_base = _MILLISECOND
    stream.metadata["language"] = tracks.language
    return stream


def caption_packets(tracks: Tracks, stream: Any) -> Iterator[Packet]:
    """The cues as timed text (3GPP TS 26.245), in order of time.

    The format allows no gaps, so an empty cue fills the time between two cues.
    """
    for start, end, text in _timed(tracks.captions, round(tracks.duration * 1000)):
        data = text.encode()
        packet = Packet(len(data).to_bytes(2, "big") + data)
        packet.stream, packet.time_base = stream, _MILLISECOND
        packet.pts = packet.dts = start
        packet.duration = end - start
        packet.is_keyframe = True
        yield packet


def disable_captions(path: Path) -> None:
    """Clear the flag that makes players show the captions by default.

    The MP4 muxer enables the first track of each kind, whatever its disposition.
    """
    with path.open("r+b") as file:
        for position, kind, size in _boxes(file, 0, path.stat().st_size):
            if kind == b"moov":
                for at, name, length in _boxes(file, position, position + size):
                    if name == b"trak":
                        _disable_if_captions(file, at, length)


def _disable_if_captions(file: BinaryIO, at: int, length: int) -> None:
    file.seek(at)
    data = file.read(length)
    header = data.find(b"tkhd")
    if header >= 0 and b"sbtl" in data:
        # After the box's name come a version byte and three bytes of flags.
        file.seek(at + header + 7)
        flags = file.read(1)[0]
        file.seek(at + header + 7)
        file.write(bytes([flags & ~_TRACK_ENABLED]))


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, bytes, int]]:
    """(start of the content, name, size of the content) of each box."""
    while start + 8 <= end:
        file.seek(start)
        size, name = struct.unpack(">I4s", file.read(8))
        if size < 8:
            return  # extends to the end of the file, or has a 64-bit length: media, not moov
        yield start + 8, name, size - 8
        start += size


def _timed(cues: Sequence[Cue], total: int) -> Iterator[tuple[int, int, str]]:
    """(start, end, text) in milliseconds, without gaps from 0 to `total`."""
    at = 0
    for cue in cues:
        start, end = max(at, round(cue.start * 1000)), round(cue.end * 1000)
        if start > at:
            yield at, start, ""
        if end > start:
            yield start, end, "\n".join(cue.rows)
            at = end
    if total > at:
        yield at, total, ""
