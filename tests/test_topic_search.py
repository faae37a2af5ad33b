"""Which ingested topic a question is about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.conftest import _copy
from tests.support.library import BOOK, ingest_examples
from vividly.errors import TransientError
from vividly.ledger.engine import make_engine
from vividly.retrieval import TopicSearch, index_library
from vividly.retrieval.lsa import LsaEmbedder
from vividly.retrieval.topic_search import likelihood

FORCE = f"{BOOK}/force"
FIRST_LAW = f"{BOOK}/newtons-first-law-of-motion-inertia"
SECOND_LAW = f"{BOOK}/newtons-second-law-of-motion"


@pytest.fixture(scope="module")
def search(_templates: str) -> Iterator[TopicSearch]:
    """Over a chapter of a book and notes; the shipped topics are there too."""
    with _copy(_templates, "with_corpus") as url:
        engine: Engine = make_engine(url)
        ingest_examples(engine)
        embedder = LsaEmbedder(engine)
        index_library(engine, embedder)
        yield TopicSearch(engine, embedder)
        engine.dispose()


@pytest.mark.parametrize(
    ("query", "topic_id"),
    [
        ("how do I draw a free-body diagram", FORCE),
        ("what is inertia and what has it to do with mass", FIRST_LAW),
        ("acceleration is proportional to the net force", SECOND_LAW),
        ("whats the difference between mass and weight in freefall", SECOND_LAW),
        ("osmotic presure across a membrane", "oer/osmosis"),
        ("how do magma and sediment become rock", "oer/rock-cycle"),
    ],
)
def test_the_likeliest_topic_is_the_right_one(
    search: TopicSearch, query: str, topic_id: str
) -> None:
    hits = search.find_topics(query)
    assert hits[0].topic_id == topic_id
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        for part in (hit.score, hit.coverage, hit.share, hit.named):
            assert 0 <= part <= 1


def test_a_question_of_the_book_scores_above_one_of_another_world(search: TopicSearch) -> None:
    inside = ["free-body diagram of external forces", "law of inertia", "what is osmosis"]
    outside = ["who won the game last night", "best pizza in new york", "write me a rap"]
    best = [search.find_topics(query)[0].score for query in inside]
    wrong = [hits[0].score for query in outside if (hits := search.find_topics(query))]
    assert min(best) > max(wrong, default=0.0)


def test_shipped_topics_are_not_among_them(search: TopicSearch) -> None:
    assert all("/" in hit.topic_id for hit in search.find_topics("photosynthesis in leaves", 50))


def test_the_language_and_the_grade_are_kept_to(search: TopicSearch) -> None:
    spanish = search.find_topics("¿qué es una palanca?", language="es")
    assert [hit.topic_id for hit in spanish] == ["oer/la-palanca"]
    assert "oer/la-palanca" not in {hit.topic_id for hit in search.find_topics("palanca", 50)}
    young = search.find_topics("what is inertia", 50, grade_level=8)
    assert FIRST_LAW not in {hit.topic_id for hit in young}


def test_a_title_or_term_in_the_question_names_the_topic(search: TopicSearch) -> None:
    named = {hit.topic_id: hit.named for hit in search.find_topics("law of inertia", 20)}
    assert named[FIRST_LAW] == 1.0
    assert all(named[FIRST_LAW] > other for key, other in named.items() if key != FIRST_LAW)


def test_words_that_no_passage_has_lower_the_coverage(search: TopicSearch) -> None:
    plain = search.find_topics("inertia")[0]
    strange = search.find_topics("inertia zyzzyva quokka brontosaurus")[0]
    assert plain.coverage == 1.0
    assert strange.coverage < 0.5


@pytest.mark.parametrize("query", ["", "🚀", "zyzzyva", "?' | !("])
def test_nothing_known_finds_no_topic(search: TopicSearch, query: str) -> None:
    assert search.find_topics(query) == []


def test_more_of_each_feature_is_likelier() -> None:
    assert likelihood(0.2, 0.1, 0.0) < likelihood(0.9, 0.1, 0.0) < likelihood(0.9, 0.6, 0.0)
    assert likelihood(0.9, 0.6, 0.0) < likelihood(0.9, 0.6, 1.0) < 1
    assert likelihood(0.0, 0.0, 0.0) < 0.01
    assert likelihood(1.0, 1.0, 1.0) > 0.75


def test_a_database_that_is_away_is_transient() -> None:
    away = make_engine("postgresql://postgres@127.0.0.1:1/x")
    with pytest.raises(TransientError):
        TopicSearch(away, LsaEmbedder(away)).find_topics("inertia")
