"""Every locale is complete: a missing field, file or name is found."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from vividly.lesson.understanding import make_understander
from vividly.library.corpus import all_topics, corpus_languages
from vividly.model.lesson import Understanding
from vividly.model.settings import Settings
from vividly.text import locales
from vividly.text.interests import known_interests
from vividly.text.locales import Locale, known_locales, locale_for, no_lessons

SHIPPED = Path(str(files("vividly.text.locales")))
SECTIONS = sorted(
    name for name, value in vars(Locale).items() if isinstance(value, cached_property)
)


@pytest.mark.parametrize("tag", known_locales())
@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_of_every_locale_is_whole(tag: str, section: str) -> None:
    assert getattr(locale_for(tag), section)


@pytest.mark.parametrize("tag", known_locales())
def test_a_locale_has_no_file_that_nothing_reads(tag: str) -> None:
    assert {path.name for path in (SHIPPED / tag).iterdir()} == {f"{s}.yaml" for s in SECTIONS}


def test_there_is_a_locale_for_every_language_with_lessons() -> None:
    assert set(corpus_languages()) <= set(known_locales())


@pytest.mark.parametrize("tag", known_locales())
def test_every_subject_and_interest_has_a_name(tag: str) -> None:
    names = locale_for(tag).names
    assert names.interests.keys() == known_interests()
    assert names.subjects.keys() == {topic.subject for topic in all_topics().values()}


@pytest.mark.parametrize("tag", known_locales())
def test_every_example_of_the_pages_has_a_lesson_with_its_interest(tag: str) -> None:
    understander, pages = make_understander(Settings("", "", "")), locale_for(tag).pages
    names = {one.name: slug for slug, one in locale_for(tag).names.interests.items()}
    for question, grade, interest in pages.examples:
        found = understander.understand(question, grade_level=grade, language=pages.lessons_in)
        assert isinstance(found, Understanding), question
        topic = all_topics()[found.topic_id]
        assert topic.grades[0] <= grade <= topic.grades[1], question
        assert names[interest] in {bridge.interest for bridge in topic.bridges}, question


@pytest.mark.parametrize(
    ("tag", "found"), [("es-MX", "es"), ("ES", "es"), ("en-GB", "en"), ("", "en"), ("fr", "en")]
)
def test_a_tag_falls_back_to_its_language_and_then_to_english(tag: str, found: str) -> None:
    assert locale_for(tag).tag == found


def test_the_languages_answered_in_their_own_words_have_no_lessons() -> None:
    assert not set(no_lessons().in_own_words) & set(known_locales())


@pytest.fixture
def copied(tmp_path: Path) -> Iterator[Path]:
    """The folder of a new locale, "xx", forgotten after the test."""
    folder = tmp_path / "xx"
    shutil.copytree(SHIPPED / "en", folder)
    yield folder
    locales.forget("xx")


@pytest.mark.parametrize("section", SECTIONS)
def test_a_missing_field_and_an_unknown_one_are_errors(copied: Path, section: str) -> None:
    path = copied / f"{section}.yaml"
    whole = yaml.safe_load(path.read_text("utf-8"))
    first = next(iter(whole))
    for data in ({k: v for k, v in whole.items() if k != first}, whole | {"more": "x"}):
        path.write_text(yaml.safe_dump(data), "utf-8")
        with pytest.raises(ValueError, match=f"locale xx, {section}.yaml"):
            getattr(locales.register(copied), section)


def test_a_third_language_is_one_folder_and_its_topics() -> None:
    """German is asked, understood, written, spoken and captioned; nothing in the package has it."""
    program = [sys.executable, "-m", "tests.support.third_language"]
    done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    lesson = json.loads(done.stdout)
    assert lesson["topic"] == lesson["english question"] == "fotosynthese"
    assert lesson["outside"] == (
        "Dabei kann Vividly nicht helfen. Es erklärt Themen aus Physik, Chemie, Biologie, "
        "Geowissenschaften und Mathematik. Frag zum Beispiel: die Fotosynthese."
    )
    assert {"Beispiel mit Lösung", "Ein häufiger Irrtum", "Zum Merken", "Quellen"} <= set(
        lesson["headings"]
    )
    assert "Language: de-AT" in lesson["captions"] and "Zucker" in lesson["captions"]
    assert "## Quellen" in lesson["transcript"]
    assert "Bezug: die Musik (Lektionen von Vividly" in lesson["transcript"]


TAGS = frozenset(("en", "es", "english", "spanish"))
ALLOWED = {
    # Files with a language of their own, or with their own names for each language.
    "vividly/lesson/speech/__init__.py": "hibari speaks English only",
    "vividly/lesson/speech/kokoro.py": "the voices of Kokoro",
    "vividly/lesson/speech/espeak.py": "the voices of espeak-ng",
    "vividly/library/retrieval/sentence_embedder.py": "the sentence encoder is for English",
    "vividly/lesson/scripting/reading_level.py": "published formulas, which a locale names",
    "vividly/text/languages.py": "names that differ from those of CLDR",
    "vividly/text/syllables.py": "rules for counting, which a locale names",
    # The words of safety rules are content: lesson/safety/rules/*.yaml.
    "vividly/lesson/safety/__init__.py": "the languages that the rules are written in",
    "vividly/lesson/safety/help_lines.py": "help_lines.yaml, by country",
    "vividly/lesson/safety/personal.py": "how numbers are written in a country",
}
"""Files outside the locales that may ask which language it is, and why."""


def language_branches(path: Path) -> list[int]:
    """The lines that compare with a language, or look something up by one."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        asked: list[ast.expr | None] = []
        if isinstance(node, ast.Compare):
            asked = [node.left, *node.comparators]
            asked += [e for c in node.comparators for e in getattr(c, "elts", [])]
        elif isinstance(node, ast.Dict):
            asked = list(node.keys)
        elif isinstance(node, ast.Tuple | ast.List | ast.Set) and len(node.elts) < 12:
            asked = list(node.elts)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("startswith", "get"):
            asked = list(node.args)
        elif isinstance(node, ast.MatchValue):
            asked = [node.value]
        if any(isinstance(a, ast.Constant) and str(a.value).lower() in TAGS for a in asked if a):
            found.append(node.lineno)
    return found


def test_nothing_outside_the_locales_asks_which_language_it_is() -> None:
    root = Path(__file__).parents[1]
    found = {}
    for folder in ("vividly", "transforms", "beam_pipeline"):
        for path in (root / folder).rglob("*.py"):
            name = path.relative_to(root).as_posix()
            if "/text/locales/" not in name and (lines := language_branches(path)):
                found[name] = lines
    assert found.keys() == ALLOWED.keys(), found
