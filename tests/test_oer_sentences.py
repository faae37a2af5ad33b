"""Splitting into sentences, and passages of a suitable size."""

from __future__ import annotations

import pytest

from vividly.library.oer.chunks import MOST_WORDS, chunks
from vividly.library.oer.inline import tidy
from vividly.library.oer.model import MARK, Figure, Maths, Paragraph, Text
from vividly.library.oer.sentences import read_sentences
from vividly.library.oer.slugs import Unique, slugify
from vividly.text.sentences import ends_phrase, split_sentences

LAW = Maths("F = ma", "F equals m a", "F=ma")
FORCE = Maths("F", "F", "F")


@pytest.mark.parametrize(
    "sentences",
    [
        ["Acceleration is 9.8 m/s.", "The ball, e.g. a tennis ball, falls.", "See Fig. 4.3 now."],
        ["The mass is 3.5 kg.", "It rises 2.0 m.", "Then it stops."],
        ["Use models (e.g., the Bohr model, etc.).", "They help.", "Eq. 2 shows F = ma."],
        ["J. J. Thomson discovered it.", "He won.", "The U.S. Navy tested it.", "It works."],
        ["What is force?", "It is a push!", "Yes."],
        ["They react (A and B).", "The factor is A.", "Hence it grows."],
        ["“I see,” he said.", "“It moves.”", "Then it stopped."],
        ["At 9 a.m. the bus leaves.", "At 5 p.m. it returns."],
        ["It is about 10⁻¹⁵ m.", "Six particles are known."],
        ["Is it hotter?", "No.", "Because it boils, it stays at 100 °C.", "No. 5 is right."],
        ["The message reads G, G, C.", "In the codon table, it is glycine.", "J. Watson did."],
        ["It makes A T P.", "Cells burn it.", "F. H. Crick knew."],
        ["It is in set B.", "Symbolically, it is so.", "So is A.", f"{MARK} holds."],
        ["He calls it “wet.”", "(It is not.)", "She agrees."],
        ["A. Writer and B. Author, for openstax.org"],
        ["The U.S. Geological Survey measures every quake.", "It counts them."],
        ["He lives in the U.S. Army base.", "This is so."],
        ["It came from the U.S.", "It is large."],
        ["Prof. Lee climbed Mt. Everest.", "Dr. Wu saw approx. Five of them.", "Good."],
        ["Gen. Grant met Lt. Col. Smith at St. Louis.", "They talked."],
        ["It costs 3.50 dollars.", "The ratio is 1.5 to 2.", "So it is."],
        ["Solve for x.", "Then check it on p. 12."],
        ["Prof. Einstein et al. agreed, i.e. all of them.", "Mr. Newton did not."],
        ["Then 7 - 4 = 3, y = -x + 3, at a ratio of 3:4, is so.", "It is right."],
        ["It was James (J. J.) Thomson.", "He ran (at 5 p.m.).", "(It rained.)", "It was wet."],
        [f"The law is {MARK}.", f"{MARK} is the force.", f"Here {MARK} is large."],
    ],
)
def test_sentences_end_where_they_end(sentences: list[str]) -> None:
    assert split_sentences(" ".join(sentences), "en") == sentences


@pytest.mark.parametrize(
    ("word", "ends"),
    [("Dr.", False), ("Mt.", False), ("U.S.", False), ("J.", False), ("approx.", False),
     ("rock.", True), ("rock,", True), ("rock.”", True), ("rock", False), ("3.5", False)],
)  # fmt: skip
def test_a_phrase_ends_at_a_mark_that_is_no_abbreviation_s(word: str, ends: bool) -> None:
    assert ends_phrase(word) == ends


def test_sentences_of_another_language() -> None:
    text = "La fuerza es de 3.5 N. ¿Qué pasa? El Sr. García lo sabe."
    assert split_sentences(text, "es-MX") == [
        "La fuerza es de 3.5 N.",
        "¿Qué pasa?",
        "El Sr. García lo sabe.",
    ]


def test_a_sentence_says_its_formulas_and_shows_its_law() -> None:
    text = Text(f"newton found that {MARK}. Here {MARK} is the force", (LAW, FORCE))
    one, two = read_sentences(text, "en")
    first, second = one.sentence, two.sentence
    assert first is not None and second is not None
    assert first.say == "Newton found that F equals m a."
    assert first.written == "Newton found that F = ma."
    assert first.show == "F = ma"
    assert (second.say, second.show) == ("Here F is the force.", None)
    assert second.written is None, "it is written as it is said"
    assert (one.formulas, two.formulas) == ((LAW,), (FORCE,))


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("Let", "Let x be at most 2."),
        ("Let the event", "Let the event x be at most 2."),
        ("For every", "For every x at most 2."),
        ("There is a small enough", "There is a small enough x at most 2."),
        ("If a number", "If a number x is at most 2."),
        ("A sample of size", "A sample of size x at most 2."),
        ("If", "If x is at most 2."),
    ],
)
def test_a_formula_has_the_verb_that_the_words_before_it_ask(before: str, said: str) -> None:
    (read,) = read_sentences(
        Text(f"{before} {MARK}.", (Maths("x ≤ 2", "x is at most 2", ""),)), "en"
    )
    assert read.sentence is not None and read.sentence.say == said


