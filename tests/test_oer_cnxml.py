"""CNXML modules: which parts become passages."""

from __future__ import annotations

import pytest

from vividly.library.oer import UnreadableDocument
from vividly.library.oer.captions import split_credit
from vividly.library.oer.cnxml import read_module
from vividly.library.oer.model import Content, Figure, Origin, Paragraph
from vividly.library.oer.passages import make_document, page_url
from vividly.library.oer.sentences import spoken, written
from vividly.model.lesson import Passage

ORIGIN = Origin(
    corpus="book",
    book="Book",
    module="m1",
    slug="force",
    number="4.1",
    chapter="4 Forces",
    position=0,
    subject="physics",
    grades=(9, 12),
    language="en",
    licence="CC BY 4.0",
    attribution="A. Author",
    url="https://openstax.org/books/book",
    pages=True,
)


def module(content: str, *, title: str = "Force", attributes: str = "", after: str = "") -> bytes:
    return (
        f'<document xmlns="http://cnx.rice.edu/cnxml" xmlns:m="http://www.w3.org/1998/Math/MathML"'
        f" {attributes}><title>{title}</title><content>{content}</content>{after}</document>"
    ).encode()


def content_of(inside: str, **more: str) -> Content:
    return read_module(module(inside, **more), "m1")


def passages_of(inside: str, **more: str) -> tuple[Passage, ...]:
    data = module(inside, **more)
    return make_document(read_module(data, "m1"), ORIGIN, data).passages


def said(inside: str, **more: str) -> str:
    return " ".join(passage.text for passage in passages_of(inside, **more))


def table(heads: str, *rows: str) -> str:
    """A table whose cells are told by bars: `table("x|y", "1|2")`; no head where `heads` is ""."""

    def row(cells: str) -> str:
        return f"<row>{''.join(f'<entry>{cell}</entry>' for cell in cells.split('|'))}</row>"

    head = f"<thead>{row(heads)}</thead>" if heads else ""
    return f"<table><tgroup>{head}<tbody>{''.join(map(row, rows))}</tbody></tgroup></table>"


PROSE = "<para>A force is a push or a pull on something, and it has a size and a direction.</para>"


# -- what is left out --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hidden",
    [
        '<note class="os-teacher"><title>Teacher Support</title><para>SECRET</para></note>',
        '<note class="os‐teacher"><para>SECRET</para></note>',
        '<note class="misconception"><note class="os-teacher"><para>SECRET</para></note></note>',
        '<section class="summary"><list><item>Known.<note class="os-teacher">SECRET</note></item>'
        "</list></section>",
        '<note class="os-teacher"><note class="worked-example"><exercise><problem><para>SECRET'
        "</para></problem><solution><para>SECRET</para></solution></exercise></note></note>",
        '<note class="teacher-demonstration"><para>SECRET</para></note>',
        '<note class="os-teacher-demonstration"><para>SECRET</para></note>',
        '<note class="watch-physics"><para>Watch this SECRET video.</para></note>',
        '<note class="snap-lab"><para>Light the SECRET flame.</para></note>',
        '<section class="problems"><exercise><problem><para>SECRET?</para></problem></exercise>'
        "</section>",
        "<!-- <para>SECRET</para> -->",
        "<para>Known.<footnote>SECRET</footnote></para>",
        '<media alt="..."><iframe src="https://example.org/SECRET"/></media>',
    ],
)
def test_what_is_not_for_a_lesson_is_left_out(hidden: str) -> None:
    text = said(PROSE + hidden + PROSE)
    assert "SECRET" not in text and "Teacher" not in text
    assert text.count("push or a pull") == 2


def test_the_text_after_what_is_left_out_stays() -> None:
    text = said(f'{PROSE}<para>One <note class="os-teacher">x</note>two three.</para>')
    assert "One two three." in text


def test_what_is_left_out_is_counted() -> None:
    content = content_of(
        f'{PROSE}<note class="os-teacher"/><note class="watch-physics"/>'
        '<section class="problems"><exercise><problem><para>Why is it so?</para></problem>'
        '</exercise></section><note class="snap-lab"/>'
    )
    assert content.left_out == {"teacher note": 1, "video": 1, "exercise": 1, "experiment": 1}
    lost = next(o for o in content.omissions if o.kind == "exercise")
    assert (lost.words, lost.example, lost.place) == (4, "Why is it so?", "m1:1")


