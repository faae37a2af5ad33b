"""`vividly evaluate sharing`: how similar two interests must be to share a lesson."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from beam_pipeline.cli.context import EXIT_USAGE, out, reported, say_error
from beam_pipeline.cli.display import table
from beam_pipeline.cli.evaluate_retrieval import settings_for_evaluation

PAIRS = Path("tests/data/eval/interests.yaml")
SHOWN = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


def sharing(
    pairs: Annotated[Path, typer.Argument(help="Labelled pairs of interests.")] = PAIRS,
    embedder: Annotated[str, typer.Option(help="As --embedding_provider of the job.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Measure --similar_lesson_distance on labelled pairs of interests.

    Precision: the share of the pairs within a distance that may share a lesson. Recall: the
    share of the pairs that may share one that is within it. Use the job's own embedder.

    [bold]Examples[/]
      vividly evaluate sharing
      vividly evaluate sharing --embedder vertex
    """
    from vividly.evaluation.sharing import evaluate, read_pairs

    try:
        same, different = read_pairs(pairs)
    except (OSError, ValueError, KeyError) as error:
        say_error(f"{pairs} holds no labelled pairs: {error}")
        raise typer.Exit(EXIT_USAGE) from error
    with reported():
        from vividly.library.retrieval import make_embedder

        model = make_embedder(settings_for_evaluation("", embedder))
        report = evaluate(model, same, different)
        identity = model.identity
    if as_json:
        typer.echo(json.dumps({"embedder": identity, **asdict(report)}))
        return
    rows = table()
    for heading in ("distance", "precision", "recall"):
        rows.add_column(heading, justify="right")
    for limit in SHOWN:
        within = [t for t in report.thresholds if t.distance <= limit]
        if within:
            rows.add_row(f"{limit:.1f}", f"{within[-1].precision:.2f}", f"{within[-1].recall:.2f}")
    out.print(
        f"{identity}: no vector for {report.unknown:.0%} of {len(same) + len(different)} pairs"
    )
    out.print(rows)
    if report.safe:
        out.print(
            f"Without a mistake up to {report.safe.distance:.3f}: {report.safe.recall:.0%} of the "
            "pairs that may share a lesson"
        )
    else:
        out.print("No distance serves anything without a mistake: leave it at 0.")
