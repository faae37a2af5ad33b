"""Lessons composed from the sections of a book: what is spoken, left out and cited."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.support.locales import CONNECTIVES
from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.book_example import worked_example
from vividly.lesson.scripting.book_glossary import told, what_is, which_term, why
from vividly.lesson.scripting.book_show import shown_words
from vividly.lesson.scripting.book_text import can_begin, runs, sayable
from vividly.lesson.scripting.composer import Composer
from vividly.lesson.scripting.pacing import LONGEST_S, SHORTEST_S, scene_seconds
from vividly.model.errors import NoLesson
from vividly.model.lesson import (
    Line,
    Passage,
    PassageKind,
    PassageSentence,
    Retrieved,
    Scene,
    Script,
    Source,
    Understanding,
)

TOPIC = "field-book/weathering-and-erosion"
SOURCE = Source(
    "A Field Book of Rocks",
    "3.2 Weathering and Erosion",
    "A. Writer and B. Author",
    "CC BY 4.0",
    "https://example.org/books/field-book/pages/3-2",
)
SECTIONS = {
    "How rock breaks down": (
        "Weathering is the breaking down of rock at the surface of Earth. It needs no motion, so "
        "the pieces stay where they formed. Physical weathering breaks rock into smaller pieces "
        "without changing what the rock is made of. Figure 3.4 shows a boulder that was split by "
        "ice. However, this is only one of many ways. Chemical weathering changes the minerals "
        "of a rock into new ones, and the new minerals are often softer. Rain that holds a little "
        "acid dissolves limestone slowly. Caves form in limestone because water dissolves the rock "
        "along its cracks."
    ),
    "Ice and roots": (
        "Water expands by about nine percent when it freezes. Water that freezes in a crack pushes "
        "the walls of the crack apart. Each winter the crack grows a little wider, and in the end "
        "a piece of rock falls off. Frost wedging is the name for this kind of physical "
        "weathering. Roots do the same work more slowly. A root that grows into a crack presses on "
        "the rock with great force. As you can see in Table 3.1, the rates differ. In the next "
        "section you will learn about soil."
    ),
    "How rock is carried away": (
        "Erosion is the carrying away of loose rock and soil. Running water, wind, ice and gravity "
        "can all move loose rock. A fast river carries large stones, but a slow river carries only "
        "fine mud. Wind lifts only sand and dust, since air is thin. A glacier is a river of ice "
        "that drags rocks of every size along its bed. The rocks scratch the ground below the ice, "
        "and these scratches tell geologists which way the glacier moved."
    ),
    "Where the pieces settle": (
        "Deposition happens where water or wind slows down. A river that enters a lake drops its "
        "stones first and its mud last. Over time the layers of sand and mud become thick. A delta "
        "is the fan of sediment at the mouth of a river. Many deltas have rich soil, so people "
        "have farmed them for thousands of years. Use the map to find three deltas."
    ),
    "What sets the speed": (
        "Weathering is fastest in places that are warm and wet. Heat speeds up chemical reactions, "
        "and water takes part in most of them. Dry deserts keep old rock surfaces for a very long "
        "time. Hard rock such as granite weathers more slowly than soft rock such as shale. Plants "
        "hold soil in place with their roots. Bare soil is lost quickly when heavy rain falls on "
        "it."
    ),
}
DEFINITIONS = {
    "Weathering": "Weathering is the breaking down of rock at the surface of Earth.",
    "Erosion": "Erosion is the carrying away of loose rock and soil.",
    "Glacier": "Glacier is a large body of ice that moves slowly over land.",
    "Frost wedging": "Frost wedging: splitting of rock by water that freezes in cracks.",
    "Deltas": "Deltas: fans of sediment at the mouths of rivers.",
}
SUMMARY = (
    "Weathering breaks rock down where it lies. Erosion carries the loose pieces away. "
    "Deposition happens where the moving water or wind slows down. See Figure 3.9."
)


def passage(kind: PassageKind, part: str, heading: str, position: int, text: str) -> Passage:
    sentences = tuple(PassageSentence(s) for s in re.split(r"(?<=[.?]) (?=[A-Z])", text))
    return Passage(
        f"field-book/m1/{kind}/{part}", TOPIC, kind, heading, position, sentences, SOURCE
    )


def book() -> list[Passage]:
    aims = "You will be able to explain how rock breaks down. You will be able to trace its path."
    found = [passage("objectives", "1", "Learning objectives", 0, aims)]
    for at, (heading, text) in enumerate(SECTIONS.items(), 1):
        found.append(passage("section", str(at), heading, at, text))
    found.append(passage("summary", "1", "Summary", 20, SUMMARY))
    for at, (term, text) in enumerate(DEFINITIONS.items(), 30):
        found.append(passage("definition", term, term, at, text))
    return found


def write(passages: list[Passage], *, grade: int = 7, tolerance: float = 1.5) -> Script:
    return Composer(tolerance).write(
        Brief(
            "why do rocks wear away",
            grade_level=grade,
            interest="basketball",
            language="en-US",
            understanding=Understanding(TOPIC, "Weathering and Erosion", "earth-science", 0.9),
            retrieved=Retrieved(tuple(passages)),
        )
    )


def test_a_section_of_a_book_becomes_a_whole_lesson() -> None:
    script = write(book())
    kinds = [scene.kind for scene in script.scenes]
    sections = kinds.count("explanation")
    assert kinds == ["title", *["explanation"] * sections, *kinds[1 + sections :]]
    assert kinds[1 + sections :] == ["takeaways", "check", "answer", "sources"]
    assert 3 <= sections <= 6
    assert SHORTEST_S <= scene_seconds(script.scenes, script.grade_level) <= LONGEST_S
    assert script.bridge == "everyday"
    assert "basketball" not in script.text
    assert script.sources == (SOURCE,)
    assert 4 < script.reading_level < 10


@pytest.mark.parametrize("grade", [5, 7, 9, 12])
def test_every_line_stands_in_the_passage_that_it_cites(grade: int) -> None:
    texts = {p.key: p.text.lower() for p in book()}
    added = {"a", "the", "and", "so", "but", "is", "are", "this", "because", "it", "why", "do"}
    added |= {"we", "call", "which", "term", "has", "meaning", "in", "your", "own", "words", "what"}
    added |= {"does", "happens", "to"}
    for _, _, line in write(book(), grade=grade).lines():
        if line.say in CONNECTIVES:
            assert line.passages == ()
            continue
        (key,) = line.passages
        for word in re.findall(r"[\w'-]+", line.say.lower()):
            assert word in added or word in texts[key], (line.say, word)


def test_what_needs_the_page_is_not_said() -> None:
    for grade in (5, 9, 12):
        text = write(book(), grade=grade).text
        for word in ("Figure", "Table", "you can see", "you will learn", "Use the map"):
            assert word not in text


def test_what_hangs_on_a_sentence_that_is_not_said_is_not_said_either() -> None:
    assert "only one of many ways" not in write(book()).text
    (section,) = [p for p in book() if p.heading == "How rock breaks down"]
    first, second = runs(section)
    assert [s.at for s in first] == [0, 1, 2]
    assert [s.at for s in second] == [5, 6, 7]


def test_scenes_say_neighbouring_sentences_in_the_books_order() -> None:
    places = {
        s.say: (p.position, at)
        for p in book()
        if p.kind == "section"
        for at, s in enumerate(p.sentences)
    }
    positions = []
    for scene in write(book(), tolerance=99).scenes:
        if scene.kind != "explanation":
            continue
        defined = {p.key for p in book() if p.kind == "definition"}
        at = [places[line.say] for line in scene.lines if not defined.intersection(line.passages)]
        assert at == [(at[0][0], at[0][1] + n) for n in range(len(at))]
        positions.append(at[0])
    assert positions == sorted(positions)


def test_every_explanation_shows_something_short() -> None:
    for scene in write(book()).scenes:
        if scene.kind in ("explanation", "takeaways"):
            assert any(line.show for line in scene.lines)
        for line in scene.lines:
            assert line.show is None or 3 <= len(line.show) <= 64
            assert not (line.show or "").endswith(".")


def test_the_question_has_its_answer() -> None:
    scenes = {scene.kind: scene for scene in write(book()).scenes}
    question, answer = scenes["check"].lines[-1], scenes["answer"].lines[-1]
    assert question.say.endswith("?")
    assert question.passages == answer.passages
    term = answer.say.removeprefix("It is ").rstrip(".")
    assert term.lower() not in question.say.lower()
    assert scenes["check"].pause >= 3


def test_the_books_own_question_is_asked_first() -> None:
    own = replace(
        passage("check", "1", "Check", 50, "Which kind of rock weathers fastest in the rain?"),
        sentences=(
            PassageSentence("Which kind of rock weathers fastest in the rain?", role="question"),
            PassageSentence("Limestone weathers fastest in the rain.", role="answer"),
        ),
    )
    scenes = {scene.kind: scene for scene in write([*book(), own]).scenes}
    assert scenes["check"].lines[-1].say == "Which kind of rock weathers fastest in the rain?"
    assert scenes["answer"].lines[-1].say == "Limestone weathers fastest in the rain."


def test_without_a_summary_what_the_sections_define_is_taken_away() -> None:
    script = write([p for p in book() if p.kind != "summary"], tolerance=99)
    scenes = {scene.kind: scene for scene in script.scenes}
    assert 1 <= len(scenes["takeaways"].lines) - 1 <= 3
    told = {s.say for p in book() if p.kind == "section" for s in p.sentences}
    assert all(line.say in told for line in scenes["takeaways"].lines[1:])


def test_where_nothing_can_be_asked_there_is_no_question() -> None:
    sections = [p for p in book() if p.kind == "section"]
    plain = [p for p in sections if "freezes" not in p.text and "because" not in p.text]
    kinds = [s.kind for s in write(plain).scenes]
    assert "check" not in kinds and "answer" not in kinds
    assert kinds[-1] == "sources"


def test_too_little_is_refused_by_name() -> None:
    with pytest.raises(NoLesson, match=r"0 of kind section.*words") as refused:
        write([p for p in book() if p.kind != "section"])
    assert TOPIC in str(refused.value)
    assert "why do rocks" not in str(refused.value)


@pytest.mark.parametrize("left", [1, 2])
def test_little_makes_a_short_lesson(left: int) -> None:
    sections = [p for p in book() if p.kind == "section"][:left]
    script = write([*sections, *(p for p in book() if p.kind != "section")])
    assert 30 < scene_seconds(script.scenes, script.grade_level) < SHORTEST_S
    taught = {key for s in script.scenes if s.explains for line in s.lines for key in line.passages}
    assert taught & {p.key for p in sections}
    assert script.scenes[-1].kind == "sources"


@pytest.mark.parametrize("part", ["Ice and roots", "Where the pieces settle"])
def test_the_passage_that_answers_is_said_first(part: str) -> None:
    ranked = [replace(p, score=1.0 if p.heading == part else 0.1) for p in book()]
    answer = write(ranked).scenes[1]
    (key,) = answer.lines[0].passages
    assert key == next(p.key for p in ranked if p.heading == part)


def test_a_definition_that_is_asked_for_comes_with_the_answer() -> None:
    ranked = [replace(p, score=1.0 if p.kind == "definition" else 0.5) for p in book()]
    script = Composer().write(
        Brief(
            "what is erosion",
            grade_level=7,
            interest=None,
            language="en-US",
            understanding=Understanding(TOPIC, "Weathering and Erosion", "earth-science", 0.9),
            retrieved=Retrieved(tuple(ranked)),
        )
    )
    said = [line.say for line in script.scenes[1].lines]
    assert "Erosion is the carrying away of loose rock and soil." in said


def test_another_language_is_refused() -> None:
    with pytest.raises(NoLesson, match="'es-ES'"):
        Composer().write(
            Brief(
                "q",
                grade_level=9,
                interest=None,
                language="es-ES",
                understanding=Understanding(TOPIC, "Erosión", "earth-science", 1.0),
                retrieved=Retrieved(tuple(book())),
            )
        )


def test_the_same_passages_make_the_same_script() -> None:
    assert write(book()) == write(list(reversed(book())))


@pytest.mark.parametrize(
    "sentence",
    [
        "Figure 4.5 shows a boulder.",
        "As shown in Figure 2, ice splits rock.",
        "The graph above gives the speed of the car.",
        "In this section, you will learn about rocks.",
        "We will now consider a second case of motion.",
        "Use Equation 4.3 to find the force on the box.",
        "Recall from the previous chapter that mass is conserved.",
        "Calculate the force on the box in newtons.",
        "The values are listed below for each of the planets.",
        "We find that the following holds:",
        "The force is v sub 0 plus a t over b c d.",
        "the sentence begins in the middle of another.",
        "Click on the link to watch a video about ice.",
        "Is the rock hard or is it soft?",
        "Ice melts.",
        "The ratio a_b = 3 holds for every case.",
    ],
)
def test_sentences_that_cannot_be_said(sentence: str) -> None:
    assert sayable(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("Ice is lighter than water (see the box).", "Ice is lighter than water."),
        ("Note that ice floats on cold water.", "Ice floats on cold water."),
        ("Momentum is conserved in every collision.", "Momentum is conserved in every collision."),
        ("A net force (F) changes the motion [1] of a body.",
         "A net force changes the motion of a body."),
    ],
)  # fmt: skip
def test_sentences_as_they_are_said(sentence: str, said: str) -> None:
    assert sayable(sentence) == said


@pytest.mark.parametrize(
    ("sentence", "begins"),
    [
        ("A glacier is a river of ice.", True),
        ("There are two kinds of waves.", True),
        ("Newton's first law holds for bodies at rest.", True),
        ("However, ice is lighter than water.", False),
        ("It moves slowly over the land.", False),
        ("These forces are equal in size.", False),
        ("For example, a ball falls to the ground.", False),
        ("Because of this, the ball falls faster.", False),
        ("The latter is known as friction.", False),
        ("When we do so, the force is doubled.", False),
        ("Second, the force depends on distance.", False),
    ],
)
def test_which_sentences_can_begin(sentence: str, begins: bool) -> None:
    assert can_begin(sentence) is begins


@pytest.mark.parametrize(
    ("say", "law", "shown"),
    [
        ("Force is mass times acceleration.", "F = ma", "F = ma"),
        ("A delta is the fan of sediment at the mouth of a river.", None,
         "Delta: fan of sediment at the mouth of a river"),
        ("A tagged compound used in medicine is called a delta.", None,
         "Delta: tagged compound used in medicine"),
        ("Heat flows from a hot thing to a cold one, because its fast particles strike slow ones.",
         None, "Heat flows from a hot thing to a cold one"),
        ("In winter, cracks grow wider.", None, "Cracks grow wider"),
        ("Momentum stays the same in every collision that anyone has seen, if nothing outside it "
         "pushes.", None, None),
        ("It depends on a very long list of things that nobody has ever counted up to the end, "
         "such as a delta.", None, "Delta"),
    ],
)  # fmt: skip
def test_what_is_shown(say: str, law: str | None, shown: str | None) -> None:
    assert shown_words(say, law, ["Delta"]) == shown


def entry(term: str, text: str) -> Passage:
    return passage("definition", term, term, 1, text)


def test_glossary_entries_as_sentences_and_questions() -> None:
    text = "On land a glacier moves. Frost wedging is slow. Near the Nile deltas grow."
    glacier = entry("Glacier", "Glacier is a large body of ice that moves over land.")
    assert told(glacier, text) == "A glacier is a large body of ice that moves over land."
    period = entry("Period", "Period: time it takes to complete one oscillation.")
    assert told(period, text) == "Period is the time it takes to complete one oscillation."
    assert told(entry("Pion", "Pion: particle exchanged between two nucleons."), text) is None
    asked = which_term(entry("Pion", "Pion: a particle exchanged between two nucleons."), text)
    assert asked is not None
    assert asked[0].say == "What do we call a particle exchanged between two nucleons?"
    assert asked[1].say == "Pion."
    bare = which_term(entry("Pion", "Pion: particle exchanged between two nucleons."), text)
    assert bare is not None
    assert bare[0].say == "Which term has this meaning: particle exchanged between two nucleons?"
    given = entry("Net force", "Net force is the sum of all forces on a body.")
    assert which_term(given, text) is None
    meant = what_is(given, text)
    assert meant is not None and meant[1].say == "Net force is the sum of all forces on a body."


def test_the_check_asks_why_where_the_lesson_says_because() -> None:
    lines = [
        Line("It melts because the sun shines on it.", None, ("a",)),
        Line("Most deltas grow slowly because rivers carry little mud.", None, ("b",)),
    ]
    assert why(lines[:1]) is None  # nobody knows what "it" is
    asked = why(lines)
    assert asked is not None
    assert [line.say for line in asked] == [
        "Most deltas grow slowly. Why?",
        "Because rivers carry little mud.",
    ]


def test_photons_and_units_are_neither_pictures_nor_symbols() -> None:
    assert sayable("The energy of the photon depends on its frequency.")
    assert sayable("A marble rolls 5.2 m in 1.8 s.")
    assert sayable("The energy is shown in the photo of the lamp.") is None
    assert sayable("Thus P and V and R are known here.") is None


def example(*steps: str) -> Scene | None:
    roles = ["problem", *["step"] * (len(steps) - 2), "answer"]
    sentences = tuple(PassageSentence(s, role=r) for s, r in zip(steps, roles, strict=True))
    one = replace(passage("worked_example", "1", "Example", 9, "A b."), sentences=sentences)
    return worked_example([one], TOPIC)


PROBLEM = "A river moves 40 tons of mud in 8 days. How much does it move in a day?"


def test_an_example_that_can_be_followed_by_ear_is_told() -> None:
    scene = example(
        PROBLEM, "Divide the 40 tons by the 8 days.", "The river moves 5 tons of mud in a day."
    )
    assert scene is not None
    assert [line.show for line in scene.lines][1] == "How much does it move in a day?"
    assert scene.lines[-1].say == "The river moves 5 tons of mud in a day."


@pytest.mark.parametrize(
    "steps",
    [
        (PROBLEM, "Look up the density in Table 3.1.", "The river moves 5 tons of mud."),
        (PROBLEM, "m sub 1 over v sub 2 plus q r s t u is x.", "The river moves 5 tons of mud."),
        ("How fast is it? How far does it go?", "It is slow and steady.", "It goes 5 meters."),
        ("What is the current in the circuit below?", "It has one path.", "It is 5 amperes."),
    ],
)
def test_an_example_that_needs_the_page_is_not_told(steps: tuple[str, ...]) -> None:
    assert example(*steps) is None
