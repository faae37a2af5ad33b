"""All that depends on a language: one folder of data files each, read as one typed `Locale`.

    locale_for("es-MX").lesson.headings.sources   # "Fuentes"

Add a language:

1. Copy `vividly/text/locales/en/` to a folder named by the primary subtag ("de") and translate
   each file. `sections.py` says what each field means. A field that is missing, unknown or of
   another type makes the section fail as it is read, and `tests/test_locales.py` reads them all.
   `tests/data/locales/de/` is the smallest one that works. Remove the language from
   `no_lessons.yaml`, which holds what is said to who asks in a language without lessons.
2. Write topics with `language: de` and the `counterpart` of the English topic in
   `vividly/library/corpus/<subject>/`, then make their vectors: CONTRIBUTING.md, "A topic".
3. A voice: its name in `VOICES` of `lesson/speech/espeak.py`, or in `google_voices.yaml`.
4. A migration that makes the column `passages.search` again (`platform/ledger/library.py`), so
   that Postgres reads passages in the language with its own text search configuration.
5. Safety rules in the language (`lesson/safety/rules/*.yaml`, `answers.yaml`): these are content
   and lie there, as the topics do. Until there are some, questions are read by the rules that
   there are.

No other module has a table by language or asks whether a language is Spanish: a test looks.
A locale outside the package is added with `register(Path("…/locales/de"))`, and its topics with
`vividly.library.corpus.register_topics`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

import yaml
from pydantic import ValidationError

from vividly.text.locales.sections import (
    NO_SPEECH,
    Answers,
    Formulas,
    Grounding,
    Hints,
    LessonTexts,
    Library,
    Names,
    NoLessons,
    Questions,
    Reading,
    Search,
    Section,
    Speech,
)
from vividly.text.locales.units import cldr_units

__all__ = [
    "DEFAULT",
    "Locale",
    "forget",
    "known_locales",
    "locale_for",
    "no_lessons",
    "primary_subtag",
    "register",
    "speech_for",
]

DEFAULT = "en"
"""The language of a request that names none, and the locale of a language that has none."""

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_S = TypeVar("_S", bound=Section)
_reading = threading.RLock()
_registered: dict[str, Traversable] = {}


def primary_subtag(tag: str) -> str:
    """The primary subtag of a BCP 47 tag in lower case: "es" of "es-MX", "en" of ""."""
    return tag.strip().lower().replace("_", "-").partition("-")[0] or DEFAULT


@dataclass(frozen=True)
class Locale:
    """The data of one language. Each section is read from its file at its first use.

    Attributes:
        tag: the primary subtag, such as "es".
        folder: where its files are.

    Raises (each section):
        ValueError: the file lacks a field, has an unknown one, or is no YAML.
    """

    tag: str
    folder: Traversable

    @cached_property
    def names(self) -> Names:
        """What subjects and interests are called."""
        return self._read("names", Names)

    @cached_property
    def lesson(self) -> LessonTexts:
        """What a lesson says and shows besides what it teaches."""
        return self._read("lesson", LessonTexts)

    @cached_property
    def answers(self) -> Answers:
        """What a student is told instead of a lesson."""
        return self._read("answers", Answers)

    @cached_property
    def speech(self) -> Speech:
        """What a voice says for signs, units and abbreviations."""
        own = self._read("speech", Speech)
        return own.model_copy(update={"units": {**cldr_units(self.tag), **own.units}})

    @cached_property
    def formulas(self) -> Formulas:
        """How the signs of formulas are said."""
        return self._read("formulas", Formulas)

    @cached_property
    def library(self) -> Library:
        """What passages and their sources are called."""
        return self._read("library", Library)

    @cached_property
    def search(self) -> Search:
        """Words as retrieval sees them."""
        return self._read("search", Search)

    @cached_property
    def grounding(self) -> Grounding:
        """The words that checking a script against its sources needs."""
        return self._read("grounding", Grounding)

    @cached_property
    def questions(self) -> Questions:
        """How students word questions."""
        return self._read("questions", Questions)

    @cached_property
    def hints(self) -> Hints:
        """What the words around the topics hint at."""
        return self._read("hints", Hints)

    @cached_property
    def reading(self) -> Reading:
        """How hard a text is to read."""
        return self._read("reading", Reading)

    def file(self, section: str) -> bytes:
        """A section's file as it is stored, for the digests of what is made with it."""
        return self.folder.joinpath(f"{section}.yaml").read_bytes()

    def _read(self, section: str, model: type[_S]) -> _S:
        with _reading:  # two threads would both read it
            return _parsed(self.folder, section, model)


def locale_for(tag: str) -> Locale:
    """The locale of a BCP 47 tag by its primary subtag; English where there is none."""
    subtag = primary_subtag(tag)
    return _locale(subtag if subtag in _folders() else DEFAULT)


def speech_for(tag: str) -> Speech:
    """What a voice says for signs in a language; nothing where there is no locale for it."""
    return locale_for(tag).speech if primary_subtag(tag) in _folders() else NO_SPEECH


def known_locales() -> tuple[str, ...]:
    """The primary subtags of all locales, English first."""
    return tuple(sorted(_folders(), key=lambda subtag: (subtag != DEFAULT, subtag)))


def register(folder: Traversable) -> Locale:
    """Add the locale of a folder outside the package, named by its subtag (`…/locales/de`).

    Call it before the first lesson: what was made of the locales until then stays as it is.
    """
    forget(folder.name)
    _registered[folder.name] = folder
    return _locale(folder.name)


def forget(subtag: str) -> None:
    """Take back `register`."""
    _registered.pop(subtag, None)
    _folders.cache_clear()
    _locale.cache_clear()


@cache
def no_lessons() -> NoLessons:
    """What is said to who asks in a language without lessons."""
    return _parsed(files(__name__), "no_lessons", NoLessons)


def _parsed(folder: Traversable, section: str, model: type[_S]) -> _S:
    try:
        data = folder.joinpath(f"{section}.yaml").read_bytes()
        return model.model_validate(yaml.load(data, Loader=_Loader))
    except (ValidationError, yaml.YAMLError, OSError) as error:
        raise ValueError(f"locale {folder.name}, {section}.yaml: {error}") from error


@cache
def _folders() -> dict[str, Traversable]:
    shipped = (one for one in files(__name__).iterdir() if one.is_dir() and one.name[0] != "_")
    return {one.name: one for one in shipped} | _registered


@cache
def _locale(subtag: str) -> Locale:
    return Locale(subtag, _folders()[subtag])