def test_a_word_is_said_once() -> None:
    (read,) = read_sentences(Text(f"The vector {MARK}.", (Maths("F\u20d7", "vector F", ""),)), "en")
    assert read.sentence is not None and read.sentence.say == "The vector F."
    (read,) = read_sentences(Text(f"It is {MARK}.", (Maths("≈ 2", "is about 2", ""),)), "en")
    assert read.sentence is not None and read.sentence.say == "It is about 2."


def test_a_formula_too_long_for_a_slide_is_not_shown() -> None:
    long = Maths("a = " + "b" * 70, "a equals b", "a=b")
    (read,) = read_sentences(Text(f"So {MARK}.", (long,)), "en")
    assert read.sentence is not None and read.sentence.show is None


def test_a_sentence_with_a_formula_that_nobody_can_say_is_left_out() -> None:
    unsayable = Maths("a ⋈ b", "", "a b")
    first, second = read_sentences(Text(f"So {MARK}. It rains.", (unsayable,)), "en")
    assert (first.sentence, first.written, first.words) == (None, "So a ⋈ b.", 2)
    assert second.sentence is not None and second.sentence.say == "It rains."


@pytest.mark.parametrize(
    ("written", "tidied"),
    [
        ("a  b\n c", "a b c"),
        ("force , and", "force, and"),
        ("It grows ( the figure ) .", "It grows."),
        ("see (see the table) it", "see it"),
        ("the figure shows", "The figure shows"),
        ("Up. the figure shows", "Up. The figure shows"),
        ("in the figure and the figure", "in the figures"),
        ("0\x963", "0–3"),
        ("soft\u00adhyphen", "softhyphen"),
        ("about .5 m", "about .5 m"),
        ("both ends. .", "both ends."),
        ("of that object.The work is", "of that object. The work is"),
        (f"is empty.{MARK} holds", f"is empty. {MARK} holds"),
        ("in a bank.A loan is", "in a bank. A loan is"),
        ("with − H and −CH₂OH, but 5 − N", "with H and CH₂OH, but 5 − N"),
        ("vectors A and −B", "vectors A and −B"),
        ("1, 2, 3... where", "1, 2, 3... where"),
        ("It slows. (See the figure.) It stops.", "It slows. It stops."),
        ("The equations: two. The figureb shows", "The equations: two. The figure b shows"),
        ("it is (another section) so", "it is so"),
        ("at 45º and 20 ˚C", "at 45° and 20 °C"),
    ],
)
def test_running_text_is_tidied(written: str, tidied: str) -> None:
    assert tidy(written, []).written == tidied


