"""The slides: readable colours, text that never leaves its box, every kind of scene drawn."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from tests.support.lessons import script_of, short_script, tones
from vividly.lesson.video import caption_strip, design
from vividly.lesson.video.bidirectional import directed_pieces, word_order
from vividly.lesson.video.caption_strip import caption_pages
from vividly.lesson.video.design import Box, Weight, contrast
from vividly.lesson.video.fonts import displayable, runs
from vividly.lesson.video.layout import LANDSCAPE, PORTRAIT, Layout
from vividly.lesson.video.pictograms import interest_is_drawn
from vividly.lesson.video.shapes import backdrop, rounded_mask
from vividly.lesson.video.slides import slides_of
from vividly.lesson.video.slides.base import SlideContext
from vividly.lesson.video.slides.diagram import DiagramSlide
from vividly.lesson.video.slides.opening import SourcesSlide
from vividly.lesson.video.slides.stack import stack
from vividly.lesson.video.text import Block, Style, draw_block, fit, measure, wrap
from vividly.lesson.video.themes import SUBJECTS, theme_of
from vividly.lesson.video.thumbnail import draw_thumbnail
from vividly.library.corpus import load_topics
from vividly.library.corpus.passages import topic_passages
from vividly.model.lesson import Line, Scene, Source
from vividly.model.visuals.exchange import EXAMPLE as EXCHANGE

AA = 4.5
INTERESTS = tuple(
    yaml.safe_load(files("vividly.text").joinpath("interests.yaml").read_text("utf-8"))
)
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
UGLY = (
    LONG_WORD,
    "6 CO₂ + 6 H₂O → C₆H₁₂O₆ + 6 O₂",
    "∇·E ∝ ρ ⇌ √2 ≤ π",
    "光合作用は植物が光を使う仕組みです",
    "😀🏀 ¿Qué es la fotosíntesis? ñ á ü",
    "word " * 90,
    "a\tb\nc\x07\u200b",
    "-" * 300,
    "",
)
TEXTS = st.one_of(st.sampled_from(UGLY), st.text(max_size=200))


@pytest.mark.parametrize("interest", ["", *INTERESTS, "an interest of which nobody thought"])
@pytest.mark.parametrize("subject", [*SUBJECTS, "unknown"])
def test_all_text_has_aa_contrast(subject: str, interest: str) -> None:
    theme = theme_of(subject, interest)
    pairs = [
        (on, under)
        for under in (theme.surface, theme.surface_active, theme.background, theme.background_end)
        for on in (theme.text, theme.muted, theme.accent, theme.wrong, theme.right)
    ]
    pairs += [
        (theme.on_accent, theme.accent),
        (theme.on_accent, theme.badge),
        (theme.on_caption, theme.caption),
        (caption_strip.ON_HIGHLIGHT, caption_strip.HIGHLIGHT),
    ]
    assert {pair: contrast(*pair) for pair in pairs if contrast(*pair) < AA} == {}


def test_contrast_is_that_of_wcag() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((118, 118, 118), (255, 255, 255)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_backdrop_stays_between_the_colours_that_contrast_is_checked_on(subject: str) -> None:
    theme = theme_of(subject)
    lightest = tuple(np.asarray(backdrop(theme, LANDSCAPE)).reshape(-1, 3).max(axis=0).tolist())
    assert contrast(theme.muted, lightest) >= AA  # type: ignore[arg-type]
    assert contrast(theme.accent, lightest) >= AA  # type: ignore[arg-type]


def test_the_corpus_is_shown_as_it_is_written() -> None:
    shown = {
        sentence.show
        for topic in load_topics().values()
        for passage in topic_passages(topic)
        for sentence in passage.sentences
        if sentence.show
    }
    assert len(shown) > 100
    assert {text for text in shown if displayable(text) != " ".join(text.split())} == set()


def test_what_no_typeface_has_is_transliterated_or_dropped() -> None:
    assert displayable("ᚠᚢ𓀀 ᏣᎳᎩ").isascii()
    assert displayable("光合作用 안녕 नमस्ते สวัสดี 😀") == "光合作用 안녕 नमस्ते สวัสดี 😀"
    assert displayable("🏀 ball") == "ball"
    assert displayable("H₂O ⇌ OH⁻") == "H₂O ⇌ OH⁻"
    assert displayable("a\x00b\u200b \n c") == "ab c"
    assert len(runs("x ∝y", 40, Weight.BOLD)) == 3


def test_what_is_written_from_the_right_is_one_run_and_set_from_the_right() -> None:
    (_, whole), *rest = runs("مرحبا بالعالم", 40, Weight.BOLD)
    assert whole == "مرحبا بالعالم" and not rest
    mixed = [text for _, text in runs("مرحبا Vividly", 40, Weight.BOLD)]
    assert mixed[0].strip() == "Vividly"


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("الماء H₂ ⇌ 2H هنا", "هنا |H₂ ⇌ 2H| الماء"),
        ("שלום E = mc² עולם", "עולם |E = mc²| שלום"),
        ("The word مرحبا means hello", "The word |مرحبا| means hello"),
        ("x (مرحبا) y", "x (|مرحبا|) y"),
        ("السرعة 25 (H₂)", "25 (H₂)| السرعة"),
    ],
)
def test_formulas_in_text_from_right_to_left_keep_their_order(text: str, drawn: str) -> None:
    pieces = "".join(piece for _, piece in runs(text, 40, Weight.BOLD))
    assert pieces.replace(" ", "") == drawn.replace("|", "").replace(" ", "")


def test_japanese_breaks_between_phrases_and_thai_between_words() -> None:
    style = Style(64, Weight.BOLD)
    japanese = wrap("植物は太陽の光を使って養分をつくります。", style, 700).lines
    phrases = {"植物は", "太陽の", "光を", "使って", "養分を", "つくります。"}
    assert len(japanese) > 1 and "".join(japanese) == "植物は太陽の光を使って養分をつくります。"
    for line in japanese:
        assert any(line.endswith(phrase) for phrase in phrases), line
    thai = wrap("พืชใช้แสงแดดสร้างอาหารของตัวเอง", style, 500).lines
    words = ("พืช", "ใช้", "แสงแดด", "สร้าง", "อาหาร", "ของ", "ตัวเอง")
    assert len(thai) > 1 and "".join(thai) == "".join(words)
    for line in thai:
        assert line.endswith(words), line


def test_a_phrase_wider_than_its_line_is_cut_at_any_sign() -> None:
    text = "コンピュータープログラミング。"
    lines = wrap(text, Style(64, Weight.BOLD), 300).lines
    assert "".join(lines) == text
    assert all(measure(line, Style(64, Weight.BOLD)) <= 300 for line in lines)
    assert not any(line.startswith("。") for line in lines)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("التوازن H₂ ⇌ 2H عكسي", "عكسي H₂ ⇌ 2H التوازن"),
        ("القوة 5 N = F كبيرة.", ".كبيرة 5 N = F القوة"),
        ("التفاعل 2H₂ + O₂ → 2H₂O", "2H₂ + O₂ → 2H₂O التفاعل"),
        ("(a+b)² هو f(x) = 3.", ".f(x) = 3 هو (a+b)²"),
        ("سرعة −5 m/s (أي 18 km/h).", ".(18 km/h أي) −5 m/s سرعة"),
        ("الغازات H₂، CO₂", "CO₂ ،H₂ الغازات"),
        ("טול 25 m", "25 m טול"),
        ("طول ٢٥ متر", "متر ٢٥ طول"),
    ],
)
def test_formulas_keep_their_order_in_text_from_the_right(text: str, drawn: str) -> None:
    """The drawn text from left to right, with right-to-left words in reading order."""
    assert "".join(piece for piece, _ in directed_pieces(text, right_to_left=True)) == drawn
    assert "".join(p for _, p in runs(text, 40, Weight.BOLD, True)) == drawn


def test_a_line_that_begins_with_a_formula_keeps_the_direction_of_its_paragraph() -> None:
    style = Style(60, Weight.BOLD)
    text = "يتفاعل الهيدروجين مع الأكسجين H₂O + CO₂ ⇌ H₂CO₃ في الماء"
    blocks = [wrap(text, style, width) for width in range(400, 1600, 20)]
    block = next(b for b in blocks if b.lines[-1].startswith("H₂O") and "في" in b.lines[-1])
    line = block.lines[-1]
    assert block.right_to_left and block.part(1, 2).right_to_left
    pieces = [piece.strip() for _, piece in runs(line, 60, Weight.BOLD, block.right_to_left)]
    assert pieces == ["في الماء", "H₂O + CO₂", "⇌", "H₂CO₃"], "from left to right"

    def drawn(right_to_left: bool) -> Image.Image:
        image = Image.new("RGB", (1600, 100))
        block = Block((line,), style, right_to_left)
        draw_block(ImageDraw.Draw(image), block, 0, 0, (255, 255, 255))
        return image

    assert drawn(True).tobytes() != drawn(False).tobytes()


def test_captions_from_the_right_keep_the_order_of_a_formula() -> None:
    words = ["تفاعل", "H₂", "⇌", "2H", "عكسي"]
    (page,) = caption_pages(words, LANDSCAPE)
    placed = sorted(page.words, key=lambda word: word.x)
    assert [word.text for word in placed] == ["عكسي", "H₂", "⇌", "2H", "تفاعل"]
    assert word_order(["a", "ب", "ج", "b"], right_to_left=False) == [0, 2, 1, 3]


def test_scripts_without_spaces_break_between_signs_and_not_before_a_full_stop() -> None:
    block = wrap("光合作用は植物が光を使う仕組みです。", Style(64, Weight.BOLD), 400)
    assert len(block.lines) > 1
    assert "".join(block.lines) == "光合作用は植物が光を使う仕組みです。"
    assert not any(line.startswith("。") for line in block.lines)


def test_no_text_is_smaller_than_a_phone_can_show() -> None:
    sizes = (
        design.DISPLAY_SIZES,
        design.HEADING_SIZES,
        design.STATEMENT_SIZES,
        design.BODY_SIZES,
        (design.LABEL_SIZE, design.CAPTION_SIZE),
    )
    assert min(map(min, sizes)) >= design.SMALLEST == 40


@settings(max_examples=30, deadline=None)
@given(text=TEXTS, size=st.sampled_from((40, 64, 120)), width=st.integers(300, 1700))
def test_wrapped_lines_fit_and_lose_nothing(text: str, size: int, width: int) -> None:
    block = wrap(text, Style(size, Weight.BOLD), width)
    assert all(measure(line, block.style) <= width for line in block.lines)
    joined = "".join("".join(block.lines).split()).replace("-", "")
    assert joined == "".join(displayable(text).split()).replace("-", "")


def test_no_word_is_left_alone_and_no_quantity_torn() -> None:
    style = Style(64, Weight.BOLD)
    assert wrap("Carbon dioxide is the limiting factor", style, 900).lines[-1].count(" ") >= 1
    for width in range(500, 1200, 40):
        lines = wrap("A ball flies 20 m/s over a wall of 3 m", style, width).lines
        assert not any(line.endswith((" 20", " 3")) for line in lines)


@settings(max_examples=15, deadline=None)
@given(text=TEXTS, width=st.integers(400, 1600), height=st.integers(60, 600))
def test_fitted_pages_fit_and_lose_nothing(text: str, width: int, height: int) -> None:
    pages = fit(text, Weight.MEDIUM, design.BODY_SIZES, width, height)
    assert all(page.height <= height and page.width <= width for page in pages)
    joined = "".join("".join(line for page in pages for line in page.lines).split())
    assert joined.replace("-", "") == "".join(displayable(text).split()).replace("-", "")


@settings(max_examples=15, deadline=None)
@given(texts=st.lists(TEXTS.filter(displayable), min_size=1, max_size=7))
def test_stacked_cards_stay_in_their_box_and_apart(texts: list[str]) -> None:
    box = Box(780, 84, 1800, 800)
    found = stack(texts, box, design.BODY_SIZES, Weight.MEDIUM, 104, 44)
    assert {card.item for page in found.pages for card in page} == set(range(len(texts)))
    for page in found.pages:
        assert page[0].box.top >= box.top and page[-1].box.bottom <= box.bottom
        for above, below in pairwise(page):
            assert above.box.bottom < below.box.top
        for card in page:
            assert card.block.height <= card.box.height
            assert card.block.width <= card.box.width - 148
    for item in range(len(texts)):
        for turn in range(found.turns(item)):
            assert any(card.item == item for card in found.page(item, turn))


@settings(max_examples=30, deadline=None)
@given(
    words=st.lists(TEXTS.map(lambda t: "".join(t.split())), max_size=60),
    layout=st.sampled_from((LANDSCAPE, PORTRAIT)),
)
def test_burned_in_captions_stay_in_their_strip(words: list[str], layout: Layout) -> None:
    pages = caption_pages(words, layout)
    shown = [word.position for page in pages for word in page.words]
    assert shown == sorted(shown)
    assert set(shown) == {at for at, word in enumerate(words) if displayable(word)}
    for page in pages:
        assert page.box.top >= layout.caption_top and page.box.bottom <= layout.caption_bottom
        assert page.box.left >= 0 and page.box.right <= LANDSCAPE.width
        assert len({word.base for word in page.words}) <= caption_strip.ROWS
        for word in page.words:
            assert page.box.left < word.box.left < word.box.right < page.box.right
            assert word.box.left % 2 == word.box.top % 2 == 0


@pytest.mark.parametrize("captions", [True, False])
def test_every_kind_of_scene_shows_each_of_its_items(captions: bool) -> None:
    script = short_script()
    for slide in slides_of(script, captions=captions):
        before = slide.paint(0)
        assert (before.mode, before.size) == ("RGB", (LANDSCAPE.width, LANDSCAPE.height))
        for revealed in range(1, len(slide.items) + 1):
            after = slide.paint(revealed)
            changed = ImageChops.difference(before, after).convert("L").histogram()
            assert sum(changed[60:]) > 500
            before = after


@pytest.mark.parametrize(
    "kind",
    [
        "title",
        "explanation",
        "worked_example",
        "misconception",
        "takeaways",
        "check",
        "answer",
        "sources",
    ],
)
def test_ugly_texts_stay_above_the_captions(kind: str) -> None:
    lines = tuple(Line("say", text) for text in UGLY)
    slides = slides_of(script_of(Scene(kind, LONG_WORD, lines)))  # type: ignore[arg-type]
    empty = backdrop(theme_of("physics"), LANDSCAPE)
    content = (
        LANDSCAPE.margin - 12,
        LANDSCAPE.header_top,
        LANDSCAPE.safe_right + 20,
        LANDSCAPE.content_bottom,
    )
    footer = (0, LANDSCAPE.caption_bottom, LANDSCAPE.width, LANDSCAPE.height)
    for revealed in range(len(slides[0].items) + 1):
        for turn in range(slides[0].turns(revealed)):
            drawn = ImageChops.difference(slides[0].paint(revealed, turn), empty)
            assert drawn.crop(content).getbbox() is not None
            drawn.paste(0, content)
            drawn.paste(0, footer)
            assert drawn.getbbox() is None


@pytest.mark.parametrize("layout", [LANDSCAPE, PORTRAIT], ids=["16:9", "9:16"])
def test_title_takeaways_and_thumbnail_show_the_picture_of_the_lesson(layout: Layout) -> None:
    points = (Line("Say this.", "A point"),)
    words = (Scene("title", "A title", points), Scene("takeaways", "Takeaways", points))
    drawing = Scene("exchange", "A leaf", points, visual=EXCHANGE)
    without = slides_of(script_of(*words), layout=layout)
    script = script_of(*words, drawing)
    shown = slides_of(script, layout=layout)
    picture = shown[0].context.picture()
    assert picture is not None and picture.mode == "RGBA"
    leaf = (76, 175, 80)
    for slide, plain in zip(shown, without, strict=False):
        assert _near(slide.paint(1), leaf) > 1000 > _near(plain.paint(1), leaf)
    if layout is LANDSCAPE:
        assert _near(draw_thumbnail(script, shown), leaf) > 2000
    of_music = slides_of(replace(script, bridge="music"), layout=layout)[0].paint(0)
    unknown = slides_of(replace(script, bridge="an unknown interest"), layout=layout)[0].paint(0)
    guitar = (213, 136, 70)
    assert _near(of_music, guitar) > 500 > _near(unknown, guitar)


def _near(image: Image.Image, colour: tuple[int, int, int]) -> int:
    """The number of pixels of nearly a colour."""
    return int((np.abs(np.asarray(image).astype(int) - colour).max(axis=2) < 26).sum())


def test_every_interest_of_the_corpus_has_a_pictogram() -> None:
    assert [slug for slug in INTERESTS if not interest_is_drawn(slug)] == []
    assert not interest_is_drawn("everyday")


def test_many_sources_turn_pages_and_name_every_licence() -> None:
    sources = tuple(
        Source(
            f"Work {n}", f"Section {n}", f"Author {n}", f"Licence {n}", f"https://example.org/{n}"
        )
        for n in range(20)
    )
    script = script_of(Scene("sources", "Sources", ()))
    script = type(script)(**{**vars(script), "sources": sources})
    slide = SourcesSlide(SlideContext(script, 0))
    assert slide.turns(0) > 1
    shown = " ".join(
        line for page in slide.stack.pages for card in page for line in card.block.lines
    )
    assert all(source.licence in shown for source in sources)
    assert (np.asarray(slide.paint(0, 0)) != np.asarray(slide.paint(0, 1))).any()


def test_edges_are_smooth() -> None:
    mask = np.asarray(rounded_mask(200, 100, 28))
    assert ((mask > 0) & (mask < 255)).sum() > 100
    assert mask[50, 100] == 255 and mask[0, 0] == 0


def test_tones_of_the_test_lesson_match_its_words() -> None:
    script = short_script()
    narration, samples = tones(script)
    assert len(samples) == round(narration.duration * narration.sample_rate)
    assert len(narration.lines) == sum(1 for _ in script.lines())


def test_a_substance_has_one_colour_in_all_diagrams_of_a_lesson() -> None:
    said = (Line("Say this.", "A point"),)
    others = replace(EXCHANGE, inputs=EXCHANGE.inputs[::-1], outputs=EXCHANGE.outputs[::-1])
    first, second = slides_of(
        script_of(
            Scene("exchange", "A leaf", said, visual=EXCHANGE),
            Scene("exchange", "Again", said, visual=others),
        )
    )
    assert isinstance(first, DiagramSlide) and isinstance(second, DiagramSlide)
    once = dict(zip(first.coloured(), first.hues, strict=True))
    again = dict(zip(second.coloured(), second.hues, strict=True))
    assert once == again
    assert len(set(once.values())) == len(once), "no two substances share a colour"
