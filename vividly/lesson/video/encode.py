"""Encodes a timeline with x264: each picture is drawn and encoded once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av import Packet, VideoFrame
from av.codec.context import ThreadType
from av.container import InputContainer, OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from vividly.lesson.video.picture import plane_views
from vividly.lesson.video.settings import RenderSettings
from vividly.lesson.video.skip_fill import SkipFill
from vividly.lesson.video.timeline import FPS, Shot, State
from vividly.lesson.video.tracks import (
    Tracks,
    add_caption_stream,
    caption_packets,
    describe,
    disable_captions,
)

_TICK = Fraction(1, FPS)
_PAINTED_AHEAD = 12
"""Most pictures painted ahead of the encoder, 3 MB each."""
_SEEK_POINT_FRAMES = 10 * FPS
_BT709, _LIMITED = 1, 1
_X264 = ":".join(
    [
        "keyint=infinite",
        "scenecut=0",  # we know where scenes change
        "bframes=0",
        "ref=1",
        "weightp=0",
        "slices=1",  # `skip_fill` relies on it
        "rc-lookahead=0",
        "sync-lookahead=0",
        "mbtree=0",  # no gain at a constant quantiser
        "colorprim=bt709",
        "transfer=bt709",
        "colormatrix=bt709",
        "fullrange=off",
    ]
)


def encode_lesson(
    shots: Sequence[Shot],
    paint: Callable[[State], VideoFrame],
    sound: Future[Path],
    path: Path,
    settings: RenderSettings,
    tracks: Tracks,
    on_progress: Callable[[float], None],
) -> None:
    """Write pictures, narration and tracks as an MP4 file that can play while it loads.

    Args:
        sound: the narration as AAC in MP4 (`audio.encode_m4a`), which may still be in progress.
        on_progress: called with a fraction from 0 to 1.
    """
    options = {"movflags": "faststart", "video_track_timescale": str(FPS * 512)}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        video = _add_video_stream(container, settings)
        pictures = _encoded(shots, paint, video.codec_context, settings, on_progress)
        packets = [_packet(video, *parts) for parts in pictures]
        with av.open(str(sound.result())) as heard:
            audio = container.add_stream_from_template(heard.streams.audio[0])
            audio.metadata["language"] = tracks.language
            text = add_caption_stream(container, tracks)
            describe(container, tracks)
            packets += _copied(heard, audio)
            packets += caption_packets(tracks, text)
        # Interleave both streams: a player reads them together.
        scales = {
            stream.index: float(packet_base)
            for stream, packet_base in (
                (video, _TICK),
                (audio, audio.time_base),
                (text, text.time_base),
            )
        }
        packets.sort(key=lambda packet: (packet.dts or 0) * scales[packet.stream.index])
        for packet in packets:
            container.mux(packet)
    if not tracks.captions_on:
        disable_captions(path)


def _copied(source: InputContainer, stream: av.AudioStream) -> Iterator[Packet]:
    """The audio packets of a file, assigned to another stream."""
    for packet in source.demux(source.streams.audio[0]):
        if packet.dts is not None:
            packet.stream = stream
            yield packet


def _add_video_stream(container: OutputContainer, settings: RenderSettings) -> av.VideoStream:
    stream = container.add_stream("libx264", rate=FPS)
    _configure(stream.codec_context, settings)
    stream.time_base = _TICK
    return stream


def _configure(context: VideoCodecContext, settings: RenderSettings) -> None:
    context.width, context.height = settings.layout.width, settings.layout.height
    context.pix_fmt = "yuv420p"
    context.time_base, context.framerate = _TICK, Fraction(FPS)
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _LIMITED
    context.options = {
        "preset": settings.preset,
        "qp": str(settings.quantiser),
        "x264-params": _X264,
    }
    # PyAV's default would cut each picture into slices, one per thread.
    context.thread_type, context.thread_count = ThreadType.FRAME, settings.threads


def _encoded(
    shots: Sequence[Shot],
    paint: Callable[[State], VideoFrame],
    context: VideoCodecContext,
    settings: RenderSettings,
    on_progress: Callable[[float], None],
) -> Iterator[tuple[bytes, int, int, bool]]:
    """(data, start, duration, is a keyframe) of each packet; times in frames."""
    lengths = {shot.start: shot.frames for shot in shots}
    total = shots[-1].start + shots[-1].frames
    filler: SkipFill | None = None
    for packet in _pictures(shots, paint, context):
        start = int(packet.pts or 0)
        if settings.frame_rate_mode == "vfr":
            yield bytes(packet), start, lengths[start], packet.is_keyframe
        else:
            if filler is None:
                filler = SkipFill(bytes(context.extradata or b""), _skipped_picture(settings))
            yield filler.coded(bytes(packet)), start, 1, packet.is_keyframe
            for at in range(start + 1, start + lengths[start]):
                yield filler.skip(), at, 1, False
        on_progress((start + lengths[start]) / total)


def _pictures(
    shots: Sequence[Shot], paint: Callable[[State], VideoFrame], context: VideoCodecContext
) -> Iterator[Packet]:
    """The packets of all pictures. The next pictures are painted while others are encoded.

    Slides are slow to paint and caption words fast, so several painted pictures may wait.
    """
    frames = [_blank(context) for _ in range(_PAINTED_AHEAD + 1)]
    keyed_scene, keyed_at = -1, 0
    with ThreadPoolExecutor(1, "encode") as pool:
        pending: deque[Future[list[Packet]]] = deque()
        for number, shot in enumerate(shots):
            state = shot.state
            moving = bool(state.appear or state.crossfade or state.motion)
            # Not during a fade: a keyframe after it also removes its encoding artefacts.
            seek_point = not moving and (
                state.scene != keyed_scene or shot.start - keyed_at >= _SEEK_POINT_FRAMES
            )
            if seek_point or not shot.start:
                keyed_scene, keyed_at = state.scene, shot.start
            painted = plane_views(paint(state))
            if len(pending) >= _PAINTED_AHEAD:
                yield from pending.popleft().result()
            # Reuse a frame that no longer waits.
            frame = frames[number % len(frames)]
            for view, plane in zip(plane_views(frame), painted, strict=True):
                np.copyto(view, plane)
            frame.pts, frame.time_base = shot.start, _TICK
            frame.pict_type = PictureType.I if keyed_at == shot.start else PictureType.NONE
            pending.append(pool.submit(context.encode, frame))
        while pending:
            yield from pending.popleft().result()
        yield from context.encode(None)


def _blank(context: VideoCodecContext) -> VideoFrame:
    """A grey frame of the context's size."""
    frame = VideoFrame(context.width, context.height, "yuv420p")
    for view in plane_views(frame):
        view[:] = 128
    return frame


def _skipped_picture(settings: RenderSettings) -> bytes:
    """The packet that x264 makes for a picture identical to the one before."""
    context = VideoCodecContext.create("libx264", "w")
    _configure(context, settings)
    frame = _blank(context)
    packets: list[Packet] = []
    for at in range(2):
        frame.pts, frame.time_base = at, _TICK
        packets += context.encode(frame)
    packets += context.encode(None)
    return bytes(packets[1])


def _packet(stream: av.VideoStream, data: bytes, start: int, frames: int, keyframe: bool) -> Packet:
    packet = Packet(data)
    packet.stream, packet.time_base = stream, _TICK
    packet.pts = packet.dts = start
    packet.duration, packet.is_keyframe = frames, keyframe
    return packet
