"""The data of each language: one folder of files per language, read as one typed `Locale`.

    locale_for("es-MX").lesson.headings.sources   # "Fuentes"

Add a language:

1. Copy `vividly/text/locales/en/` to a folder named by the primary subtag ("de") and translate
   each file. `sections.py` says what each field means. A field that is missing, unknown or of
   another type is an error when the section is read; `tests/test_locales.py` reads them all.
   `tests/data/locales/de/` is the smallest working example. Remove the language from
   `no_lessons.yaml`, which has the answers for languages without lessons.
2. Write topics with `language: de` and the `counterpart` of the English topic in
   `vividly/library/corpus/<subject>/`, then make their vectors: CONTRIBUTING.md, "A topic".
3. A voice: its name in `VOICES` of `lesson/speech/espeak.py`, or in `google_voices.yaml`.
4. A migration that recreates the column `passages.search` (`platform/ledger/library.py`), so that
   Postgres uses the language's own text search configuration for its passages.
5. Safety rules in the language (`lesson/safety/rules/*.yaml`, `answers.yaml`), and the language in
   `_READ` of `lesson/safety/__init__.py`. Until they exist, the English and Spanish rules apply.

The few other modules that know a language are listed in `ALLOWED` of `tests/test_locales.py`, with
the reason for each; the test fails for any more.
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
    Pages,
    Questions,
    Reading,
    Search,
    Section,
    Speech,
    Unmet,
)
from vividly.text.locales.units import cldr_calendar, cldr_units

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
"""The language of a request that names none, and the locale of a language without its own."""

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
        folder: the folder of its files.

    Raises (each section):
        ValueError: the file lacks a field, has an unknown one, or is not YAML.
    """

    tag: str
    folder: Traversable

    @cached_property
    def names(self) -> Names:
        """The names of subjects and interests."""
        return self._read("names", Names)

    @cached_property
    def lesson(self) -> LessonTexts:
        """The fixed phrases and labels of a lesson."""
        return self._read("lesson", LessonTexts)

    @cached_property
    def answers(self) -> Answers:
        """The answers that replace a lesson."""
        return self._read("answers", Answers)

    @cached_property
    def unmet(self) -> Unmet:
        """What a lesson lacks of what was asked for."""
        return self._read("unmet", Unmet)

    @cached_property
    def speech(self) -> Speech:
        """How a voice reads signs, units and abbreviations."""
        own = self._read("speech", Speech)
        units = {**cldr_units(self.tag), **own.units}
        return own.model_copy(update={"units": units, "calendar": cldr_calendar(self.tag)})

    @cached_property
    def formulas(self) -> Formulas:
        """How a voice reads the signs of formulas."""
        return self._read("formulas", Formulas)

    @cached_property
    def library(self) -> Library:
        """The names of passages and their sources."""
        return self._read("library", Library)

    @cached_property
    def search(self) -> Search:
        """The word lists of retrieval."""
        return self._read("search", Search)

    @cached_property
    def grounding(self) -> Grounding:
        """The word lists of the grounding check."""
        return self._read("grounding", Grounding)

    @cached_property
    def questions(self) -> Questions:
        """How students word questions."""
        return self._read("questions", Questions)

    @cached_property
    def hints(self) -> Hints:
        """Words that hint at topics."""
        return self._read("hints", Hints)

    @cached_property
    def reading(self) -> Reading:
        """How hard a text is to read."""
        return self._read("reading", Reading)

    @cached_property
    def pages(self) -> Pages:
        """The pages in a browser."""
        return self._read("pages", Pages)

    def file(self, section: str) -> bytes:
        """The bytes of a section's file, for digests of results that depend on it."""
        return self.folder.joinpath(f"{section}.yaml").read_bytes()

    def _read(self, section: str, model: type[_S]) -> _S:
        with _reading:  # so that only one thread reads it
            return _parsed(self.folder, section, model)


def locale_for(tag: str) -> Locale:
    """The locale of a BCP 47 tag, by its primary subtag; English if there is none."""
    subtag = primary_subtag(tag)
    return _locale(subtag if subtag in _folders() else DEFAULT)


def speech_for(tag: str) -> Speech:
    """How a voice reads signs in a language; empty if the language has no locale."""
    return locale_for(tag).speech if primary_subtag(tag) in _folders() else NO_SPEECH


def known_locales() -> tuple[str, ...]:
    """The primary subtags of all locales, English first."""
    return tuple(sorted(_folders(), key=lambda subtag: (subtag != DEFAULT, subtag)))


def register(folder: Traversable) -> Locale:
    """Add the locale of a folder outside the package, named by its subtag (`…/locales/de`).

    Call it before the first lesson: tables built from the locales before are not updated.
    """
    forget(folder.name)
    _registered[folder.name] = folder
    return _locale(folder.name)


def forget(subtag: str) -> None:
    """Undo `register`."""
    _registered.pop(subtag, None)
    _folders.cache_clear()
    _locale.cache_clear()


@cache
def no_lessons() -> NoLessons:
    """The answers for languages without lessons."""
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
