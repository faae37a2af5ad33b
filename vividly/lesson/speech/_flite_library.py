"""A ctypes binding of the few functions of the flite library that we need.

Not thread-safe; `flite.py` holds the lock.
"""

from __future__ import annotations

import ctypes
import os
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from vividly.lesson.speech.synthesizer import Samples
from vividly.model.errors import PermanentError, SettingsError

FOLDER_VARIABLE = "VIVIDLY_FLITE_DIR"
_LIBRARY = "libflite.so.1"
_PARTS = ("libflite_usenglish.so.1", "libflite_cmulex.so.1")
_SYSTEM = (
    f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib",
)


class _Wave(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    ]


class _VoiceHead(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("features", ctypes.c_void_p)]


@dataclass(frozen=True)
class FliteWord:
    """A word that flite spoke. `token`: position of its token; `start`, `end`: seconds."""

    token: int
    start: float
    end: float


def library_dir(folder: str | os.PathLike[str] | None = None) -> Path | None:
    """The folder of the flite library, or None if it is not installed.

    Args:
        folder: the only folder to search; by default `VIVIDLY_FLITE_DIR` if it is set,
            otherwise the usual folders of the system.
    """
    named = folder or os.environ.get(FOLDER_VARIABLE)
    for candidate in (named,) if named else _SYSTEM:
        if (Path(candidate) / _LIBRARY).exists():
            return Path(candidate).resolve()
    return None


class FliteLibrary:
    """The loaded library. Make it with `load`, once per process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._voices: dict[str, ctypes.c_void_p] = {}
        self._flite = self._open(_LIBRARY)
        for part in _PARTS:
            self._open(part)
        pointer, text, none = ctypes.c_void_p, ctypes.c_char_p, None
        for name, result, arguments in (
            ("flite_init", ctypes.c_int, ()),
            ("new_utterance", pointer, ()),
            ("delete_utterance", none, (pointer,)),
            ("utt_relation_create", pointer, (pointer, text)),
            ("utt_relation", pointer, (pointer, text)),
            ("utt_wave", pointer, (pointer,)),
            ("relation_append", pointer, (pointer, pointer)),
            ("relation_head", pointer, (pointer,)),
            ("item_next", pointer, (pointer,)),
            ("item_set_string", none, (pointer, text, text)),
            ("item_set_int", none, (pointer, text, ctypes.c_int)),
            ("ffeature_float", ctypes.c_float, (pointer, text)),
            ("ffeature_int", ctypes.c_int, (pointer, text)),
            ("feat_set_float", none, (pointer, text, ctypes.c_float)),
            ("flite_do_synth", pointer, (pointer, pointer, pointer)),
        ):
            function = getattr(self._flite, name)
            function.restype, function.argtypes = result, arguments
        self._flite.flite_init()
        self._from_tokens = ctypes.cast(self._flite.utt_synth_tokens, pointer)
        self._libc = ctypes.CDLL(None)

    @property
    def version(self) -> str:
        """The version in the name of the library file ("2.2")."""
        return (self.folder / _LIBRARY).resolve().name.partition(".so.")[2]

    def _open(self, name: str) -> ctypes.CDLL:
        try:
            return ctypes.CDLL(str(self.folder / name), mode=ctypes.RTLD_GLOBAL)
        except OSError as error:
            raise SettingsError(
                f"flite is incomplete: {error}; install it with `apt-get install libflite1`"
            ) from error

    def voice(self, name: str) -> ctypes.c_void_p:
        """A voice by its short name ("rms"). The first call registers it."""
        if name not in self._voices:
            library = self._open(f"libflite_cmu_us_{name}.so.1")
            register = getattr(library, f"register_cmu_us_{name}")
            register.restype, register.argtypes = ctypes.c_void_p, (ctypes.c_char_p,)
            self._voices[name] = ctypes.c_void_p(register(None))
        return self._voices[name]

    def speak(
        self, voice: ctypes.c_void_p, tokens: Sequence[tuple[str, str]], stretch: float
    ) -> tuple[Samples, int, list[FliteWord]]:
        """Speak one sentence.

        Args:
            tokens: (ASCII word, punctuation after it); at least one.
            stretch: factor on the voice's own durations; 1.2 is 20 % slower.

        Returns:
            samples of shape (n,), samples per second, and the words; a token may have several
            words or none.

        Raises:
            PermanentError: flite fails or gives no sound.
        """
        flite = self._flite
        head = ctypes.cast(voice, ctypes.POINTER(_VoiceHead)).contents
        flite.feat_set_float(head.features, b"duration_stretch", stretch)
        # The voices use libc's random generator for noise: seed it, for the same sound each time.
        self._libc.srandom(1)
        utterance = flite.new_utterance()
        relation = flite.utt_relation_create(utterance, b"Token")
        for at, (word, punctuation) in enumerate(tokens):
            item = flite.relation_append(relation, None)
            flite.item_set_string(item, b"name", word.encode("ascii"))
            flite.item_set_string(item, b"whitespace", b" ")
            flite.item_set_string(item, b"prepunctuation", b"")
            flite.item_set_string(item, b"punc", punctuation.encode("ascii"))
            flite.item_set_int(item, b"position", at)
        # On failure flite frees the utterance itself.
        if not flite.flite_do_synth(utterance, voice, self._from_tokens):
            raise PermanentError(f"flite could not speak a sentence of {len(tokens)} words")
        try:
            wave = ctypes.cast(flite.utt_wave(utterance), ctypes.POINTER(_Wave)).contents
            if wave.num_samples <= 0:
                raise PermanentError(f"flite gave no sound for a sentence of {len(tokens)} words")
            samples = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).astype(np.int16)
            return samples, wave.sample_rate, list(self._words(utterance))
        finally:
            flite.delete_utterance(utterance)

    def _words(self, utterance: int) -> Iterator[FliteWord]:
        flite = self._flite
        item = flite.relation_head(flite.utt_relation(utterance, b"Word"))
        first, last = (
            b"R:SylStructure.daughter1.daughter1.R:Segment.p.end",
            b"R:SylStructure.daughtern.daughtern.R:Segment.end",
        )
        while item:
            start, end = flite.ffeature_float(item, first), flite.ffeature_float(item, last)
            if end > start:
                yield FliteWord(flite.ffeature_int(item, b"R:Token.parent.position"), start, end)
            item = flite.item_next(item)


def load(folder: Path | None) -> FliteLibrary:
    """Load the library once per process, from a folder; None searches with `library_dir`.

    Raises:
        SettingsError: it is not installed.
    """
    found = library_dir(folder)
    if found is None:
        where = folder or os.environ.get(FOLDER_VARIABLE) or "the system's library folders"
        raise SettingsError(
            f"--speech_provider=flite: {_LIBRARY} is not in {where}; install it with"
            f" `apt-get install libflite1`, name its folder in {FOLDER_VARIABLE},"
            " or choose --speech_provider=espeak"
        )
    return _loaded(found)


@cache
def _loaded(folder: Path) -> FliteLibrary:
    return FliteLibrary(folder)
