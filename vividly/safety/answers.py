"""What a student is told instead of a lesson that would be unsafe."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field

from vividly.lesson import Answer
from vividly.safety.categories import CATEGORIES

_EITHER = re.compile(r"\{([^|{}]*)\|([^|{}]*)\}")
_DEFAULT = "en"


class _Help(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    us: str = Field(alias="US")
    other: str


class _Text(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    message: str
    help: _Help | None = None


def blocked_answer(category: str, *, language: str = "en") -> Answer:
    """The answer for a category, in the student's language; in English where there is none.

    Args:
        category: a key of `CATEGORIES`; another one, as a provider may name, is `unsafe`.
        language: a BCP 47 tag; its region settles where help is to be found.
    """
    category = category if category in CATEGORIES else "unsafe"
    base, *rest = language.replace("_", "-").split("-")
    texts = _texts()
    text = texts.get(base.lower(), texts[_DEFAULT])[category]
    region = next((part.upper() for part in rest if len(part) == 2 and part.isalpha()), "")
    return Answer("blocked", _with_help(text, region), category=category)


def _with_help(text: _Text, region: str) -> str:
    if text.help is None:
        return text.message
    elsewhere = _EITHER.sub(r"\2" if region else r"\1", text.help.other)
    if region == "US":
        return f"{text.message} {text.help.us}"
    return f"{text.message} {elsewhere}" if region else f"{text.message} {text.help.us} {elsewhere}"


@cache
def _texts() -> Mapping[str, Mapping[str, _Text]]:
    """Language -> category -> text."""
    table = yaml.safe_load(files("vividly.safety").joinpath("answers.yaml").read_text("utf-8"))
    return {
        language: {category: _Text.model_validate(text) for category, text in texts.items()}
        for language, texts in table.items()
    }
