"""Markdown and plain text as people write them."""

from __future__ import annotations

import pytest

from tests.test_oer_cnxml import ORIGIN
from vividly.library.oer.markdown import read_markdown, read_text
from vividly.library.oer.model import ParsedDocument
from vividly.library.oer.passages import make_document


def document(source: str) -> ParsedDocument:
    data = f"# Title\n\n{source}\n".encode()
    return make_document(read_markdown(data, "a.md", "Title"), ORIGIN, data)


def said(source: str) -> list[str]:
    return [s.say for passage in document(source).passages for s in passage.sentences]


@pytest.mark.parametrize(
    ("source", "sentences"),
    [
        ("A ticket costs $5 and a meal costs $10.", ["A ticket costs $5 and a meal costs $10."]),
        ("It is $5-$10, or $5/$10 a day.", ["It is $5-$10, or $5/$10 a day."]),
        ("The law is $F = ma$.", ["The law is F equals m a."]),
        ("The law is $$F = ma$$ here.", ["The law is F equals m a here."]),
        ("| Metal | Density |\n|---|---|\n| Iron | 7.87 |", ["Iron: Density 7.87."]),
        ("They are the states:\n\n- solid\n- gas", ["They are the states: solid; gas."]),
        ("Do the following:\n\n1. Find it.\n2. Use it.",
         ["Do the following: Find it.", "Use it."]),
        ("See [the other site](https://x.org).", ["See the other site."]),
        ("See also <https://y.org> or https://z.org/b.", ["See also this page or this page."]),
        ("It was said once before.[^1]\n\n[^1]: SECRET", ["It was said once before."]),
        ("Drink H<sub>2</sub>O, <b>all</b> of<br>it.", ["Drink H₂O, all of it."]),
        ("<div>Some text in a &lt;div&gt;.</div>", ["Some text in a <div>."]),
        ("This is the code:\n\n```\nSECRET\n```", ["This is the code."]),
        ("Here is a word.\n\n<!-- SECRET -->", ["Here is a word."]),
        ("It costs $5. The \"$x$\" is it.", ['It costs $5.', 'The "x" is it.']),
        (r"Solve \(x^2 = 4\), \(see\).", ["Solve x squared equals 4, (see)."]),
        ("So 2*3*4 is *24*.", ["So 2*3*4 is 24."]),
        ("Here a<b and b>c hold.", ["Here a<b and b>c hold."]),
        ("An ![icon](i.png) is here. It is so.", ["It is so."]),
        ("<details><summary>Ask it.</summary>See it now.</details>", ["Ask it.", "See it now."]),
        ("<table><tr><td>Iron</td><td>7.87 g</td></tr></table>", ["Iron: 7.87 g."]),
        ("#Heading\n\nIt is so here.", ["It is so here."]),
        ("It is -- so here 😀.", ["It is — so here."]),
        ("Water is H~2~O and 5 m^2^ is an area.", ["Water is H₂O and 5 m² is an area."]),
        ("It is ~~old~~ new here.", ["It is new here."]),
        ("So x <= 5 and y != 3 here.", ["So x ≤ 5 and y ≠ 3 here."]),
        ("| A | B |\n|---|---|\n| It is so. | It is not. |\n| x | — |",
         ["It is so.", "It is not."]),
        ("| Hours | Speed |\n|---|---|\n| 2 | 7 m/s |", ["Hours 2: Speed 7 m/s."]),
    ],
)  # fmt: skip
def test_markdown_is_read_as_it_is_meant(source: str, sentences: list[str]) -> None:
    assert said(source) == sentences


def test_what_markdown_leaves_out_is_counted() -> None:
    read = document("This is the code:\n\n```\nx y\n```\n\nSee it.[^1]\n\n[^1]: A note.")
    assert read.left_out == {"code": 1, "footnote": 1}
    assert (read.omissions[0].words, read.omissions[0].place) == (2, "a.md:5")


def test_plain_text_has_lists_and_addresses() -> None:
    data = b"It costs $5 and $10. See https://x.org/b.\n\nThe states are:\n- solid\n- gas\n"
    (passage,) = make_document(read_text(data, "a.txt", "Title"), ORIGIN, data).passages
    assert [sentence.say for sentence in passage.sentences] == [
        "It costs $5 and $10.",
        "See this page.",
        "The states are: solid; gas.",
    ]


@pytest.mark.parametrize(
    ("source", "sentences"),
    [
        ("E = mc^2\n7 - 4 = 3", ["E = mc^2.", "7 - 4 = 3."]),
        ("2H2 + O2 -> 2H2O\n3!=6", ["2H2 + O2 ⟶ 2H2O.", "3!=6."]),
        ("sqrt(16) = 4\ny >= 2", ["√(16) = 4.", "y ≥ 2."]),
        ("1) Heat it. 2) Cool it.", ["Heat it.", "2) Cool it."]),
        ("State   Form\nice     solid\nsteam   gas", ["Ice: Form solid.", "Steam: Form gas."]),
    ],
)
def test_plain_text_is_read_as_it_is_laid_out(source: str, sentences: list[str]) -> None:
    data = f"Title\n=====\n\n{source}\n".encode()
    (passage,) = make_document(read_text(data, "a.txt", "Title"), ORIGIN, data).passages
    assert [sentence.say for sentence in passage.sentences] == sentences
