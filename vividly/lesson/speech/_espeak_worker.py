"""One-shot process around the espeak-ng library; reads jobs on stdin, writes sound to stdout.

Run it by path as a script: it imports nothing of this project, so it starts within a few
hundredths of a second. It is a separate process because espeak-ng is not thread-safe, is
deterministic only in a fresh process, and is under the GPL.

Input: a JSON line {"library", "data", "voice", "pace"}, then one per sentence: {"text"} for its
sound, or {"words"} for their phonemes.
Output: for {"words"} a JSON line with the phonemes of each word. For {"text"} a JSON line {"rate",
"bytes", "words": [[character, seconds], ...]}, then `bytes` bytes of mono signed 16-bit
little-endian samples; `character` counts from 0.
Exits with code 3 and a message if the library, its data or the voice is missing.
"""

from __future__ import annotations

import ctypes
import json
import sys
from typing import Any

NOT_SET_UP = 3
_SYNCHRONOUS = 2
_RATE_PARAMETER = 1
_UTF8 = 1
_WORD = 1
_IPA = 0x02 | 0x80 | ord("^") << 8  # IPA, "^" between the signs of one sound


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    ]


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class _Espeak:
    def __init__(self, library: str, data: str, voice: str, pace: int) -> None:
        self._library = ctypes.CDLL(library)
        self.rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, data.encode(), 0)
        if self.rate <= 0:
            raise RuntimeError("espeak-ng found no voice data")
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise RuntimeError(f"espeak-ng has no voice {voice!r}")
        self._library.espeak_SetParameter(_RATE_PARAMETER, pace, 0)
        self._library.espeak_Synth.argtypes = [
            ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint,
            ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p,
        ]  # fmt: skip
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._library.espeak_TextToPhonemes.argtypes = [
            ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int,
        ]  # fmt: skip
        # Keep a reference, or the library would call into freed memory.
        self._callback = _Callback(self._receive)
        self._library.espeak_SetSynthCallback(self._callback)
        self._sound = bytearray()
        self._words: list[tuple[int, float]] = []

    def _receive(self, samples: Any, count: int, events: Any) -> int:
        if count > 0 and samples:
            self._sound += ctypes.string_at(samples, count * 2)
        at = 0
        while events[at].type:
            if events[at].type == _WORD:
                seconds = events[at].audio_position / 1000
                self._words.append((events[at].text_position - 1, seconds))
            at += 1
        return 0

    def speak(self, text: str) -> tuple[bytes, list[tuple[int, float]]]:
        self._sound, self._words = bytearray(), []
        data = text.encode() + b"\0"
        if self._library.espeak_Synth(data, len(data), 0, 1, 0, _UTF8, None, None):
            raise RuntimeError("espeak-ng refused a sentence")
        self._library.espeak_Synchronize()
        return bytes(self._sound), self._words

    def phonemes(self, words: list[str]) -> list[str]:
        """In IPA, as in the sentence. A number has several words of phonemes."""
        alone = [self._ipa(word) for word in words]
        together = self._ipa(" ".join(words)).split()
        if sum(len(word.split()) for word in alone) != len(together):
            return alone
        return [" ".join(together.pop(0) for _ in word.split()) for word in alone]

    def _ipa(self, text: str) -> str:
        left = ctypes.c_char_p(text.encode())
        found = []
        while left.value:
            clause = self._library.espeak_TextToPhonemes(ctypes.byref(left), _UTF8, _IPA)
            found.append((clause or b"").decode())
        return " ".join(found)


def main() -> None:
    lines = sys.stdin.buffer
    try:
        espeak = _Espeak(**json.loads(lines.readline()))
    except (OSError, RuntimeError) as error:
        print(error, file=sys.stderr)
        sys.exit(NOT_SET_UP)
    for line in lines:
        job = json.loads(line)
        if "words" in job:
            sys.stdout.buffer.write(json.dumps(espeak.phonemes(job["words"])).encode() + b"\n")
            continue
        sound, words = espeak.speak(job["text"])
        header = {"rate": espeak.rate, "bytes": len(sound), "words": words}
        sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + sound)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
