"""The answers that replace an unsafe lesson, and the help lines that go with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict

from vividly.lesson.safety.categories import CATEGORIES
from vividly.lesson.safety.help_lines import Country, HelpLines
from vividly.model.lesson import Answer

ALWAYS = frozenset(["self_harm", "abuse", "violence", "sexual", "drugs", "unsafe"])
"""Categories whose answers always carry help lines."""
_KIND = frozenset(["self_harm", "abuse"])
"""Categories whose `blocked` text already has the kind words."""
_DEFAULT = "en"


class _Texts(BaseModel):
    """The sentences of one language.

    Attributes:
        blocked: category -> a kind explanation why there is no lesson.
        kind: the kind words for every other answer with help lines.
        lines: the sentence that names the help lines ({}) of the student's country.
        elsewhere: the same for other countries, used if the student's country is not known.
        emergency: what to do at once; {} is the emergency number.
        local: stands for the emergency number if it is not known.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    blocked: Mapping[str, str]
    kind: str
    lines: str
    elsewhere: str
    emergency: str
    local: str


def blocked_answer(category: str, *, language: str = "en") -> Answer:
    """The answer for a category, in the student's language, or in English if that has no texts.

    It has no help lines; `with_help` adds them.

    Args:
        category: a key of `CATEGORIES`; any other, such as a provider's own, counts as `unsafe`.
        language: a BCP 47 tag.
    """
    category = category if category in CATEGORIES else "unsafe"
    return Answer("blocked", _texts(split_tag(language)[0]).blocked[category], category=category)


def with_help(answer: Answer, help_lines: HelpLines, *, language: str, first: bool) -> Answer:
    """Add kind words and the help lines of the student's country to an answer.

    Args:
        language: a BCP 47 tag: the language of the kind words and the country's region.
        first: whether the kind words come before the answer's own, for a student who seems to
            be in need.
    """
    primary, region = split_tag(language)
    texts = _texts(primary)
    known, *others = help_lines.of(region)
    told = [texts.lines.format(_listed(known, primary))]
    told += [texts.elsewhere.format(_listed(other, primary)) for other in others]
    told.append(texts.emergency.format(known.emergency or texts.local))
    if answer.category in _KIND and answer.status == "blocked":
        message = " ".join([answer.message, *told])
    else:
        kind = " ".join([texts.kind, *told])
        # "For example:" stands right before the examples.
        first = first or answer.message.endswith(":")
        message = "\n\n".join([kind, answer.message] if first else [answer.message, kind])
    lines = [line for country in (known, *others) for line in country.lines]
    named = tuple(f"{line.name}: {line.said(primary)}" for line in lines)
    return replace(answer, message=message, help=named)


def _listed(country: Country, language: str) -> str:
    return "; ".join(f"{line.name} ({line.said(language)})" for line in country.lines)


def split_tag(tag: str) -> tuple[str, str]:
    """(language, region) of a BCP 47 tag; the region is empty if the tag has none."""
    primary, *rest = tag.replace("_", "-").split("-")
    region = next((part.upper() for part in rest if len(part) == 2 and part.isalpha()), "")
    return primary.lower(), region


def _texts(language: str) -> _Texts:
    return _all_texts().get(language, _all_texts()[_DEFAULT])


@cache
def _all_texts() -> Mapping[str, _Texts]:
    table = yaml.safe_load(
        files("vividly.lesson.safety").joinpath("answers.yaml").read_text("utf-8")
    )
    return {language: _Texts.model_validate(texts) for language, texts in table.items()}
