"""Encodes video with a constant frame rate at the cost of a variable one.

Most frames of a lesson repeat the one before. H.264 codes such a frame in 11 bytes: a P slice with
every macroblock skipped. x264 would need 4 ms per frame to find that out. Here the slice is
inserted between the coded pictures, and the pictures are renumbered. A decoder outputs exactly the
repeated frames.

This needs a stream with one slice per picture, one reference frame, no B-frames and picture order
count type 2 (output order is decoding order), which is checked.
"""

from __future__ import annotations

from functools import lru_cache

from vividly.lesson.video import h264_bits as h264


class SkipFill:
    """Numbers the pictures of one stream, coded and skipped.

    Args:
        extradata: the encoder's parameter sets.
        template: the encoder's packet for a picture that is identical to the one before.

    Raises:
        ValueError: the stream does not meet the conditions above.
    """

    def __init__(self, extradata: bytes, template: bytes) -> None:
        self._sequence = h264.sequence_parameters(extradata)
        if self._sequence.poc_type != 2 or self._sequence.reference_frames != 1:
            raise ValueError(
                "frames can only be skipped in a stream with one reference frame and picture "
                f"order count type 2, not {self._sequence}"
            )
        slices = [u for u in h264.nal_units(template) if h264.unit_type(u) == h264.SLICE]
        if len(slices) != 1 or len(slices[0]) > 64:
            raise ValueError("the template is not one slice of skipped macroblocks")
        bits = self._sequence.frame_num_bits
        self._skipped = lru_cache(maxsize=None)(
            lambda number: h264.START_CODE + h264.with_frame_num(slices[0], bits, number)
        )
        self._number = 0

    def skip(self) -> bytes:
        """The packet of the next picture, a repetition of the one before."""
        return self._skipped(self._advance())

    def coded(self, packet: bytes) -> bytes:
        """The encoder's packet of the next picture, renumbered."""
        units = []
        for unit in h264.nal_units(packet):
            if h264.unit_type(unit) == h264.IDR_SLICE:
                self._number = 0
            elif h264.unit_type(unit) == h264.SLICE:
                bits = self._sequence.frame_num_bits
                unit = h264.with_frame_num(unit, bits, self._advance())
            units.append(h264.START_CODE + unit)
        return b"".join(units)

    def _advance(self) -> int:
        self._number = (self._number + 1) % (1 << self._sequence.frame_num_bits)
        return self._number
