"""Hybrid retrieval: full text and vectors together, over real tables."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, text

from tests.conftest import _copy
from tests.support.library import BOOK, add_passage, ingest_examples, keys, new_version
from vividly.library.corpus import load_topics
from vividly.library.retrieval import index_library
from vividly.library.retrieval.hybrid import ANSWERING, FROM_BOOKS, FROM_WHOLE_BOOK, HybridRetriever
from vividly.library.retrieval.ranking import Scope, by_vector, by_words, fuse
from vividly.library.retrieval.sentence_embedder import SentenceEmbedder
from vividly.model.errors import PermanentError, TransientError
from vividly.model.lesson import Understanding
from vividly.platform.ledger.engine import make_engine
from vividly.platform.ledger.library import INDEXED_LENGTHS

FORCE = f"{BOOK}/force"
SECOND_LAW = f"{BOOK}/newtons-second-law-of-motion"


def about(topic_id: str, subject: str = "physics") -> Understanding:
    return Understanding(topic_id, topic_id.title(), subject, 1.0)


@pytest.fixture(scope="module")
def library(_templates: str) -> Iterator[Engine]:
    """The shipped corpus, a chapter of a book and notes, with vectors."""
    with _copy(_templates, "with_corpus") as url:
        engine = make_engine(url)
        ingest_examples(engine)
        index_library(engine, SentenceEmbedder())
        yield engine
        engine.dispose()


@pytest.fixture(scope="module")
def hybrid(library: Engine) -> HybridRetriever:
    return HybridRetriever(library, SentenceEmbedder())


# -- search -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "topic_id"),
    [
        ("why do my shoes grip the floor, friction?", "friction"),
        ("how do plants make sugar out of sunlight", "photosynthesis"),
        ("fotosynthesis", "photosynthesis"),
        ("how does a free-body diagram show external forces", FORCE),
        ("newtons secnd law: acceleration and net force", SECOND_LAW),
        ("what is osmosis", "oer/osmosis"),
    ],
)
def test_what_answers_is_among_the_first(
    hybrid: HybridRetriever, query: str, topic_id: str
) -> None:
    passages = hybrid.search(query)
    assert topic_id in [passage.topic_id for passage in passages[:3]]
    assert len(passages) == 5
    assert {passage.kind for passage in passages} <= set(ANSWERING)
    scores = [passage.score for passage in passages]
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[-1] <= scores[0] <= 1


def test_a_passage_carries_its_citation_and_sentences(hybrid: HybridRetriever) -> None:
    passage = next(p for p in hybrid.search("free-body diagram", limit=10) if p.topic_id == FORCE)
    assert passage.source.section == "4.1 Force"
    assert passage.source.attribution == "The Vividly authors, Vividly"
    assert passage.text == " ".join(sentence.say for sentence in passage.sentences)


def test_the_scope_leaves_out_what_is_not_wanted(hybrid: HybridRetriever) -> None:
    query = "force and motion"
    assert all(k.startswith(BOOK) for k in keys(hybrid.search(query, corpora=(BOOK,), limit=20)))
    definitions = hybrid.search(query, kinds=("definition",), limit=20)
    assert {passage.kind for passage in definitions} == {"definition"}
    biology = hybrid.search("what moves through a membrane", subject="biology", limit=20)
    topics = {t.id for t in load_topics().values() if t.subject == "biology"} | {"oer/osmosis"}
    assert {passage.topic_id for passage in biology} <= topics
    assert not any(
        p.topic_id.startswith(BOOK) for p in hybrid.search(query, grade_level=5, limit=50)
    )
    assert any(p.topic_id.startswith(BOOK) for p in hybrid.search(query, grade_level=9, limit=50))


def test_passages_of_the_language_alone(hybrid: HybridRetriever) -> None:
    spanish = hybrid.search("¿cómo funciona una palanca?", language="es-ES", limit=20)
    assert spanish
    assert {passage.topic_id for passage in spanish if "/" in passage.topic_id} == {
        "oer/la-palanca"
    }
    assert "oer/la-palanca" not in {p.topic_id for p in hybrid.search("palanca", limit=50)}


@pytest.mark.parametrize("query", ["", "  ", "🚀", "?!"])
def test_a_question_of_which_nothing_is_known_finds_nothing(
    hybrid: HybridRetriever, query: str
) -> None:
    assert hybrid.search(query) == []


def test_words_that_the_library_lacks_find_nothing_by_words(library: Engine) -> None:
    assert HybridRetriever(library, None).search("zyzzyva qqqq") == []


NASTY = st.text(st.sampled_from(list("ab1 '\"\\&|!():*<->/?.=@:;%$_éß語🚀\n\t\0")), max_size=40)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(query=NASTY)
@example(query="'; DROP TABLE passages; --")
@example(query="force' | 'motion & !(a <-> b):*A")
@example(query="%s %(x)s :x ? $1 {0}")
@example(query="\\" * 500)
def test_no_word_of_a_student_is_query_syntax(hybrid: HybridRetriever, query: str) -> None:
    assert len(hybrid.search(query, limit=3)) <= 3


def test_vectors_find_what_shares_no_word(library: Engine, hybrid: HybridRetriever) -> None:
    """Texts with similar meaning have near vectors."""
    words = HybridRetriever(library, None)
    vectors = HybridRetriever(library, SentenceEmbedder(), words_weight=0.0)
    query = "chlorophyll"
    without = [p for p in vectors.search(query, limit=20) if "hlorophyll" not in p.text]
    assert without
    assert "photosynthesis" in {passage.topic_id for passage in without[:3]}
    assert all("hlorophyll" in p.text + p.heading for p in words.search(query, limit=20))
    assert {p.key for p in without[:1]} <= {p.key for p in hybrid.search(query, limit=20)}


def test_passages_without_a_vector_are_found_by_their_words(engine: Engine) -> None:
    with engine.begin() as connection:
        add_passage(connection, "z/t/1", "A zorble turns by friction.", heading="The zorble")
        new_version(connection, "z", "1")
    assert keys(HybridRetriever(engine, SentenceEmbedder()).search("zorble")) == ["z/t/1"]


def test_of_many_threads_each_gets_its_own_answer(hybrid: HybridRetriever) -> None:
    queries = ["photosynthesis", "free-body diagram", "osmosis", "friction", "what is dna"] * 4
    alone = [keys(hybrid.search(query)) for query in queries]
    with ThreadPoolExecutor(8) as pool:
        assert [keys(found) for found in pool.map(hybrid.search, queries)] == alone


def test_a_database_that_is_away_is_transient() -> None:
    away = make_engine("postgresql://postgres@127.0.0.1:1/x")
    with pytest.raises(TransientError):
        HybridRetriever(away, SentenceEmbedder()).search("leaves")


# -- for a topic ------------------------------------------------------------------------------


def test_with_a_shipped_topic_come_passages_of_books(
    library: Engine, hybrid: HybridRetriever
) -> None:
    topic = about("newtons-second-law")
    found = hybrid.retrieve(topic, "how do mass and net force set acceleration", grade_level=10)
    own = [p for p in found.passages if p.topic_id == "newtons-second-law"]
    others = found.passages[len(own) :]
    with library.connect() as connection:
        number = connection.execute(
            text("SELECT count(*) FROM passages WHERE topic_id = 'newtons-second-law'")
        ).scalar()
    assert len(own) == number
    assert len(others) == FROM_BOOKS
    assert {p.source.title for p in others} == {"Physics in Motion"}
    assert SECOND_LAW in {p.topic_id for p in others}


def test_the_grade_keeps_a_book_out(hybrid: HybridRetriever) -> None:
    found = hybrid.retrieve(about("newtons-second-law"), "net force", grade_level=4)
    assert {p.topic_id for p in found.passages} == {"newtons-second-law"}


def test_with_a_section_comes_the_best_of_its_book(hybrid: HybridRetriever) -> None:
    found = hybrid.retrieve(about(FORCE), "why does mass give inertia", grade_level=10)
    own = [p for p in found.passages if p.topic_id == FORCE]
    others = found.passages[len(own) :]
    assert {"objectives", "section", "summary"} <= {p.kind for p in own}
    assert 0 < len(others) <= FROM_WHOLE_BOOK
    assert f"{BOOK}/newtons-first-law-of-motion-inertia" in {p.topic_id for p in others}
    assert all(p.topic_id.startswith(BOOK) for p in others)
    assert len({p.key for p in found.passages}) == len(found.passages)


@pytest.mark.parametrize("topic_id", ["chess", "openstax-chess/openings"])
def test_a_topic_without_passages_is_named(hybrid: HybridRetriever, topic_id: str) -> None:
    with pytest.raises(PermanentError, match=f"no passages on '{topic_id}'"):
        hybrid.retrieve(about(topic_id), "how do knights move", grade_level=9)


def test_the_question_is_not_in_an_error(hybrid: HybridRetriever) -> None:
    with pytest.raises(PermanentError) as caught:
        hybrid.retrieve(about("chess"), "my secret is 12345", grade_level=9)
    assert "12345" not in str(caught.value)


# -- the rankings and their fusion ------------------------------------------------------------


def test_rarer_words_and_headings_rank_higher(engine: Engine) -> None:
    with engine.begin() as connection:
        add_passage(connection, "z/t/1", "Energy energy energy of a body.")
        add_passage(connection, "z/t/2", "The quokka has energy.")
        add_passage(connection, "z/t/3", "It lives on an island.", heading="Quokka")
        add_passage(connection, "z/t/4", "Nothing of the kind.")
        found = by_words(
            connection, {"energi": 1.0, "quokka": 5.0}, {"energi": 2, "quokka": 2}, Scope(), 10
        )
    ranked = [key for key, _ in found]
    assert (ranked[0], ranked[-1]) == ("z/t/2", "z/t/1")
    assert set(ranked) == {"z/t/1", "z/t/2", "z/t/3"}


def test_a_word_that_is_everywhere_still_finds_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        add_passage(connection, "z/t/1", "Energy of a body.")
        found = by_words(connection, {"energi": 1.0}, {"energi": 99_999}, Scope(), 10)
    assert [key for key, _ in found] == ["z/t/1"]


@pytest.mark.parametrize("length", [2, 384])
def test_the_nearest_in_the_scope_are_found_though_others_are_nearer(
    engine: Engine, length: int
) -> None:
    """Nearer passages that the filter excludes must not hide those that it accepts.

    Vectors of 384 numbers have an index, which the planner takes here, since it may not sort.
    """

    def vector(*first: float) -> list[float]:
        return [*first, *([0.0] * (length - 2))]

    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL enable_sort = off")
        for number in range(250):
            add_passage(connection, f"z/t/{number:03}", "Near.", subject="biology")
            _vector(connection, f"z/t/{number:03}", vector(1.0, number / 1000))
        for number in range(3):
            add_passage(connection, f"z/u/{number}", "Far.", subject="physics")
            _vector(connection, f"z/u/{number}", vector(0.2 * number, 1.0))
        scope = Scope(subject="physics")
        wanted = vector(1.0, 0.0)
        found = by_vector(connection, "m", wanted, scope, 2)
        assert [key for key, _ in found] == ["z/u/2", "z/u/1"]
        assert found[0][1] == pytest.approx(0.4 / (0.16 + 1) ** 0.5, abs=1e-3)
        nearest = by_vector(connection, "m", wanted, Scope(), 2)
        assert [key for key, _ in nearest] == ["z/t/000", "z/t/001"]
        assert len(by_vector(connection, "m", wanted, Scope(), 253)) == 253
        assert by_vector(connection, "another", wanted, Scope(), 2) == []
        assert by_vector(connection, "m", [], Scope(), 2) == []


def test_vectors_of_the_usual_lengths_are_found_by_an_index(engine: Engine) -> None:
    statements: list[tuple[str, object]] = []
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL enable_sort = off")

        def note(_c: object, _cursor: object, statement: str, given: object, *_: object) -> None:
            statements.append((statement, given))

        event.listen(connection, "before_cursor_execute", note)
        for length in INDEXED_LENGTHS:
            statements.clear()
            by_vector(connection, "m", [1.0] * length, Scope(), 5)
            # The settings, the search by the index, and the comparison of all.
            statement, given = statements[1]
            plan = connection.exec_driver_sql(f"EXPLAIN {statement}", given).scalars().all()
            assert f"passage_embeddings_{length}_idx" in "\n".join(plan)


def test_fusion_prefers_what_both_rankings_know() -> None:
    fused = fuse([(1.0, ["a", "b", "c"]), (1.0, ["d", "b", "e"])], smoothing=20)
    assert fused[0][0] == "b"
    assert dict(fused)["a"] == dict(fused)["d"] > dict(fused)["c"]
    assert fuse([(1.0, ["a", "b"])], smoothing=20)[0] == ("a", 1.0)
    assert fuse([(1.0, ["a"]), (0.1, ["b"])], smoothing=20)[0][0] == "a"
    assert fuse([], smoothing=20) == []


def _vector(connection, key: str, vector: list[float]) -> None:  # type: ignore[no-untyped-def]
    connection.execute(
        text("INSERT INTO passage_embeddings VALUES ('m', :key, CAST(:vector AS vector))"),
        {"key": key, "vector": str(vector)},
    )