def paragraph(words: int, sentence: int = 10) -> Paragraph:
    one = " ".join(["Word", *["word"] * (sentence - 1)]) + "."
    return Paragraph(Text(" ".join([one] * (words // sentence))))


@pytest.mark.parametrize("words", [60, 150, 190, 220, 310, 460, 700, 1500])
def test_passages_are_of_about_equal_size(words: int) -> None:
    made = chunks([paragraph(words)], "en")
    sizes = [chunk.words for chunk in made]
    assert sum(sizes) == words
    assert all(size <= MOST_WORDS + 45 for size in sizes)
    assert len(made) == 1 or min(sizes) >= 75
    assert len(made) == max(1, round(words / 150))


def test_no_sentence_is_cut_or_lost() -> None:
    blocks = [paragraph(90), paragraph(250), paragraph(30)]
    said = [s.say for chunk in chunks(blocks, "en") for s in chunk.sentences]
    assert len(said) == 37 and all(s.startswith("Word ") and s.endswith("word.") for s in said)


def test_a_formula_on_its_own_line_belongs_to_its_sentence() -> None:
    blocks = [
        Paragraph(Text("The second law is")),
        Paragraph(Text(MARK, (LAW,)), display=True),
        Paragraph(Text(f"where {MARK} is the force. It holds.", (FORCE,))),
    ]
    (chunk,) = chunks(blocks, "en")
    assert [s.say for s in chunk.sentences] == [
        "The second law is F equals m a, where F is the force.",
        "It holds.",
    ]
    assert chunk.equations == [LAW]


def test_a_formula_in_a_paragraph_of_its_own_belongs_to_the_sentence_before() -> None:
    law = Maths("x = 2", "x equals 2", "x=2")
    blocks = [Paragraph(Text("Thus,")), Paragraph(Text(MARK, (law,)))]
    (chunk,) = chunks(blocks, "en")
    assert [sentence.say for sentence in chunk.sentences] == ["Thus, x equals 2."]


def test_a_line_that_begins_with_a_sign_goes_on_with_the_line_before() -> None:
    first, second = Maths("y = 2(x + 3)", "y equals p", "y=p"), Maths("= 2x + 6", "equals q", "=q")
    blocks = [Paragraph(Text(MARK, (maths,)), display=True) for maths in (first, second)]
    (chunk,) = chunks(blocks, "en")
    assert [sentence.say for sentence in chunk.sentences] == ["y equals p equals q."]


@pytest.mark.parametrize("lead", ["The range is", "The range is:"])
def test_words_that_ask_for_more_go_on(lead: str) -> None:
    (chunk,) = chunks([Paragraph(Text(lead)), Paragraph(Text("(2 − 1, 2 + 1)"))], "en")
    assert [sentence.say for sentence in chunk.sentences] == [f"{lead} (2 − 1, 2 + 1)."]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("df = 4 − 1", "df = 4 − 1."),
        ("(It is “near.”)", "(It is “near.”)"),
        ("It takes 1, 2, ..., 9 of .5 m", "It takes 1, 2, ..., 9 of .5 m."),
        ("df means freedom", "Df means freedom."),
    ],
)
def test_a_sentence_is_finished(written: str, told: str) -> None:
    (read,) = read_sentences(Text(written), "en")
    assert read.sentence is not None and read.sentence.say == told


def test_a_function_keeps_its_small_letter() -> None:
    sine = Maths("sin t = 1", "the sine of t equals 1", "")
    (read,) = read_sentences(Text(MARK, (sine,)), "en")
    assert read.sentence is not None
    assert (read.sentence.say, read.sentence.written) == ("The sine of t equals 1.", "sin t = 1.")


def test_a_sentence_that_ends_in_a_factorial_has_its_full_stop() -> None:
    (read,) = read_sentences(Text(f"It is {MARK}", (Maths("k!", "k factorial", "k!"),)), "en")
    assert read.sentence is not None
    assert (read.sentence.say, read.sentence.written) == ("It is k factorial.", "It is k!.")


def test_a_line_that_begins_with_a_symbol_is_its_own_sentence() -> None:
    blocks = [Paragraph(Text(line)) for line in ("H a: ρ ≠ 0", "α = 0.05")]
    (chunk,) = chunks(blocks, "en")
    assert [sentence.say for sentence in chunk.sentences] == ["H a: ρ ≠ 0.", "α = 0.05."]


def test_a_part_does_not_go_on_with_an_open_line() -> None:
    blocks = [Paragraph(Text("The table of both is")), Paragraph(Text("(a) Read it."))]
    (chunk,) = chunks(blocks, "en")
    said = ["The table of both is.", "(a) Read it."]
    assert [sentence.say for sentence in chunk.sentences] == said


def test_what_symbols_mean_stays_apart() -> None:
    letters = (Maths("x =", "x equals", "x="), Maths("n", "n", "n"))
    lines = (f"{MARK} the number of marbles", f"{MARK} = the size of the bag")
    blocks = [Paragraph(Text(line, (x,))) for line, x in zip(lines, letters, strict=True)]
    (chunk,) = chunks(blocks, "en")
    said = ["x equals the number of marbles.", "n = the size of the bag."]
    assert [sentence.say for sentence in chunk.sentences] == said


def test_a_figure_stays_with_the_text_before_it() -> None:
    figure = Figure("a.jpg", "a ball", "", "")
    made = chunks([paragraph(150), figure, paragraph(150)], "en")
    assert [chunk.figures for chunk in made] == [[figure], []]


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Newton's First Law of Motion: Inertia", "newtons-first-law-of-motion-inertia"),
        ("Work, Power, and the Work–Energy Theorem", "work-power-and-the-work-energy-theorem"),
        ("Coulomb’s law", "coulombs-law"),
        ("La fotosíntesis", "la-fotosintesis"),
        ("???", ""),
        ("x" * 200, "x" * 80),
    ],
)
def test_slugs_are_those_of_openstax(title: str, slug: str) -> None:
    assert slugify(title) == slug


def test_each_name_is_given_once() -> None:
    unique = Unique()
    assert [unique(name) for name in ("a", "b", "a", "a", "a-2")] == [
        "a",
        "b",
        "a-2",
        "a-3",
        "a-2-2",
    ]
