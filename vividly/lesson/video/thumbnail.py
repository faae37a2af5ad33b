"""The thumbnail: a large question, and a visual of the lesson."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFilter

from vividly.lesson.video import design
from vividly.lesson.video.design import Box, Weight
from vividly.lesson.video.fonts import displayable
from vividly.lesson.video.layout import LANDSCAPE
from vividly.lesson.video.shapes import backdrop, fill, polygon, rounded_mask
from vividly.lesson.video.slides.base import LABEL, Slide, in_middle
from vividly.lesson.video.slides.opening import draw_stage, facts_of
from vividly.lesson.video.slides.visual import CardsSlide, VisualSlide
from vividly.lesson.video.text import Block, draw_block, fit
from vividly.lesson.video.themes import theme_of
from vividly.model.lesson import Script

SIZE = (1280, 720)
_TITLE_SIZES = (168, 152, 136, 120, 108, 96, 84, 72, 64)
_HOOK_SIZES = (72, 64, 58, 52, 46)
_LEFT = 96
_TEXT_WIDTH = 900
_PICTURE = Box(1060, 250, 1840, 690)
_STAGE = Box(1060, 110, 1840, 890)


def draw_thumbnail(script: Script, slides: Sequence[Slide]) -> Image.Image:
    """Draw an RGB picture of 1280 x 720 pixels, with text legible at a quarter of its size.

    Args:
        slides: the slides of the script, 1920 x 1080.
    """
    theme = theme_of(script.subject, script.bridge)
    image = backdrop(theme, LANDSCAPE).copy()
    draw = ImageDraw.Draw(image)
    context = slides[0].context
    shown = next((s for s in slides if isinstance(s, VisualSlide) and not _in_cards(s)), None)
    if shown and context.picture() is None:
        _paste_card(image, shown)
    else:
        draw_stage(image, context, _STAGE)
    fill(image, Box(0, 0, 28, LANDSCAPE.height), 1, theme.accent)
    title = fit(script.title, Weight.BOLD, _TITLE_SIZES, _TEXT_WIDTH, 460, shrink=0.9)[0]
    facts = fit(facts_of(script), LABEL.weight, (52, 46, 40), _TEXT_WIDTH, 70)[0]
    hook = _hook(script)
    height = facts.height + 24 + title.height + (60 + hook.height + 44 if hook else 0)
    top = max(60, (LANDSCAPE.height - height) // 2)
    draw_block(draw, facts, _LEFT, top, theme.accent)
    top += facts.height + 24
    draw_block(draw, title, _LEFT - title.style.size // 20, top, theme.text)
    if hook:
        top += title.height + 60
        plate = Box(_LEFT, top, _LEFT + round(hook.width) + 72, top + hook.height + 44)
        fill(image, plate, 26, theme.accent)
        draw_block(draw, hook, _LEFT + 36, in_middle(plate, hook.height), theme.on_accent)
    _draw_play(image, theme.accent, theme.on_accent)
    return image.resize(SIZE, Image.Resampling.LANCZOS)


def _in_cards(slide: VisualSlide) -> bool:
    return isinstance(slide, CardsSlide)


def _hook(script: Script) -> Block | None:
    """The first text that the lesson shows, if it fits: it makes students curious."""
    for line in script.scenes[0].lines:
        if displayable(line.show or ""):
            pages = fit(line.show or "", Weight.BOLD, _HOOK_SIZES, _TEXT_WIDTH - 72, 190)
            return pages[0] if len(pages) == 1 else None
    return None


def _paste_card(image: Image.Image, slide: VisualSlide) -> None:
    """Paste a visual of the lesson, as a card with a shadow."""
    area = slide.area
    drawn = slide.paint(len(slide.items)).crop(
        (area.left - 30, area.top - 24, area.right + 30, area.bottom + 24)
    )
    scale = min(_PICTURE.width / drawn.width, _PICTURE.height / drawn.height)
    drawn = drawn.resize((round(drawn.width * scale), round(drawn.height * scale)))
    card = Box(0, 0, _PICTURE.width, drawn.height + 60)
    left, top = _PICTURE.left, (LANDSCAPE.height - card.height) // 2
    mask = rounded_mask(card.width, card.height, 36)
    shadow = Image.new("L", (card.width + 160, card.height + 160))
    shadow.paste(120, (80, 80), mask)
    dark = shadow.filter(ImageFilter.GaussianBlur(34))
    image.paste((0, 0, 0), (left - 80, top - 56), dark)
    image.paste(slide.theme.background_end, (left, top), mask)
    image.paste(drawn, (left + (card.width - drawn.width) // 2, top + 30))


def _draw_play(image: Image.Image, ground: design.Rgb, sign: design.Rgb) -> None:
    x, y, radius = LANDSCAPE.width - 130, LANDSCAPE.height - 120, 66
    fill(image, Box(x - radius, y - radius, x + radius, y + radius), radius, ground)
    polygon(image, [(x - 20, y - 32), (x - 20, y + 32), (x + 36, y)], sign)
