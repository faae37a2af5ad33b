"""Chooses the Google Cloud voice for a language and a style, from google_voices.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from vividly.lesson.speech.synthesizer import LanguageNotSpoken
from vividly.model.errors import SettingsError
from vividly.text.locales import primary_subtag

_FILE = Path(__file__).with_name("google_voices.yaml")
_LOCALE = re.compile(r"([a-z]{2,3}-[A-Z]{2})-(.+)")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Family(_Strict):
    """The features of a family of voices; see the comments in google_voices.yaml."""

    sku: str
    ssml: bool
    marks: bool
    rate: bool
    pitch: bool
    sample_rate: int


class _Style(_Strict):
    rate: float
    pitch: float


class _Table(_Strict):
    families: dict[str, Family]
    styles: dict[str, _Style]
    voices: dict[str, dict[str, str]]
    languages: dict[str, str]


@dataclass(frozen=True)
class GoogleVoice:
    """A voice and how it speaks.

    Attributes:
        name: Google's name ("en-US-Neural2-F").
        locale: the language code for Google ("en-US").
        rate: multiple of its own pace; 1 if the family takes no rate.
        pitch: semitones above its own; 0 if the family takes no pitch.
    """

    name: str
    locale: str
    family: Family
    rate: float
    pitch: float


def choose_voice(language: str, *, style: str = "", voice: str = "") -> GoogleVoice:
    """Choose the voice for a language.

    Args:
        language: BCP 47.
        style: a style of google_voices.yaml; empty for the first one.
        voice: Google's name of a voice. With a locale it is used for that language only; without
            one ("Chirp3-HD-Kore") for all languages.

    Raises:
        SettingsError: there is no such style, or no such family of voices.
        LanguageNotSpoken: no voice speaks the language.
    """
    check_voice_settings(style=style, voice=voice)
    table = _table()
    style = style or next(iter(table.styles))
    locale, kind = _split(voice)
    if not locale or primary_subtag(locale) != primary_subtag(language):
        everywhere = kind if voice and not locale else ""
        locale = _locale(language)
        kind = everywhere or table.voices[locale][style]
    family = _family(kind)
    manner = table.styles[style]
    return GoogleVoice(
        name=f"{locale}-{kind}",
        locale=locale,
        family=family,
        rate=manner.rate if family.rate else 1.0,
        pitch=manner.pitch if family.pitch else 0.0,
    )


def check_voice_settings(*, style: str, voice: str) -> None:
    """Check a style and a voice.

    Raises:
        SettingsError: there is no such style, or no such family of voices.
    """
    table = _table()
    if style and style not in table.styles:
        raise SettingsError(
            f"--speech_style={style!r}: Google's voices have {', '.join(table.styles)};"
            " choose one of them"
        )
    if voice:
        try:
            _family(_split(voice)[1])
        except KeyError:
            raise SettingsError(
                f"--speech_voice={voice!r} is no voice of Google that is known here: give a name"
                f" such as en-US-Neural2-F, or Chirp3-HD-Kore for all languages, of one of the"
                f" families {', '.join(table.families)}"
            ) from None


def spoken_languages() -> tuple[str, ...]:
    """The BCP 47 tags that have a voice."""
    return tuple(_table().voices)


def _locale(language: str) -> str:
    """The locale of the voices for a language: by language and region, else by language alone.

    A script subtag ("zh-Hant-TW") is ignored: it does not affect speech.
    """
    table = _table()
    known: Mapping[str, str] = {tag.lower(): tag for tag in table.voices}
    others = {tag.lower(): locale for tag, locale in table.languages.items()}
    first, *rest = language.lower().replace("_", "-").split("-")
    region = next((part for part in rest if len(part) == 2 or part.isdecimal()), "")
    for tag in (f"{first}-{region}", first):
        if found := known.get(tag) or others.get(tag):
            return found
    raise LanguageNotSpoken(
        f"no voice of Google is set for the language {language!r}: ask for one of"
        f" {', '.join(spoken_languages())}"
    )


def _split(voice: str) -> tuple[str, str]:
    found = _LOCALE.fullmatch(voice)
    return (found[1], found[2]) if found else ("", voice)


def _family(kind: str) -> Family:
    """The family of "Neural2-F". Raises KeyError."""
    name, _, letter = kind.rpartition("-")
    if not letter:
        raise KeyError(kind)
    return _table().families[name]


@cache
def _table() -> _Table:
    return _Table.model_validate(yaml.safe_load(_FILE.read_text(encoding="utf-8")))
