"""Draws the example of each kind of visual: docs/images/visuals/KIND.jpg.

Both sheets, landscape.jpg and portrait.jpg, show all of them.

    python -m scripts.draw_visuals

A figure is a picture of a book, so there is none of it here.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from vividly.lesson.scripting.visuals import script_showing
from vividly.lesson.video.contact_sheet import contact_sheet
from vividly.lesson.video.layout import LANDSCAPE, PORTRAIT, Layout
from vividly.lesson.video.slides import Slide, slides_of
from vividly.model.visuals import EXAMPLES
from vividly.model.visuals.base import BaseVisual

FOLDER = Path(__file__).parents[1] / "docs" / "images" / "visuals"
SIZE = (640, 360)
SUBJECTS = {
    "exchange": "biology", "food_web": "biology", "process": "biology", "reaction": "chemistry",
    "particles": "chemistry", "atom": "chemistry", "orbit": "earth-science",
    "cycle": "earth-science", "layers": "earth-science", "triangle": "mathematics",
    "areas": "mathematics", "plot": "mathematics", "dots": "mathematics", "ratio": "mathematics",
    "outcomes": "mathematics", "labelled": "biology", "periodic": "chemistry",
    "scale": "chemistry", "scenery": "earth-science", "plates": "earth-science",
}  # fmt: skip
"""The subject in whose colours an example is drawn; physics by default."""


def slide_with(visual: BaseVisual, layout: Layout = LANDSCAPE) -> Slide:
    """The slide of a scene that speaks of each part of a visual in turn."""
    heading = visual.kind.replace("_", " ").capitalize()
    script = script_showing(visual, heading, SUBJECTS.get(visual.kind, "physics"))
    (slide,) = slides_of(script, captions=False, layout=layout)
    return slide


def main() -> None:
    """Draw all of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    drawn = {kind: visual for kind, visual in EXAMPLES.items() if not visual.is_source}
    for kind, visual in drawn.items():
        whole = slide_with(visual).paint(visual.part_count)
        small = whole.convert("RGB").resize(SIZE, Image.Resampling.LANCZOS)
        small.save(FOLDER / f"{kind}.jpg", quality=85, optimize=True)
    for name, layout, columns in (("landscape", LANDSCAPE, 4), ("portrait", PORTRAIT, 8)):
        every = [slide_with(v, layout).paint(v.part_count) for v in drawn.values()]
        rows = [every[at : at + columns] for at in range(0, len(every), columns)]
        contact_sheet(rows, 1920 // columns).save(FOLDER / f"{name}.jpg", quality=82, optimize=True)


if __name__ == "__main__":
    main()
