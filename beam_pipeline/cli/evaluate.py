"""`vividly evaluate`: measure the quality of the parts on labelled examples."""

from __future__ import annotations

import typer

from beam_pipeline.cli import (
    evaluate_grounding,
    evaluate_lessons,
    evaluate_retrieval,
    evaluate_safety,
    evaluate_sharing,
    evaluate_understanding,
)

app = typer.Typer(
    help="Measure quality on labelled examples.", no_args_is_help=True, rich_markup_mode="rich"
)
app.command("lessons")(evaluate_lessons.lessons)
app.command("retrieval")(evaluate_retrieval.retrieval)
app.command("understanding")(evaluate_understanding.understanding)
app.command("grounding")(evaluate_grounding.grounding)
app.command("safety")(evaluate_safety.safety)
app.command("sharing")(evaluate_sharing.sharing)