UNKNOWN = [
    "<example><para>SECRET words are here.</para></example>",
    "<rule><title>R</title><statement><para>SECRET words are here.</para></statement></rule>",
    "<rule><proof><para>SECRET words are here.</para></proof></rule>",
    "<div>SECRET words are here.</div>",
    "<preformat>SECRET words are here.</preformat>",
    "<note>SECRET words are here.</note>",
    "<note><label>L</label>SECRET words <emphasis>are</emphasis> here.</note>",
    "<section>SECRET words are here.</section>",
    "SECRET words are here.",
    "<unheard-of>SECRET words are <also-new>here</also-new>.</unheard-of>",
    "<quote>SECRET words are here.</quote>",
    "<para><quote display='inline'>SECRET words</quote> are here.</para>",
    "<para><cite><cite-title>SECRET words</cite-title></cite> are here.</para>",
    "<list><item><div>SECRET words are here.</div></item></list>",
    "<table><tgroup><tbody><row><entry>SECRET words are here.</entry></row></tbody></tgroup>"
    "</table>",
    "<figure><para>SECRET words are here.</para></figure>",
]


@pytest.mark.parametrize("inside", UNKNOWN)
def test_what_holds_text_is_read_through(inside: str) -> None:
    assert "SECRET words are here." in said(PROSE + inside)


