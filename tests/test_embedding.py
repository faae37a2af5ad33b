"""Vectors: which embedder computes them, and how the table is filled and kept up to date."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from tests.support.google_faults import as_usual, status
from tests.support.google_server import GoogleServer
from tests.support.library import add_passage, new_version
from vividly.library.retrieval import embed_missing, make_embedder
from vividly.library.retrieval.embedding import missing_vectors
from vividly.library.retrieval.fitted import Current, read_fitted, write_fitted
from vividly.library.retrieval.passage_text import passage_text
from vividly.model.errors import SettingsError, TransientError
from vividly.model.settings import Settings
from vividly.platform.cost import metered


class Counting:
    """Vectors of the number of letters and words; fails on demand."""

    identity = "counting/1"
    dimensions = 2

    def __init__(self, fails_at: int | None = None) -> None:
        self.calls: list[int] = []
        self._fails_at = fails_at

    def embed_query(self, text: str) -> list[float]:
        return [float(len(text)), float(len(text.split()))] if text else []

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        self.calls.append(len(texts))
        if len(self.calls) == self._fails_at:
            raise TransientError("the model is busy")
        return [self.embed_query(text) for text in texts]

    def weight_in(self, language: str) -> float:
        return 1.0


@pytest.fixture
def filled(engine: Engine) -> Engine:
    with engine.begin() as connection:
        for number in range(7):
            body = "A leaf takes up light." if number % 2 else "A rocket needs thrust."
            add_passage(connection, f"z/t/{number}", body)
        new_version(connection, "z", "1")
    return engine


def vectors(engine: Engine) -> dict[tuple[str, str], str]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT model, passage_key, embedding::text FROM passage_embeddings")
        )
        return {(model, key): vector for model, key, vector in rows}


def test_what_cannot_answer_gets_no_vector(filled: Engine) -> None:
    with filled.begin() as connection:
        add_passage(connection, "z/t/check", "What is thrust?", kind="check")
    assert missing_vectors(filled, Counting()) == 7
    assert embed_missing(filled, Counting()) == 7
    assert missing_vectors(filled, Counting()) == 0


# -- into the table ---------------------------------------------------------------------------


def test_each_passage_gets_one_vector_and_only_once(filled: Engine) -> None:
    embedder = Counting()
    assert missing_vectors(filled, embedder) == 7
    told: list[tuple[int, int]] = []
    assert embed_missing(filled, embedder, batch=3, progress=lambda *at: told.append(at)) == 7
    assert embedder.calls == [3, 3, 1]
    assert told == [(3, 7), (6, 7), (7, 7)]
    made = vectors(filled)
    wanted = passage_text("Heading", "1.1 S", "A rocket needs thrust.")
    assert made["counting/1", "z/t/0"] == f"[{len(wanted)},{len(wanted.split())}]"
    assert (len(made), missing_vectors(filled, embedder)) == (7, 0)
    assert embed_missing(filled, embedder) == 0
    assert vectors(filled) == made


def test_it_goes_on_where_it_broke_off(filled: Engine) -> None:
    with pytest.raises(TransientError, match="busy"):
        embed_missing(filled, Counting(fails_at=2), batch=3)
    assert len(vectors(filled)) == 3
    again = Counting()
    assert embed_missing(filled, again, batch=3) == 4
    assert sum(again.calls) == 4
    assert len(vectors(filled)) == 7


def test_those_of_another_model_go_when_all_are_made(filled: Engine) -> None:
    embed_missing(filled, Counting())
    other, broken = Counting(), Counting(fails_at=2)
    other.identity = broken.identity = "counting/2"
    with pytest.raises(TransientError):
        embed_missing(filled, broken, batch=5)
    assert {model for model, _ in vectors(filled)} == {"counting/1", "counting/2"}
    embed_missing(filled, other)
    assert {model for model, _ in vectors(filled)} == {"counting/2"}


def test_several_at_once_do_no_harm(filled: Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: embed_missing(filled, Counting(), batch=2), range(4)))
    assert len(vectors(filled)) == 7
    assert all(0 <= number <= 7 for number in made)


def test_a_passage_that_goes_takes_its_vector_along(filled: Engine) -> None:
    class Removing(Counting):
        def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
            with filled.begin() as connection:
                connection.execute(text("DELETE FROM passages WHERE key = 'z/t/3'"))
            return super().embed_documents(texts)

    assert embed_missing(filled, Removing()) == 6
    assert ("counting/1", "z/t/3") not in vectors(filled)


def test_a_text_that_the_model_can_make_nothing_of_has_no_vector(filled: Engine) -> None:
    class Picky(Counting):
        def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
            return [v if "leaf" in t else [] for t, v in zip(texts, self._all(texts), strict=True)]

        def _all(self, texts: Sequence[str]) -> list[list[float]]:
            return super().embed_documents(texts)

    assert embed_missing(filled, Picky(), batch=2) == 3
    assert missing_vectors(filled, Picky()) == 4


# -- values of the library --------------------------------------------------------------------


def test_a_value_is_made_again_only_when_its_key_changes() -> None:
    keys = iter(["a", "a", "b", "b"])
    made: list[str] = []
    current = Current(lambda: next(keys), lambda key: made.append(key) or key, seconds=0.0)
    assert [current.get() for _ in range(4)] == ["a", "a", "b", "b"]
    assert made == ["a", "b"]


def test_between_checks_the_key_is_not_read() -> None:
    keys = iter(["a", "b"])
    current = Current(lambda: next(keys), str, seconds=60.0)
    assert [current.get() for _ in range(5)] == ["a"] * 5
    assert current.get(now=True) == "b"


def test_a_key_that_cannot_be_read_is_tried_again() -> None:
    answers: list[str | Exception] = [TransientError("away"), "a"]

    def key() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    current = Current(key, str, seconds=60.0)
    with pytest.raises(TransientError):
        current.get()
    assert current.get() == "a"


def test_a_stored_model_is_replaced(engine: Engine) -> None:
    assert read_fitted(engine, "m") is None
    write_fitted(engine, "m", "one", b"\x00\xff")
    write_fitted(engine, "m", "two", b"\x01")
    assert read_fitted(engine, "m") == ("two", b"\x01")


# -- who makes them ---------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[GoogleServer]:
    with GoogleServer() as running:
        yield running


@pytest.fixture
def vertex(server: GoogleServer) -> Settings:
    return Settings(
        "",
        "",
        "",
        embedding_provider="vertex",
        embedding_dimensions=64,
        vertex_project="demo-project",
        vertex_endpoint=server.url,
    )


def test_vertex_is_asked_for_questions_and_documents_each_in_its_way(
    server: GoogleServer, vertex: Settings, filled: Engine
) -> None:
    embedder = make_embedder(vertex)
    with metered() as meter:
        assert embed_missing(filled, embedder) == 7
        question = embedder.embed_query("what does a rocket need")
    assert (len(question), embedder.dimensions) == (64, 64)
    assert math.hypot(*question) == pytest.approx(1)
    tasks = [str(call.body) for call in server.calls]
    assert sum("RETRIEVAL_DOCUMENT" in task for task in tasks) == 7
    assert sum("RETRIEVAL_QUERY" in task for task in tasks) == 1
    assert "gemini-embedding-001" in str(meter.usage)
    assert embedder.embed_query("  ") == []
    assert embedder.embed_documents([]) == []


def test_vertex_away_breaks_off_and_goes_on(
    server: GoogleServer, vertex: Settings, filled: Engine
) -> None:
    embedder = make_embedder(vertex)
    # The first three passages get vectors; one of the next three does not.
    server.play(*[as_usual] * 4, *[status(503)] * 9, on=lambda call: True)
    with pytest.raises(TransientError):
        embed_missing(filled, embedder, batch=3)
    assert missing_vectors(filled, embedder) == 4
    server.forget()
    assert embed_missing(filled, embedder, batch=3) == 4
    assert missing_vectors(filled, embedder) == 0


def test_the_identity_tells_models_and_lengths_apart(vertex: Settings) -> None:
    identities = {
        make_embedder(replace(vertex, **changes)).identity
        for changes in ({}, {"embedding_dimensions": 128}, {"embedding_model": "other"})
    }
    assert len(identities) == 3


def test_an_unknown_embedder_is_an_error_of_the_settings() -> None:
    with pytest.raises(SettingsError, match="--embedding_provider='oracle'"):
        make_embedder(Settings("", "", "", embedding_provider="oracle"))
