"""The categories of unsafe content, and the finding of a check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "self_harm": "wishes to die or to hurt oneself, ways to do it, disordered eating",
        "abuse": "a child that is hurt, touched, threatened, neglected or bullied, or sees it done",
        "violence": "threats to people or animals, ways to hurt them, gore",
        "sexual": "pornography, sexual acts and stories, pictures of bodies",
        "weapons": "making, getting or hiding weapons, explosives and poisons",
        "drugs": "making, getting, taking or hiding drugs, alcohol and nicotine",
        "hate": "slurs, contempt for groups of people, praise of those who murdered them",
        "personal_data": "addresses, numbers, passwords: one's own told, or another's asked for",
        "unsafe": "refused by a model without saying why, or words that no lesson may say",
    }
)
"""Name -> meaning, for operators. Each has a metric `blocked_<name>`."""
IN_NEED = ("self_harm", "abuse")
"""Categories of a child who needs help. A miss costs more than a lesson refused in error."""


@dataclass(frozen=True)
class Finding:
    """Why a text is unsafe. Never holds any of its words.

    Attributes:
        category: a key of `CATEGORIES`.
        rule: the rule that found it (`weapons.make_bomb`).
        line: position of the unsafe line, if lines were checked.
    """

    category: str
    rule: str
    line: int | None = None
