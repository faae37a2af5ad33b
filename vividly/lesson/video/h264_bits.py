"""Reads and rewrites the parts of an H.264 stream (ITU-T H.264, Annex B) for `skip_fill`."""

from __future__ import annotations

import re
from dataclasses import dataclass

START_CODE = b"\0\0\0\1"
SLICE, IDR_SLICE, SPS, PPS = 1, 5, 7, 8
_START = re.compile(rb"\x00\x00\x01")
_NEEDS_ESCAPE = re.compile(rb"\x00\x00(?=[\x00-\x03])")
_HIGH_PROFILES = frozenset((100, 110, 122, 244))
_HEADER_BYTES = 24
"""Enough for the fields of a slice header up to and including frame_num."""


class _Bits:
    """Reads bits, most significant first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._length = len(data) * 8
        self.position = 0

    def fixed(self, count: int) -> int:
        """u(n)"""
        self.position += count
        return self._value >> (self._length - self.position) & (1 << count) - 1

    def golomb(self) -> int:
        """ue(v)"""
        zeros = 0
        while not self.fixed(1):
            zeros += 1
        return (1 << zeros) - 1 + self.fixed(zeros)


@dataclass(frozen=True)
class SequenceParameters:
    """The fields of a sequence parameter set about the order of pictures."""

    frame_num_bits: int
    poc_type: int
    reference_frames: int


def nal_units(stream: bytes) -> list[bytes]:
    """The NAL units of a byte stream, without start codes."""
    starts = list(_START.finditer(stream))
    ends = [*(s.start() for s in starts[1:]), len(stream)]
    units = []
    for start, end in zip(starts, ends, strict=True):
        unit = stream[start.end() : end]
        # A zero before the next start code belongs to that code.
        units.append(unit.rstrip(b"\0") if end < len(stream) else unit)
    return units


def unit_type(unit: bytes) -> int:
    """nal_unit_type"""
    return unit[0] & 31


def sequence_parameters(extradata: bytes) -> SequenceParameters:
    """Read the sequence parameter set of an encoder's extradata.

    Raises:
        ValueError: it has none, or uses a chroma format other than 4:2:0.
    """
    found = [unit for unit in nal_units(extradata) if unit_type(unit) == SPS]
    if len(found) != 1:
        raise ValueError(f"the encoder gave {len(found)} sequence parameter sets, expected one")
    bits = _Bits(_unescaped(found[0]))
    bits.fixed(8)
    profile = bits.fixed(8)
    bits.fixed(16)
    bits.golomb()
    if profile in _HIGH_PROFILES:
        chroma = bits.golomb()
        bits.golomb()
        bits.golomb()
        bits.fixed(1)
        if chroma != 1 or bits.fixed(1):
            raise ValueError("expected 4:2:0 video without scaling matrices")
    frame_num_bits = bits.golomb() + 4
    poc_type = bits.golomb()
    if poc_type == 0:
        bits.golomb()
    return SequenceParameters(frame_num_bits, poc_type, bits.golomb())


def with_frame_num(slice_unit: bytes, bits: int, frame_num: int) -> bytes:
    """The slice with its frame_num, of `bits` bits, replaced.

    Raises:
        ValueError: the slice is not the first of its picture.
    """
    plain = _unescaped(slice_unit)
    head = plain[:_HEADER_BYTES]
    reader = _Bits(head)
    reader.fixed(8)
    if reader.golomb() != 0:
        raise ValueError("expected one slice per picture")
    reader.golomb()  # slice_type
    reader.golomb()  # pic_parameter_set_id
    shift = len(head) * 8 - reader.position - bits
    value = int.from_bytes(head, "big")
    value = value & ~((1 << bits) - 1 << shift) | frame_num << shift
    return _escaped(value.to_bytes(len(head), "big") + plain[_HEADER_BYTES:])


def _unescaped(unit: bytes) -> bytes:
    return unit.replace(b"\0\0\3", b"\0\0")


def _escaped(payload: bytes) -> bytes:
    return _NEEDS_ESCAPE.sub(b"\0\0\3", payload)
