"""Every locale is whole: a field, a file or a name that one lacks is found here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from vividly.library.corpus import all_topics, corpus_languages
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