@pytest.mark.parametrize(
    ("inside", "kind"),
    [
        ('<code display="block">print("SECRET")</code>', "code"),
        ("<preformat>x = {SECRET: 1}</preformat>", "code"),
        ("<para>Yes.<footnote>SECRET</footnote></para>", "footnote"),
        ('<media><iframe src="a">SECRET</iframe></media>', "interactive"),
        ('<media><video src="a">SECRET</video></media>', "video"),
        ("<glossary><definition><term>SECRET</term></definition></glossary>",
         "definition without a meaning"),
        ("<glossary><definition><term>a</term><meaning>b</meaning><seealso>SECRET</seealso>"
         "</definition></glossary>", "seealso of a definition"),
        ("<exercise><problem><para>SECRET?</para></problem></exercise>", "exercise"),
        ('<note class="link-to-learning"><para>SECRET</para></note>', "link box"),
        ('<note><para>Visit this <link url="https://x.org">SECRET</link>.</para></note>',
         "link box"),
        ("<para><title>SECRET</title></para>", "title without text"),
        ('<para>The sign <media alt="SECRET"><image src="a.png"/></media> means so.</para>',
         "sentence with a formula that nobody can say"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_counted(inside: str, kind: str) -> None:
    data = module(PROSE + inside)
    document = make_document(read_module(data, "m1"), ORIGIN, data)
    assert "SECRET" not in " ".join(passage.text for passage in document.passages)
    assert kind in document.left_out


def test_every_word_is_in_a_passage_or_counted() -> None:
    data = module(
        PROSE + "".join(UNKNOWN) + EXAMPLE + '<note class="os-teacher"><para>One two.</para></note>'
    )
    document = make_document(read_module(data, "m1"), ORIGIN, data)
    left_out = sum(omission.words for omission in document.omissions)
    headings = 3  # of notes without words of their own
    assert abs(document.words - document.kept - left_out) <= headings


def test_objectives_of_the_metadata_are_read() -> None:
    data = module(PROSE).replace(
        b"<content>",
        b"<metadata><md:abstract xmlns:md='m'>By the end of this section, you will be able to:"
        b"<list><item>Draw a diagram</item></list></md:abstract></metadata><content>",
    )
    first, _ = make_document(read_module(data, "m1"), ORIGIN, data).passages
    assert (first.kind, first.text) == ("objectives", "You will be able to draw a diagram.")


# -- what is kept ------------------------------------------------------------------------------


def test_objectives_say_what_a_student_will_be_able_to_do() -> None:
    (passage,) = passages_of(
        '<note class="learning-objectives"><title>Objectives</title><para>By the end of this '
        "section, you will be able to do the following:</para><list><item>Draw a diagram</item>"
        "<item>Define force;</item></list></note>"
    )
    assert (passage.kind, passage.key) == ("objectives", "book/m1/objectives/1")
    assert [s.say for s in passage.sentences] == [
        "You will be able to draw a diagram.",
        "You will be able to define force.",
    ]


def test_a_glossary_makes_definitions() -> None:
    glossary = (
        "<glossary><definition><term>net force</term><meaning>the sum of all forces</meaning>"
        "</definition><definition><term>forces</term><meaning>pushes and pulls</meaning>"
        "</definition><definition><term>empty</term><meaning/></definition></glossary>"
    )
    passages = passages_of(PROSE, after=glossary)
    first, second = [p for p in passages if p.kind == "definition"]
    assert first.key == "book/m1/definition/net-force"
    assert first.heading == "Net force"
    assert first.text == "Net force is the sum of all forces."
    assert first.sentences[0].show == "net force"
    assert second.text == "Forces: pushes and pulls."


EXAMPLE = """
<note class="worked-example"><title>Pushing a cart</title>
 <exercise class="unnumbered"><label/>
  <problem><para>A cart of 2 kg is pushed with 6 N. How fast does it accelerate?</para>
   <note><label/><title>Strategy</title><para>Use the second law.</para></note></problem>
  <solution><para>Divide the force by the mass. It is 3 m/s<sup>2</sup>.</para></solution>
  <commentary><title>Discussion</title><para>That is quick.</para></commentary>
 </exercise>
 <para>Watch the units in every step of a problem like this one, and write them down.</para>
</note>"""


def test_a_worked_example_has_its_parts() -> None:
    example, advice = passages_of(EXAMPLE)
    assert (example.kind, example.heading) == ("worked_example", "Pushing a cart")
    assert example.key == "book/m1/worked_example/pushing-a-cart"
    assert [(s.role, s.say) for s in example.sentences] == [
        ("problem", "A cart of 2 kg is pushed with 6 N."),
        ("problem", "How fast does it accelerate?"),
        ("step", "Use the second law."),
        ("step", "Divide the force by the mass."),
        ("answer", "It is 3 m/s²."),
        ("discussion", "That is quick."),
    ]
    assert advice.kind == "section" and advice.text.startswith("Watch the units")


def test_an_example_of_titled_paragraphs_has_its_parts() -> None:
    example, check = passages_of(
        "<example><para><title>Protons of iodine</title>Iodine has the number 53. How many protons "
        "has it?</para><para><title>Solution</title>It has 53.</para><para><title>Check Your "
        "Learning</title>How many has carbon?</para><note><title>Answer:</title><para>Six.</para>"
        "</note></example>"
    )
    assert (example.kind, example.heading) == ("worked_example", "Protons of iodine")
    assert [s.role for s in example.sentences] == ["problem", "problem", "answer"]
    assert check.kind == "check"
    assert [s.say for s in check.sentences] == ["How many has carbon?", "Six."]


def test_an_example_with_an_exercise_is_worked() -> None:
    (example,) = passages_of(
        "<example><exercise><problem><para>Divide 42 by 6.</para></problem><solution><para>"
        "<emphasis effect='bold'>It</emphasis> is 7.</para></solution></exercise></example>"
    )
    assert example.kind == "worked_example"
    assert [(s.role, s.say) for s in example.sentences] == [
        ("problem", "Divide 42 by 6."),
        ("answer", "It is 7."),
    ]


def test_an_exercise_that_pictures_solve_is_left_out() -> None:
    picture = '<media alt="."><image src="c.jpg"/></media>'
    content = content_of(
        "<exercise><problem><para>Add one and two.</para></problem><solution>"
        + table("", f"Add.|{picture}")
        + "<para>So it is.</para></solution></exercise>"
    )
    assert content.left_out == {"exercise solved in pictures": 1}


def test_words_that_end_in_a_picture_are_left_out() -> None:
    picture = '<figure><media alt="x"><image src="c.jpg"/></media></figure>'
    data = module(f"<para>It is so. So we write:</para>{picture}<para>Then it ends.</para>")
    document = make_document(read_module(data, "m1"), ORIGIN, data)
    assert document.passages[0].text == "It is so. Then it ends."
    assert document.left_out == {"words before a picture": 1}


def test_an_exercise_whose_question_or_answer_nobody_can_say_is_left_out() -> None:
    unsaid, said_ = "<m:math><m:mo>⟁</m:mo></m:math>", "It is 3."
    for problem, solution in ((unsaid, said_), (said_, unsaid)):
        data = module(
            f"{PROSE}<exercise><problem><para>{problem}</para></problem>"
            f"<solution><para>{solution}</para></solution></exercise>"
        )
        document = make_document(read_module(data, "m1"), ORIGIN, data)
        assert [passage.kind for passage in document.passages] == ["section"]
        assert document.left_out == {"exercise that nobody can say": 1}


def test_what_exercises_have_in_common_is_asked_with_each() -> None:
    first, second = passages_of(
        '<section class="practice"><title>Practice</title><para>Find the sum.</para>'
        "<exercise><problem><para>Of 1 and 2.</para></problem><solution><para>It is 3.</para>"
        "</solution></exercise><exercise><problem><para>Of 1 and 4.</para></problem><solution>"
        "<para>It is 5.</para></solution></exercise></section>"
    )
    assert first.text == "Find the sum. Of 1 and 2. It is 3."
    assert second.text == "Find the sum. Of 1 and 4. It is 5."


@pytest.mark.parametrize(
    ("inside", "sentences"),
    [
        ("<para>The states are:</para><list><item>solid</item><item>liquid,</item><item>gas</item>"
         "</list>", ["The states are: solid; liquid; gas."]),
        ("<para>The states are<list><item>solid</item><item>gas</item></list></para>",
         ["The states are: solid; gas."]),
        ("<para>Do so:</para><list><item>Find it.</item><item>Use it.</item></list>",
         ["Do so: Find it.", "Use it."]),
        ("<para>The law of rest says:</para><para>All is still.</para>",
         ["The law of rest says: All is still."]),
        ("<para>It follows the long known rule</para><para><math><mi>y</mi><mo>=</mo><mn>2</mn>"
         "</math>. It holds.</para>",
         ["It follows the long known rule y equals 2.", "It holds."]),
        ("<equation><math><mi>y</mi><mo>=</mo><mn>2</mn></math></equation>"
         "<para>It holds.</para>", ["y equals 2.", "It holds."]),
        ("<para>Note:</para><equation><math><mi>y</mi><mo>=</mo><mn>2</mn></math></equation>"
         "<equation><math><mi>z</mi><mo>=</mo><mn>3</mn></math></equation>",
         ["Note: y equals 2, z equals 3."]),
        ('<para>See this.</para><para><link url="http://a.b">https://a.b/c?d=1</link></para>',
         ["See this."]),
        ('<para>The change is:</para><note class="frame"><equation><math><mi>y</mi><mo>=</mo>'
         "<mn>2</mn></math></equation></note>", ["The change is: y equals 2."]),
        ("<list><item>solid</item><item>liquid</item></list>", []),
        ("<para>Find the sum.</para><equation><math><mn>2</mn><mo>+</mo><mi>y</mi></math>"
         "</equation>", ["Find the sum: 2 plus y."]),
        ("<para>Some of the ranges have the form</para><para>(low, high).</para>",
         ["Some of the ranges have the form (low, high)."]),
        ("<para>It is so because:</para><list><item>It is.</item><item>It was.</item></list>",
         ["It is so because: It is.", "It was."]),
        ("<para>(a)</para><para>It is so.</para><para>b. Two</para><para>c. Three</para>",
         ["(a) It is so.", "b. Two.", "c. Three."]),
        ("<list><title>States</title><item>solid</item><item>gas</item></list>",
         ["States: solid; gas."]),
        ('<para>They are <list display="inline"><item>one</item><item>two</item></list>.</para>',
         ["They are one, two."]),
    ],
)  # fmt: skip
def test_a_fragment_is_no_sentence(inside: str, sentences: list[str]) -> None:
    (passage,) = passages_of(PROSE + inside)
    assert [sentence.say for sentence in passage.sentences][1:] == sentences


def test_a_long_list_goes_on_in_another_sentence() -> None:
    items = "".join(f"<item>{'word ' * 29}{n}</item>" for n in range(3))
    (passage,) = passages_of(f"<para>They are:</para><list>{items}</list>")
    assert [s.say.split(":")[0] for s in passage.sentences] == ["They are", "The list goes on"]


@pytest.mark.parametrize(
    ("term", "meaning", "told"),
    [
        ("force", "a push or a pull", "Force is a push or a pull."),
        ("gas", "the state without a shape", "Gas is the state without a shape."),
        ("gases", "the things without a shape", "Gases: the things without a shape."),
        ("speed", "rate at which it moves", "Speed: rate at which it moves."),
        ("inertia law", "a body at rest is at rest", "Inertia law: a body at rest is at rest."),
        ("fall", "a motion in which weight is the only force",
         "Fall is a motion in which weight is the only force."),
    ],
)  # fmt: skip
def test_an_entry_is_a_sentence_where_its_grammar_holds(term: str, meaning: str, told: str) -> None:
    entry = f"<definition><term>{term}</term><meaning>{meaning}</meaning></definition>"
    passages = passages_of(PROSE, after=f"<glossary>{entry}</glossary>")
    assert passages[-1].text == told


def test_a_table_without_sentences_is_for_the_eye() -> None:
    data = module(PROSE + table("", "1|2|3", "1|2|3"))
    document = make_document(read_module(data, "m1"), ORIGIN, data)
    assert len(document.passages[0].sentences) == 1
    (detail,) = document.details.values()
    (seen,) = detail["tables"]
    assert [list(row) for row in seen["rows"]] == [["1", "2", "3"]] * 2


def test_a_solved_question_becomes_a_check() -> None:
    passages = passages_of(
        '<section class="check-understanding"><title>Check</title><exercise><problem>'
        '<para>What is a force?</para><list number-style="lower-alpha"><item>A push.</item>'
        "<item>A place.</item></list></problem><solution><para>A push.</para></solution>"
        "</exercise><exercise><problem><para>Unanswered?</para></problem></exercise></section>"
    )
    (check,) = passages
    assert check.kind == "check"
    assert [(s.role, s.say) for s in check.sentences] == [
        ("question", "What is a force?"),
        ("question", "(a) A push."),
        ("question", "(b) A place."),
        ("answer", "A push."),
    ]


def test_a_summary_is_one_passage() -> None:
    (passage,) = passages_of(
        '<section class="summary"><title>Section Summary</title><list><item>A force pushes.</item>'
        "<item>It has a direction</item></list></section>"
    )
    assert (passage.kind, passage.heading) == ("summary", "Summary")
    assert [s.say for s in passage.sentences] == ["A force pushes.", "It has a direction."]


def test_passages_do_not_cross_sections() -> None:
    sections = "".join(
        f"<section id='s{n}'><title>Part {n}</title>{PROSE}<section><title>Inner {n}</title>{PROSE}"
        "</section></section>"
        for n in (1, 2)
    )
    data = module(sections)
    document = make_document(read_module(data, "m1"), ORIGIN, data)
    assert [p.heading for p in document.passages] == ["Part 1", "Inner 1", "Part 2", "Inner 2"]
    last = document.details["book/m1/section/inner-2-1"]
    assert last["heading_path"] == ["Force", "Part 2", "Inner 2"]
    assert document.details["book/m1/section/part-1-1"]["section_id"] == "s1"


def test_two_sections_of_one_name_have_different_keys() -> None:
    section = f"<section><title>Part</title>{PROSE}</section>"
    keys = [p.key for p in passages_of(section * 3)]
    assert keys == [f"book/m1/section/part-{n}" for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("caption", "said", "credit"),
    [
        ("A cart. (credit: Jo (Flickr), NASA)", "A cart.", "Jo (Flickr), NASA"),
        ("A cart. (credit by Jo Smith)", "A cart.", "Jo Smith"),
        (
            "A cart. (modification of work by Jo Smith)",
            "A cart.",
            "modification of work by Jo Smith",
        ),
        ("Gold, atom by atom. (Erwinrossen)", "Gold, atom by atom.", "Erwinrossen"),
        (
            "A brain. (Rashmi Chawla and Paul E. Marik)",
            "A brain.",
            "Rashmi Chawla and Paul E. Marik",
        ),
        (
            "A light-year (Splarka, Wikimedia Commons).",
            "A light-year",
            "Splarka, Wikimedia Commons",
        ),
        ("A star. (left) (unknown, Public Domain)", "A star. (left)", "unknown, Public Domain"),
        ("Waves cross (not to scale).", "Waves cross (not to scale).", ""),
        ("Waves cross. (Not to scale.)", "Waves cross. (Not to scale.)", ""),
        ("A microscope (STM)", "A microscope (STM)", ""),
        ("It slows down in (b).", "It slows down in (b).", ""),
        ("It slows down.", "It slows down.", ""),
    ],
)
def test_a_caption_s_credit_is_told_from_what_else_stands_in_brackets(
    caption: str, said: str, credit: str
) -> None:
    assert split_credit(caption) == (said, credit)


def test_a_figure_keeps_its_description_caption_and_credit() -> None:
    content = content_of(
        '<figure><media alt="A cart."><image mime-type="image/jpeg" src="../../media/c.jpg"/>'
        "</media><caption>A cart rolls. (credit: Jo (Flickr), NASA)</caption></figure>"
    )
    assert content.sections[0].blocks == (
        Figure("../../media/c.jpg", "A cart.", "A cart rolls.", "Jo (Flickr), NASA"),
    )


def test_a_picture_before_the_first_text_stands_beside_it() -> None:
    picture = '<figure><media alt="A cart."><image src="c.jpg"/></media></figure>'
    data = module(f"{picture}<section><title>Carts</title>{PROSE}</section>")
    document = make_document(read_module(data, "m1"), ORIGIN, data)
    (detail,) = document.details.values()
    assert [figure["src"] for figure in detail["figures"]] == ["c.jpg"]
    assert not document.omissions


@pytest.mark.parametrize(
    ("heads", "rows", "lines"),
    [
        ("Metal|Density|Melts at", ["Iron|7.8|1811 K"], ["Iron: Density 7.8, Melts at 1811 K"]),
        ("", ["momentum:|p = mv"], ["momentum: p = mv"]),
        # Brackets in a head are not always those of a unit.
        ("x|P(x)", ["0|0.12"], ["x = 0: P(x) = 0.12"]),
        # A variable has its value; what is an equation needs no head, and an equation is no head.
        ("Shape|C", ["Sphere|0.45"], ["Sphere: C = 0.45"]),
        ("Salt|Level at 25 °C", ["AgCl|1.7"], ["AgCl: Level at 25 °C: 1.7"]),
        ("Time|Place", ["t = 1|x = 9"], ["t = 1: x = 9"]),
        ("x|f(x) = 2x", ["1|2"], []),
        # Cells of one kind are told each with its head.
        ("Plants|Animals", ["they make food out of light|they eat other living things"],
         ["Plants: they make food out of light; Animals: they eat other living things"]),
        # A step of several sentences is told with what it gives.
        ("", ["Simplify. Remember the sign.|x = 2"], ["Simplify. Remember the sign: x = 2"]),
        ("", ["Round the last digit up.|It is now a 4.", "|So the number is 18.4."],
         ["Round the last digit up. It is now a 4.", "So the number is 18.4."]),
        # Names over numbers are a head.
        ("", ["Day|Dose in mg", "1|40"], ["Day 1: Dose in mg 40"]),
        # A column without words only sets others apart, and a head is not told twice.
        ("", ["Step 1. Find it.||x = 2"], ["Step 1. Find it: x = 2"]),
        ("Solution|pH at 25 °C", ["acid|pH &lt; 7"], ["acid: pH < 7"]),
        ("Fluid|Heat <m:math><m:mo>(</m:mo><m:mtext>°C</m:mtext><m:mo>)</m:mo></m:math>",
         ["milk|20"], ["milk: Heat 20 °C"]),
        ("Fluid|ρ (kg/m<sup>3</sup>)", ["ice|9.17 × 10<sup>2</sup>"], ["ice: ρ 9.17 × 10² kg/m³"]),
        ("Fluid|<m:math><m:mi>η</m:mi><m:mo>×</m:mo><m:mn>10</m:mn></m:math>", ["milk|3"], []),
    ],
)  # fmt: skip
def test_rows_of_a_table_are_said_with_its_heads(
    heads: str, rows: list[str], lines: list[str]
) -> None:
    blocks = content_of(table(heads, *rows)).sections[0].blocks
    assert [written(b.text) for b in blocks if isinstance(b, Paragraph)] == lines


def test_answers_with_letters_are_said_each() -> None:
    passages = passages_of(
        '<section class="review"><exercise><problem><para>Add them.</para></problem><solution>'
        '<list number-style="lower-alpha"><item>27 m</item><item>62 m</item></list></solution>'
        "</exercise></section>"
    )
    assert passages[-1].text == "Add them. (a) 27 m. (b) 62 m."


def test_the_list_of_a_problem_is_told_with_its_introduction() -> None:
    passages = passages_of(
        "<example><para><title>Add</title>Use these:</para><list><item>one</item><item>two</item>"
        "</list><para><title>Solution</title>It is 3.</para></example>"
    )
    assert passages[0].text == "Use these: one; two. It is 3."


def test_a_head_in_bold_stands_before_its_formula() -> None:
    passages = passages_of(
        "<para><emphasis>Mean of a sample</emphasis></para><equation><m:math><m:mi>m</m:mi>"
        "<m:mo>=</m:mo><m:mn>2</m:mn></m:math></equation>"
    )
    assert passages[0].text == "Mean of a sample: m equals 2."


def test_formulas_that_are_the_parts_of_a_problem_are_asked() -> None:
    passages = passages_of(
        "<exercise><problem><para>Halve each number.</para><list><item>ⓐ <m:math><m:mi>k</m:mi>"
        "</m:math></item><item>ⓑ 6</item></list></problem><solution><para>The second is 3.</para>"
        "</solution></exercise>"
    )
    assert passages[0].text == "Halve each number. (a) k. (b) 6. The second is 3."


def test_the_title_of_a_list_says_when_its_items_hold() -> None:
    passages = passages_of(
        "<list><title>If the pan is hot:</title><item>Do not touch it.</item><item>Let it cool."
        "</item></list>"
    )
    assert passages[0].text == "If the pan is hot: Do not touch it. Let it cool."


def test_a_title_in_quotes_has_one_mark() -> None:
    assert said('<para><title>We call it "light."</title>It weighs 3 g.</para>') == (
        'We call it "light." It weighs 3 g.'
    )


def test_a_note_in_a_solution_is_told_where_it_stands() -> None:
    passages = passages_of(
        "<example><exercise><problem><para>Add them.</para></problem><solution><para>Take one."
        "</para><note><para>Mind the sign.</para></note><para>It is 3.</para></solution></exercise>"
        "</example>"
    )
    assert passages[0].text == "Add them. Take one. Mind the sign. It is 3."


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ('<link target-id="f1"/> shows it.', "The figure shows it."),
        ('As <link target-id="f1"/> shows.', "As the figure shows."),
        ('It moves (<link target-id="f1"/>).', "It moves."),
        ('See <link target-id="Table_3"/>.', "See the table."),
        ('As in <link target-id="f1"/>(b) it is.', "As in the figure (b) it is."),
        ('See <link target-id="eq-7"/>.', "See the equation."),
        ('See <link document="m9">Light</link>.', "See Light."),
        ('See <link document="m9"/>.', "See another section."),
        ('It grows (<link target-id="f1"/><emphasis>b</emphasis>).', "It grows."),
        ("Add it<newline/>Then stop.", "Add it. Then stop."),
        (
            "<m:math><m:mi>a</m:mi><m:mo>=</m:mo><m:mn>1</m:mn></m:math> "
            "<m:math><m:mi>b</m:mi><m:mo>=</m:mo><m:mn>2</m:mn></m:math>",
            "a equals 1, b equals 2",
        ),
        ("All H<sup>+ </sup>ions", "All H⁺ ions"),
        ("at <m:math><m:mo>(</m:mo><m:mi>x</m:mi></m:math>) so", "at (x) so"),
        ("1 N∙m at ‒5 and 10<sup>‒3</sup>", "1 N⋅m at −5 and 10⁻³"),
        ("(and <m:math><m:mi>x</m:mi><m:mo>)</m:mo></m:math> so", "(and x) so"),
        ('<link target-id="f1"/> Why does ice float?', "Why does ice float?"),
        ("440<m:math><m:mi>N</m:mi></m:math>to move", "440N to move"),
        ("A<m:math><m:mo>=</m:mo></m:math>{1}", "A equals {1}"),
        ("the <m:math><m:mi>n</m:mi></m:math>th term", "the nth term"),
        ('Go <link url="https://example.org">here</link>.', "Go here."),
        ("10<sup>8</sup> and p<sub>tot</sub> and v<sub>0</sub>", "10⁸ and p tot and v₀"),
        ("a <term>push</term> or <emphasis>pull</emphasis>", "a push or pull"),
        ("one<newline/>two", "one two"),
        ("CO<sub>2</sub>,<sub> </sub>two", "CO₂, two"),
        ("The gas BH<sub>3,</sub> as", "The gas BH₃, as"),
        ("some <sup>235</sup>UF<sub>6</sub> gas", "some 235 UF₆ gas"),
        ("of air (ℳ = 28)", "of air (M = 28)"),
        (
            "P(2 &lt; x &lt; 9) for 0 ≤ x ≤ 15",
            "the probability that x is greater than 2 and less than 9 for "
            "x is at least 0 and at most 15",
        ),
        ("a 2<emphasis>s</emphasis> orbital", "a 2 S orbital"),
        ("so P(A AND B) = 0", "so P of A AND B = 0"),
        ("as X ~ U(0, 14) so", "as X is distributed as U of 0, 14 so"),
        (
            "(8 – 2)<m:math><m:mo>(</m:mo><m:mfrac><m:mn>1</m:mn><m:mn>3</m:mn></m:mfrac>"
            "<m:mo>)</m:mo></m:math> = 2",
            "(8 – 2) times 1/3 = 2",
        ),
        ("<title>Light</title>During the day", "Light: During the day"),
        ("Go to <link url='https://example.org'/>.", "Go to this page."),
        ("ⓐ one ⓑ two", "(a) one (b) two"),
        (
            "say <m:math><m:mi>P</m:mi><m:mo>(</m:mo><m:mi>y</m:mi></m:math> &lt; 4) and",
            "say the probability that y is less than 4 and",
        ),
        ("the <m:math><m:mi>χ</m:mi></m:math><sup>2</sup> test", "the chi squared test"),
        (
            "so 10<sup>−pH</sup> and e<sup>−kt</sup>, 2<sup>n + 1</sup>",
            "so 10 to the power of minus pH and e to the power of minus k t, "
            "2 to the power of the quantity n plus 1",
        ),
        (
            "10<sup>−2.5</sup> or 9<sup>1/2</sup>",
            "10 to the power of −2.5 or 9 to the power of 1/2",
        ),
        ("a rate of [A]<sub>t</sub>", "a rate of [A] sub t"),
        ("Zinc<sup>a</sup> is a metal", "Zinc is a metal"),
        ('<emphasis effect="bold">RULE 1</emphasis> Count the atoms', "RULE 1: Count the atoms"),
        ("so <m:math><m:mi>A</m:mi></m:math>= {4}", "so A = {4}"),
        ('press "≠ 0"<newline/>The screen', 'press "≠ 0". The screen'),
        ("then a) 2.2% and b) 4%", "then (a) 2.2% and (b) 4%"),
        ("(in part a) so", "(in part a) so"),
        ("the law <m:math><m:mi>F</m:mi><m:mtext>.</m:mtext></m:math> Yes", "The law F. Yes"),
        ("the <m:math><m:mi>y</m:mi><m:mo>-</m:mo></m:math> axis", "the y axis"),
        ("so <m:math><m:mn>2</m:mn><m:mi>π</m:mi></m:math>(6) = r", "so 2 pi times 6 = r"),
        ("Let <m:math><m:mi>X</m:mi><m:mo>=</m:mo></m:math>_____.", "Let X equals a blank."),
    ],
)
def test_inline_elements_become_plain_words(inside: str, expected: str) -> None:
    figure = '<figure id="f1"><media alt="x"><image src="x.jpg"/></media></figure>'
    content = content_of(f"<para>{inside}</para>{figure}")
    block = content.sections[0].blocks[0]
    assert isinstance(block, Paragraph)
    assert spoken(block.text) == expected


def test_a_sentence_about_an_equation_of_another_document_is_left_out() -> None:
    link = '<link document="m2" target-id="e1"/>'
    (passage,) = passages_of(f"{PROSE}<para>See {link}. Hence, {link} holds.</para>")
    assert passage.sentences[-1].say == "See another section."


def test_key_terms_and_headings_are_the_terms_of_the_topic() -> None:
    data = module(
        '<section id="keyterms"><title>Section Key Terms</title><table class="section-key-terms">'
        "<tgroup><tbody><row><entry>Force</entry><entry>net force</entry></row></tbody></tgroup>"
        f"</table></section><section><title>Defining Force</title>{PROSE}</section>"
        f'<section class="summary"><title>Section Summary</title>{PROSE}</section>',
        after="<glossary><definition><term>force</term><meaning>a push</meaning></definition>"
        "</glossary>",
        title="Forces",
    )
    topic = make_document(read_module(data, "m1"), ORIGIN, data).topic
    assert topic is not None
    assert (topic.id, topic.title) == ("book/force", "Forces")
    assert topic.terms == ("force", "net force", "Defining Force")


@pytest.mark.parametrize("kind", ["introduction", "preface", "appendix"])
def test_what_frames_a_book_is_no_topic(kind: str) -> None:
    data = module(PROSE, attributes=f'class="{kind}"')
    document = make_document(read_module(data, "m1"), ORIGIN, data)
    assert document.topic is None
    assert bool(document.passages) == (kind != "preface")


# -- addresses and digests ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "title", "kind", "page"),
    [
        ("4.2", "Newton's First Law of Motion: Inertia", "module",
         "4-2-newtons-first-law-of-motion-inertia"),
        ("9.1", "Work, Power, and the Work–Energy Theorem", "module",
         "9-1-work-power-and-the-work-energy-theorem"),
        ("4", "Introduction", "introduction", "4-introduction"),
        ("A", "Reference Tables", "appendix", "a-reference-tables"),
        ("", "Preface", "preface", "preface"),
    ],
)  # fmt: skip
def test_pages_are_named_as_openstax_names_them(
    number: str, title: str, kind: str, page: str
) -> None:
    from dataclasses import replace

    url = page_url(replace(ORIGIN, number=number), title, kind)
    assert url == f"https://openstax.org/books/book/pages/{page}"


