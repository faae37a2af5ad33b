"""Stages load what they need before the first request."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from transforms import stage
from vividly.execution.stages import STAGES
from vividly.library import corpus
from vividly.model.settings import Settings

WHERE = Settings("postgresql://nobody@127.0.0.1:1/none", "none", "none")
GEMINI = replace(WHERE, understanding_provider="gemini", script_provider="gemini")


def test_a_stage_is_prepared_once_and_nobody_begins_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go, began, seen = threading.Event(), threading.Event(), []

    def load(settings: Settings) -> None:
        began.set()
        assert go.wait(60)
        seen.append(settings.environment)

    monkeypatch.setitem(STAGES, "understand", replace(STAGES["understand"], prepare=load))
    settings = replace(WHERE, environment="staging")
    done: list[int] = []

    def prepare() -> None:
        stage.prepare("understand", settings)
        done.append(len(seen))

    threads = [threading.Thread(target=prepare) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert began.wait(60)
    assert not done
    go.set()
    for thread in threads:
        thread.join(60)
    assert seen == ["staging"]
    assert done == [1, 1, 1]


@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize("settings", [WHERE, GEMINI], ids=["offline", "gemini"])
def test_every_stage_can_be_prepared_without_a_network(name: str, settings: Settings) -> None:
    STAGES[name].prepare(settings)


def test_the_corpus_is_loaded_when_the_text_is_prepared() -> None:
    corpus._all_topics.cache_clear()
    STAGES["write_script"].prepare(WHERE)
    assert corpus._all_topics.cache_info().currsize == 1
