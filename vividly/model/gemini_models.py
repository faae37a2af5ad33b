"""The parameters that Gemini models accept: thinking levels, and whether a temperature.

According to Google's pages on the models at docs.cloud.google.com/gemini-enterprise-agent-platform
(Vertex AI's new name), November 2026:

- Gemini 3 has thinking levels. The Flash models up to 3.6 accept `minimal`; newer ones and Pro
  answer it with 400 and start at `low`. No Gemini 3 model can turn thinking off.
- 3.5 Flash-Lite and all models from 3.6 on ignore a temperature, and Google says that later ones
  will refuse it. For other Gemini 3 models Google advises against setting one.
- Gemini 3 is served at `global`, `us` and `eu`, not in single regions.
- Vertex AI no longer has Gemini 2.5 since October 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

Thinking = Literal["minimal", "low", "medium", "high"]
THINKING_LEVELS: tuple[str, ...] = get_args(Thinking)
OWN_TEMPERATURE = -1.0
"""The value of a setting that leaves the temperature to the model."""
THOUGHT_TOKENS: Mapping[str, int] = MappingProxyType(
    {"minimal": 1_024, "low": 4_096, "medium": 12_288, "high": 32_768}
)
"""Level -> tokens for thoughts, in addition to the answer: a model's limit counts both."""

_NAME = re.compile(r"gemini-(\d+)(?:\.(\d+))?-(flash-lite|flash|pro)\b")
_NEWEST = (99, 0, "")
_NO_MINIMAL = (3, 7)
_NO_TEMPERATURE = (3, 6)


def thinking_level(model: str, level: str) -> str | None:
    """The thinking level to request of a model for our level; None if it has no levels."""
    major, minor, kind = _parts(model)
    if major < 3:
        return None
    if level == "minimal" and (kind in ("pro", "") or (major, minor) >= _NO_MINIMAL):
        level = "low"
    return level.upper()


def takes_temperature(model: str) -> bool:
    """Whether the model accepts a temperature."""
    major, minor, kind = _parts(model)
    return (major, minor) < _NO_TEMPERATURE and (major, minor, kind) != (3, 5, "flash-lite")


def manner(temperature: float, thinking: str) -> str:
    """Temperature and level, for identities: `t0.4-low`, or `low` at the model's temperature."""
    return thinking if temperature < 0 else f"t{temperature:g}-{thinking}"


def _parts(model: str) -> tuple[int, int, str]:
    """Generation and kind. A name without them counts as one of the newest models."""
    found = _NAME.match(model)
    return (int(found[1]), int(found[2] or 0), found[3]) if found else _NEWEST
