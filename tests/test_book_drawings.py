"""What a book's lessons draw from its sentences: tables, equations, reactions."""

from __future__ import annotations

import pytest

from vividly.lesson.scripting.book_drawings import with_drawings
from vividly.model.lesson import Line, Passage, PassageSentence, Scene, Source
from vividly.model.visuals.chart import Chart, Point
from vividly.model.visuals.equation import EquationTerm, EquationVisual
from vividly.model.visuals.reaction import Reaction

KEY = "book/one"
OWN = Source("A book", "One", "Nobody", "CC0")


def scene_of(*written: str, said: tuple[str, ...] = ()) -> Scene:
    """What becomes of an explanation that says these sentences of a book."""
    sentences = tuple(PassageSentence(text, written=text) for text in written)
    passage = Passage(KEY, "one", "section", "One", 0, sentences, OWN)
    lines = tuple(Line(text, None, (KEY,)) for text in (said or written))
    (scene,) = with_drawings([Scene("explanation", "One idea", lines)], [passage])
    return scene


def test_rows_of_a_table_are_bars() -> None:
    scene = scene_of(
        "Gravity differs from place to place.",
        "Earth: pull 9.80 m/s², weight of a child 294 N.",
        "Mars: pull 3.71 m/s², weight of a child 111 N.",
    )
    assert scene.visual == Chart("bar", "pull (m/s²)", (Point("Earth", 9.8), Point("Mars", 3.71)))
    assert (scene.kind, [line.part for line in scene.lines]) == ("chart", [None, 1, 2])


def test_an_equation_shows_what_its_letters_mean() -> None:
    scene = scene_of(
        "It helps to count.",
        "Friction is f = µN, where μ is the coefficient of friction and N is the normal force.",
    )
    assert scene.visual == EquationVisual(
        "f = μ N", (EquationTerm("μ", "coefficient of friction"), EquationTerm("N", "normal force"))
    )
    assert [line.part for line in scene.lines] == [None, 2]


def test_letters_may_stand_beside_their_names() -> None:
    scene = scene_of(
        "The speed of sound v, its frequency f, and its wavelength λ are related by v = fλ, which "
        "holds for all waves."
    )
    assert scene.visual == EquationVisual(
        "v = f λ",
        (
            EquationTerm("v", "speed of sound"),
            EquationTerm("f", "frequency"),
            EquationTerm("λ", "wavelength"),
        ),
    )


def test_indices_and_powers_are_typeset() -> None:
    scene = scene_of("So it is x = v₀t_f², where v₀ is the first speed and t_f is the time.")
    assert isinstance(scene.visual, EquationVisual)
    assert scene.visual.formula == "x = v_{0} t_f ^2"


def test_a_balanced_reaction_shows_its_atoms() -> None:
    scene = scene_of("Hydrogen burns: 2H₂(g) + O₂(g) → 2H₂O(l).")
    assert isinstance(scene.visual, Reaction)
    assert scene.visual.balance() == "H 4 = 4, O 2 = 2"
    assert scene.lines[0].part == scene.visual.part_count


@pytest.mark.parametrize(
    "written",
    [
        ("Earth: pull 9.80 m/s².", "Mars: weight 111 N."),
        ("Earth: pull 9.80 m/s².", "Mars: pull 3.71 km/s²."),
        ("The ball: it falls.", "The feather: it falls."),
        ("The weight is W = mg, where g is the strength of gravity.",),
        ("It is A = B cos θ, where B is its length and θ is its angle.",),
        ("The resultant vector R is such that A + B = R.",),
        ("The force F on the mass m, and the distance m, give F = m.",),
        ("The mass m and the voltage drop across r lead to F = mr.",),
        ("The force F acts on the mass m with a push, so F = ma.",),
        ("Hydrogen burns: H₂ + O₂ → H₂O.",),
        ("Its mass doubles, m → 2m.",),
        ("It falls so: 0 → 10 s.",),
    ],
)
def test_what_is_not_certain_is_not_drawn(written: tuple[str, ...]) -> None:
    assert scene_of(*written).kind == "explanation"


def test_a_line_that_says_only_a_part_of_its_sentence_draws_nothing() -> None:
    whole = "Friction is f = µN, where μ is the coefficient of friction and N is the normal force."
    assert scene_of(whole, said=("N is the normal force.",)).visual is None
