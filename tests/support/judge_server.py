"""A model for `GoogleServer` that judges statements with recorded answers.

judge = JudgeModel({"sick": supported("you often do not become ill")})
server.generates(asks_for("statements"), judge)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.google_server import Call, Json
from tests.support.google_vertex import prompt_of

_STATEMENT = re.compile(r"^(\d+)\. In the scene .*?^Statement: (.*?)$", re.MULTILINE | re.DOTALL)
FIX = "No passage says it."


def supported(*quotes: str) -> Json:
    """The answer that these words of the passages carry a statement."""
    return {"verdict": "supported", "quotes": list(quotes), "fix": ""}


def refused(fix: str = FIX) -> Json:
    """The answer that nothing carries it."""
    return {"verdict": "not_supported", "quotes": [], "fix": fix}


def verdict(name: str) -> Json:
    """An answer without quotes."""
    return {"verdict": name, "quotes": [], "fix": ""}


@dataclass
class JudgeModel:
    """The handler: the answer to a statement is that of the first key that it contains.

    Attributes:
        answers: part of a statement -> the recorded answer; others are refused.
        asked: all statements it was asked about, by call.
    """

    answers: Mapping[str, Json] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)

    def __call__(self, call: Call) -> Json:
        found = _STATEMENT.findall(prompt_of(call).split("\nThe statements:\n", 1)[1])
        self.asked.append([text for _, text in found])
        return {
            "statements": [
                {"number": int(number)}
                | next((a for key, a in self.answers.items() if key in text), refused())
                for number, text in found
            ]
        }
