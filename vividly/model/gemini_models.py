"""What the models of Gemini take: how far they think, and whether they have a temperature.

From Google's pages on the models at docs.cloud.google.com/gemini-enterprise-agent-platform
(the new name of Vertex AI's), November 2026:

- Gemini 3 thinks by level. `minimal` is known to the Flash models up to 3.6; the newer ones and
  Pro answer it with 400 and begin at `low`. No model of Gemini 3 lets thinking be turned off.
- 3.5 Flash-Lite and all from 3.6 on take no temperature: what is sent is ignored, and Google
  says that later ones will refuse it. To the others of Gemini 3 Google advises none either.
- Gemini 3 is served at `global`, `us` and `eu`, not in single regions.
- Gemini 2.5 is gone from Vertex AI since October 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

Thinking = Literal["minimal", "low", "medium", "high"]
THINKING_LEVELS: tuple[str, ...] = get_args(Thinking)
OWN_TEMPERATURE = -1.0
"""The setting that leaves the temperature to the model."""
THOUGHT_TOKENS: Mapping[str, int] = MappingProxyType(
    {"minimal": 1_024, "low": 4_096, "medium": 12_288, "high": 32_768}
)
"""Room for thoughts by level, on top of the answer: a model's limit counts both."""

_NAME = re.compile(r"gemini-(\d+)(?:\.(\d+))?-(flash-lite|flash|pro)\b")
_NEWEST = (99, 0, "")
_NO_MINIMAL = (3, 7)
_NO_TEMPERATURE = (3, 6)


def thinking_level(model: str, level: str) -> str | None:
    """What is to be asked of a model for a level of ours; None where it knows no levels."""
    major, minor, kind = _parts(model)
    if major < 3:
        return None
    if level == "minimal" and (kind in ("pro", "") or (major, minor) >= _NO_MINIMAL):
        level = "low"
    return level.upper()


def takes_temperature(model: str) -> bool:
    """Whether a model's temperature can be set."""
    major, minor, kind = _parts(model)
    return (major, minor) < _NO_TEMPERATURE and (major, minor, kind) != (3, 5, "flash-lite")


def manner(temperature: float, thinking: str) -> str:
    """How a model is asked, for identities: `t0.4-low`, or `low` at its own temperature."""
    return thinking if temperature < 0 else f"t{temperature:g}-{thinking}"


def _parts(model: str) -> tuple[int, int, str]:
    """Generation and kind. A name that does not tell them may be any of the newest."""
    found = _NAME.match(model)
    return (int(found[1]), int(found[2] or 0), found[3]) if found else _NEWEST
