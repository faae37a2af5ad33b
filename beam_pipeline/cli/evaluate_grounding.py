"""`vividly evaluate grounding`: what the check of facts refuses, and what it lets pass."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import yaml

from beam_pipeline.cli.context import EXIT_USAGE, out, say_error
from beam_pipeline.cli.display import safe, table

if TYPE_CHECKING:
    from vividly.evaluation.grounding import Judged

SENTENCES = [
    Path("tests/data/eval/grounding_dev.yaml"),
    Path("tests/data/eval/grounding_held.yaml"),
]


def grounding(
    sentences: Annotated[
        list[Path] | None,
        typer.Argument(help="Labelled sentences; default: those of tests/data/eval."),
    ] = None,
    misses: Annotated[bool, typer.Option(help="List the sentences judged wrong.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Check true and false sentences about passages, as lines of a lesson that cite them.

    refused: the share of the sentences of a kind that the check refuses. Of the true ones, in
    other words than the passage, it should be none; of the false ones, all.

    [bold]Examples[/]
      vividly evaluate grounding
      vividly evaluate grounding --misses
    """
    from vividly.evaluation.grounding import judge, read_sentences

    found: dict[str, tuple[Judged, ...]] = {}
    for path in sentences or SENTENCES:
        try:
            found[path.name] = judge(read_sentences(path))
        except (OSError, ValueError, yaml.YAMLError) as error:
            say_error(f"{path} holds no labelled sentences: {error}")
            raise typer.Exit(EXIT_USAGE) from error
    if as_json:
        typer.echo(json.dumps({name: [asdict(one) for one in of] for name, of in found.items()}))
        return
    for name, judged in found.items():
        _show(name, judged)
        if misses:
            for one in judged:
                if not one.right:
                    why = f" ({safe('; '.join(one.why))})" if one.why else ""
                    out.print(f"{one.subject}, {one.kind}: {safe(one.say)}{why}", soft_wrap=True)


def _show(name: str, judged: tuple[Judged, ...]) -> None:
    groups: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        groups[one.kind].append(one)
        if one.kind != "true":
            groups["false, all"].append(one)
    rows = table()
    rows.add_column("sentences")
    rows.add_column("number", justify="right")
    rows.add_column("refused", justify="right")
    for kind in sorted(groups, key=lambda kind: (kind != "true", kind != "false, all", kind)):
        of = groups[kind]
        rows.add_row(kind, str(len(of)), f"{sum(one.refused for one in of) / len(of):.0%}")
    out.print(name)
    out.print(rows)
