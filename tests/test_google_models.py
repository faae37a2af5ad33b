"""The table of Gemini's models: thinking levels, limits, prices."""

from __future__ import annotations

from datetime import date

import pytest

from vividly.model.gemini_models import (
    OWN_TEMPERATURE,
    THINKING_LEVELS,
    THOUGHT_TOKENS,
    manner,
    takes_temperature,
    thinking_level,
)
from vividly.model.settings import Settings
from vividly.platform.cost import load_prices

# Model -> (whether it has the level `minimal`, whether it accepts a temperature).
MODELS = {
    "gemini-3-flash-preview": (True, True),
    "gemini-3.1-pro-preview": (False, True),
    "gemini-3.1-flash-lite": (True, True),
    "gemini-3.5-flash": (True, True),
    "gemini-3.5-flash-lite": (True, False),
    "gemini-3.6-flash": (True, False),
    "gemini-3.7-flash": (False, False),
    "gemini-3.8-flash": (False, False),
    "gemini-4-pro": (False, False),
    "gemini-flash-latest": (False, False),
}


@pytest.mark.parametrize("model", MODELS)
def test_a_model_is_asked_for_no_more_than_it_knows(model: str) -> None:
    minimal, temperature = MODELS[model]
    assert thinking_level(model, "minimal") == ("MINIMAL" if minimal else "LOW")
    assert [thinking_level(model, level) for level in THINKING_LEVELS[1:]] == [
        "LOW",
        "MEDIUM",
        "HIGH",
    ]
    assert takes_temperature(model) == temperature


def test_models_before_gemini_3_know_no_levels() -> None:
    assert thinking_level("gemini-2.5-flash", "low") is None
    assert takes_temperature("gemini-2.5-flash")


def test_each_level_has_room_and_more_of_it_than_the_one_below() -> None:
    assert tuple(THOUGHT_TOKENS) == THINKING_LEVELS
    assert list(THOUGHT_TOKENS.values()) == sorted(THOUGHT_TOKENS.values())


def test_the_manner_of_asking_is_told_apart() -> None:
    asked = [(OWN_TEMPERATURE, "low"), (0.0, "low"), (0.4, "low"), (0.4, "high")]
    assert [manner(*each) for each in asked] == ["low", "t0-low", "t0.4-low", "t0.4-high"]


def test_the_models_of_the_settings_have_a_price() -> None:
    settings, prices = Settings("", "", ""), load_prices()
    on = date(2026, 11, 26)
    assert prices.price(settings.understanding_model, "input_tokens", on) == 0.30e-6
    assert prices.price(settings.script_model, "output_tokens", on) == 2.50e-6
    assert prices.price(settings.embedding_model, "input_tokens", on) > 0


def test_a_price_that_ends_is_followed_by_the_next() -> None:
    prices = load_prices()
    for model in ("gemini-3.6-flash", "gemini-3.7-flash", "gemini-3.8-flash"):
        before, after = date(2026, 12, 31), date(2027, 1, 1)
        assert prices.price(model, "input_tokens", before) == 0.75e-6
        assert prices.price(model, "output_tokens", after) == 7.50e-6