def test_the_digest_covers_the_text_and_what_is_said_of_it() -> None:
    from dataclasses import replace

    def digest(data: bytes, origin: Origin = ORIGIN) -> str:
        return make_document(read_module(data, "m1"), origin, data).digest

    one = module(PROSE)
    assert digest(one) == digest(one)
    assert digest(one) != digest(module(PROSE + PROSE))
    assert digest(one) != digest(one, replace(ORIGIN, grades=(6, 8)))
    assert digest(one) != digest(one, replace(ORIGIN, number="4.2"))


# -- faulty files ------------------------------------------------------------------------------

BOMB = b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><document>&b;</document>'
OUTSIDE = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><document>&x;</document>'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b" \n ", "the file is empty"),
        (b"<document><title>x</document>", "not well-formed XML at line 1"),
        (b"\xff\xfe\x00garbage", "not well-formed XML"),
        (b"plain text", "not well-formed XML"),
        (b'<?xml version="1.0" encoding="utf-8"?><document><title>\xe9</title></document>', "XML"),
        (BOMB, "entit"),
        (OUTSIDE, "entit"),
        (b"<html/>", "its root is <html>"),
        (b"<document><content/></document>", "no <title>"),
        (b"<document><title>x</title></document>", "no <content>"),
        (b"<a>" * 100_000, "not well-formed XML"),
        (b"<a>" * 300 + b"</a>" * 300, "not well-formed XML"),
        (b" " * 20_000_001, "empty"),
        (b"<a>" + b" " * 20_000_001, "at most 20000000"),
    ],
)
def test_a_broken_file_is_named_with_its_fault(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=reason) as raised:
        read_module(data, "modules/m1/index.cnxml")
    assert str(raised.value).startswith("modules/m1/index.cnxml: ")
    assert "root:" not in str(raised.value)
