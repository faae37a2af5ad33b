"""The checker of scripts: what it accepts and finds, on sentences labelled by hand."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.pairs import Pair, data, judge, pairs, passages, script
from vividly.lesson.grounding import DOUBT, HEADING, check, identity
from vividly.model.lesson import Line, Passage, PassageSentence, Scene, Source

CIRCUITS = "electric-circuits"
RESISTANCE = f"{CIRCUITS}/section/resistance"
EXAMPLE = f"{CIRCUITS}/worked_example"
MISCONCEPTION = f"{CIRCUITS}/misconception"

MOST_WRONG, REFUTED = 2, 0.6
"""Of 323 sentences, those that the rules judge wrong; of the false ones, the share refuted.
Somewhat worse than what was measured: docs/grounding.md."""


def refuted(*lines: Line, **changes: object) -> list[str]:
    return [kind for kind in kinds(*lines, **changes) if kind != DOUBT]


def kinds(*lines: Line, **changes: object) -> list[str]:
    found = check(script(*lines, **changes), passages(CIRCUITS), bridge_interest="basketball")  # type: ignore[arg-type]
    return [finding.kind for finding in found]


# -- measured on labelled sentences -----------------------------------------------------------


def test_there_are_enough_pairs_of_both_sorts() -> None:
    everything = (*pairs("dev"), *pairs("test"))
    assert len(everything) >= 300
    assert sum(pair.supported for pair in everything) >= 120
    assert len({(pair.passage, pair.say) for pair in everything}) == len(everything)


def test_what_is_true_is_not_refuted_and_what_is_false_is_not_certain() -> None:
    outcomes: Counter[tuple[bool, str]] = Counter()
    wrong: list[Pair] = []
    for pair in (*pairs("dev"), *pairs("test")):
        found = judge(pair)
        refuted = any(finding.kind != DOUBT for finding in found)
        outcomes[pair.supported, "refuted" if refuted else "doubt" if found else "certain"] += 1
        if refuted if pair.supported else not found:
            wrong.append(pair)
    assert len(wrong) <= MOST_WRONG, [pair.say for pair in wrong]
    assert outcomes[False, "refuted"] >= REFUTED * sum(not p.supported for p in pairs("dev"))


@pytest.mark.parametrize("kind", ["number", "date", "formula", "name", "invented"])
def test_nothing_of_these_kinds_is_missed(kind: str) -> None:
    bad = [pair for split in ("dev", "test") for pair in pairs(split) if pair.kind == kind]
    assert len(bad) >= 4
    assert [pair.say for pair in bad if not judge(pair)] == []


@pytest.mark.parametrize("say", data()["connective"]["good"])
def test_a_line_that_states_nothing_needs_no_passage(say: str) -> None:
    assert kinds(Line(say)) == []


@pytest.mark.parametrize("say", data()["connective"]["bad"])
def test_a_line_that_states_something_needs_a_passage(say: str) -> None:
    assert kinds(Line(say)) != []


def test_a_cited_line_that_speaks_to_the_student_states_something() -> None:
    say = "You need a lot of patience for that, and your street needs more."
    assert kinds(Line(say)) == []
    assert kinds(Line(say, None, (RESISTANCE,))) == [DOUBT]


# -- citations --------------------------------------------------------------------------------


def test_a_passage_that_does_not_exist() -> None:
    line = Line("Double the resistance, and only half the current flows.", None, ("none/such",))
    assert kinds(line) == ["unknown_passage"]


def test_the_right_sentence_with_the_wrong_passage() -> None:
    right = "Double the resistance, and only half the current flows."
    assert kinds(Line(right, None, (RESISTANCE,))) == []
    assert kinds(Line(right, None, (f"{CIRCUITS}/section/loop",))) != []


def test_several_passages_support_a_line_together() -> None:
    say = "In a metal wire the moving charges are electrons, and a long thin wire resists more."
    current = f"{CIRCUITS}/section/current"
    assert kinds(Line(say, None, (current, RESISTANCE))) == [DOUBT]
    numbers = "A 12 volt battery feeds 4 ohms."
    assert refuted(Line(numbers, None, (current, EXAMPLE))) == []
    assert refuted(Line(numbers, None, (current,))) == ["number", "number"]


def test_a_finding_says_where_and_what() -> None:
    good = Line("Let's see.")
    bad = Line("Double the resistance, and only 17 amps flow.", None, (RESISTANCE,))
    found = check(script(good, bad), passages(CIRCUITS), bridge_interest=None)[0]
    assert (found.scene, found.line, found.kind, found.what) == (0, 1, "number", "17 amps")
    assert "cited passages" in found.message


def test_headings_are_checked_too() -> None:
    line = Line("Double the resistance, and only half the current flows.", None, (RESISTANCE,))
    found = check(script(line, heading="What Edison saw"), passages(CIRCUITS), bridge_interest=None)
    assert [(f.line, f.kind, f.what) for f in found] == [(HEADING, "name", "Edison")]
    assert kinds(line, heading="Current limits resistance") == ["contradiction"]
    assert kinds(line, heading="Why wires get hot") == []


# -- what is shown ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("show", "kind"),
    [
        ("Ohm's law: I = V ÷ R", None),
        ("V = I × R", None),
        ("R = V / I", None),
        ("Current = voltage / resistance", None),
        ("I = R ÷ V", "formula"),
        ("I = V + R", "formula"),
        ("P = I² R", "formula"),
        ("Double the resistance", None),
        ("Double R, half the current", None),
        ("Double R, a third of the current", "number"),
        ("Long and thin, less resistance", "contradiction"),
        ("So says Ampère", "name"),
        ("Superconductors have no resistance", "doubt"),
    ],
)
def test_what_is_shown_is_checked_as_what_is_said(show: str, kind: str | None) -> None:
    say = "Double the resistance, and only half the current flows."
    found = kinds(Line(say, show, (RESISTANCE,)))
    assert (kind in found) if kind else found == []


# -- worked examples --------------------------------------------------------------------------


def worked(say: str, show: str | None = None, *, kind: str = "worked_example") -> list[str]:
    problem = Line(
        "A 12 volt battery feeds two resistors in series, of 2 ohms and 4 ohms.", None, (EXAMPLE,)
    )
    return kinds(problem, Line(say, show, (EXAMPLE,)), kind=kind)


@pytest.mark.parametrize(
    "say",
    [
        "The total resistance is 2 plus 4, which is 6 ohms.",
        "In series the resistances add, so 4 times 12 is 48.",
        "Add 12 and 4: 12 + 4 = 16 volts.",
        "The current is voltage divided by resistance, 12 divided by 4, which gives 3 amps.",
    ],
)
def test_a_new_number_may_be_computed_from_given_ones(say: str) -> None:
    assert "number" not in worked(say)


@pytest.mark.parametrize(
    "say",
    [
        "The total resistance is 2 plus 4, which is 7 ohms.",
        "The current is 12 divided by 5, which gives 2.4 amps.",
        "The current is then 3 amps.",
        "The total is 2 plus 4 plus 10, which is 16 ohms.",
    ],
)
def test_a_number_from_nowhere_or_a_wrong_sum_is_found(say: str) -> None:
    assert "number" in worked(say)


def test_a_computed_number_may_be_used_in_the_next_step() -> None:
    steps = (
        Line("The current is 12 divided by 4, which gives 3 amps.", None, (EXAMPLE,)),
        Line("So 3 amps flow, and 3 times 4 makes 12.", None, (EXAMPLE,)),
    )
    assert "number" not in kinds(*steps, kind="worked_example")


def test_outside_of_examples_nothing_is_computed() -> None:
    say = "In series the resistances add, so 12 plus 4 makes 16 ohms."
    assert "number" in worked(say, kind="explanation")


def test_a_wrong_sum_is_found_even_if_all_its_numbers_are_given() -> None:
    assert "number" in worked("Here 2 plus 4 makes 12.")


def test_numbers_can_be_put_into_a_formula() -> None:
    say = "Current is voltage divided by resistance, 12 divided by 6, which gives 2 amps."
    assert worked(say, "I = V ÷ R = 12 ÷ 6 = 2 A") == []


def test_an_answer_may_use_the_numbers_of_its_question() -> None:
    check_key = "food-webs/check"
    of_topic = passages("food-webs")
    question, answer = next(p for p in of_topic if p.key == check_key).sentences
    scenes = (
        Scene("check", "Your turn", (Line(question.say, None, (check_key,)),)),
        Scene("answer", "Answer", (Line(answer.say, None, (check_key,)),)),
    )
    whole = script(topic_id="food-webs")
    whole = type(whole)(**{**whole.__dict__, "scenes": scenes})
    assert check(whole, of_topic, bridge_interest=None) == ()


# -- misconceptions ---------------------------------------------------------------------------


def test_a_belief_may_be_told_as_one() -> None:
    lines = (
        Line("Many people think that a lamp uses up the current.", None, (MISCONCEPTION,)),
        Line("But as much current flows out of the lamp as into it.", None, (MISCONCEPTION,)),
    )
    assert refuted(*lines, kind="misconception") == []


def test_a_belief_is_no_fact() -> None:
    line = Line("A lamp uses up the current.", None, (MISCONCEPTION,))
    assert kinds(line, kind="explanation") == ["contradiction"]


# -- the student's interest -------------------------------------------------------------------


def test_the_interest_may_be_named_in_a_line_that_states_a_fact() -> None:
    say = "Like a pass in basketball, open a switch anywhere in the loop, and the current stops."
    assert kinds(Line(say, None, (f"{CIRCUITS}/section/loop",))) == [DOUBT]


@pytest.mark.parametrize(
    "say",
    [
        "Picture Michael Jordan at the line.",
        "Imagine a shot from 8 meters away.",
        "Picture a game in 1996.",
        "Imagine scoring in the Madison Square Garden.",
    ],
)
def test_a_hook_states_no_figures_and_no_names(say: str) -> None:
    assert kinds(Line(say), kind="title") != []


# -- other sources than the shipped ones ------------------------------------------------------


def book(*sentences: str) -> Passage:
    source = Source("Physics", "4.3", "A. Author", "CC BY 4.0")
    said = tuple(PassageSentence(sentence) for sentence in sentences)
    return Passage("book/m1/section/1", "book/m1", "section", "Momentum", 1, said, source)


@pytest.mark.parametrize(
    ("say", "kind"),
    [
        ("Momentum is a vector that has the same direction as velocity.", None),
        ("The linear momentum of an object is its mass times its velocity.", "doubt"),
        ("Momentum goes up in direct proportion to mass and velocity.", "doubt"),
        ("For the same velocity, a bigger mass means a greater momentum.", "doubt"),
        ("Momentum is a vector that has the opposite direction as velocity.", "contradiction"),
        ("Momentum is mass divided by velocity.", "formula"),
        ("A football player of 110 kilograms has 880 units of momentum.", "number"),
        ("It was Descartes who called momentum the quantity of motion.", "name"),
    ],
)
def test_a_passage_of_a_textbook(say: str, kind: str | None) -> None:
    passage = book(
        "Linear momentum is the product of a system's mass and its velocity.",
        "In equation form, linear momentum p is p = mv.",
        "You can see from the equation that momentum is directly proportional to the object's "
        "mass (m) and velocity (v).",
        "Therefore, the greater an object's mass or the greater its velocity, the greater its "
        "momentum.",
        "Momentum is a vector that has the same direction as velocity.",
    )
    one = script(Line(say, None, (passage.key,)), topic_id="momentum")
    found = [f.kind for f in check(one, [passage], bridge_interest=None)]
    assert (kind in found) if kind else found == []


def test_spanish_lines_are_held_against_spanish_passages() -> None:
    passage = book(
        "La luz viaja a unos 300.000 kilómetros por segundo en el vacío.",
        "Las plantas absorben dióxido de carbono y liberan oxígeno.",
    )

    def found(say: str) -> list[str]:
        one = script(Line(say, None, (passage.key,)), topic_id="light-waves", language="es-MX")
        return [f.kind for f in check(one, [passage], bridge_interest=None)]

    assert found("Las plantas absorben dióxido de carbono y liberan oxígeno.") == []
    assert found("Las plantas absorben dióxido de carbono y dan oxígeno al aire.") == [DOUBT]
    assert "contradiction" in found("Las plantas liberan dióxido de carbono y absorben oxígeno.")
    assert "number" in found("Las plantas liberan 20 litros de oxígeno.")
    assert found("Los volcanes expulsan cenizas y lava ardiente.") == [DOUBT]


def test_the_identity_names_the_version_and_the_words() -> None:
    assert identity().startswith("grounding/4-") and len(identity()) == len("grounding/4-") + 8


# -- formulas in signs and in words ------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "written", "wrong"),
    [
        ("v squared equals v sub 0 squared plus 2 a, times the quantity x minus x sub 0",
         "v² = v₀² + 2a(x − x₀)", "v² = v₀² − 2a(x − x₀)"),
        ("the absolute value of minus 5 equals 5", "|−5| = 5", "|−5| = 10"),
        ("the quantity a plus b over 2 equals c", "(a + b)/2 = c", "(a − b)/2 = c"),
    ],
)  # fmt: skip
def test_a_formula_is_checked_as_it_is_written(said: str, written: str, wrong: str) -> None:
    sentence = PassageSentence(f"The rule is that {said}.", written=f"The rule is that {written}.")
    source = Source("Book", "1.1 Rule", "A", "CC BY 4.0", None)
    passage = Passage("b/rule/section/1", "b/rule", "section", "The rule", 1, (sentence,), source)
    findings = [
        check(
            script(Line(sentence.say, shown, (passage.key,)), heading="The rule"),
            [passage],
            bridge_interest=None,
        )
        for shown in (written, wrong)
    ]
    assert findings[0] == ()
    assert findings[1] != ()
