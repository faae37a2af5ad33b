"""Formulas are typeset by many requests at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from vividly.library.corpus import all_topics
from vividly.model.formulas import formula_problem, typeset


def test_many_threads_typeset_at_once() -> None:
    """The typesetter is not made for it: unguarded, they refuse each other's formulas."""
    formulas = [rf"\frac{{a_{{{n}}}}}{{\sqrt{{b + {n}}}}} = 2\,\mathrm{{H_{n}}}" for n in range(64)]
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(formula_problem, formulas)) == {None}
    widths = [typeset(formula).width for formula in formulas]
    assert min(widths) > 0


def test_the_corpus_is_read_once_however_many_ask_first() -> None:
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda _: all_topics(), range(8)))
    assert all(one is read[0] for one in read)
