"""`vividly evaluate grounding`: what the check of facts is certain of, doubts, and refutes."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import yaml

from beam_pipeline.cli.context import (
    EXIT_USAGE,
    files_and_options,
    model_of,
    out,
    reported,
    say_error,
)
from beam_pipeline.cli.display import safe, table

if TYPE_CHECKING:
    from vividly.evaluation.grounding import Judged

SENTENCES = [
    Path(f"tests/data/eval/grounding_{half}.yaml") for half in ("dev", "held", "independent")
]


def grounding(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILES] [-- JOB OPTIONS]",
            help="Labelled sentences, by default those of tests/data/eval; with --judge also the "
            "job's options, by default those of the environment.",
        ),
    ] = None,
    judge: Annotated[
        bool, typer.Option("--judge", help="Let the script's model judge the doubts; it costs.")
    ] = False,
    misses: Annotated[bool, typer.Option(help="List the sentences judged wrong.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Check true and false sentences about passages, as lines of a lesson that cite them.

    certain: the rules take it for the passage's own words. refuted: they name what is wrong.
    doubt: neither; in a job the judge decides. supported: with --judge, doubts that it lets pass.
    Of the true sentences none should be refuted; of the false ones none certain or supported.

    [bold]Examples[/]
      vividly evaluate grounding
      vividly evaluate grounding --misses
      vividly evaluate grounding --judge -- --vertex_project=my-project
    """
    from vividly.evaluation.grounding import judge as judged
    from vividly.evaluation.grounding import read_sentences

    files, options = files_and_options(arguments)
    found: dict[str, tuple[Judged, ...]] = {}
    with reported():
        second = None
        if judge:
            from vividly.lesson.grounding.judge import Judge

            second = Judge(model_of(options))
        for path in files or SENTENCES:
            try:
                sentences = read_sentences(path)
            except (OSError, ValueError, yaml.YAMLError) as error:
                say_error(f"{path} holds no labelled sentences: {error}")
                raise typer.Exit(EXIT_USAGE) from error
            found[path.name] = judged(sentences, second)
    if as_json:
        typer.echo(json.dumps({name: [asdict(one) for one in of] for name, of in found.items()}))
        return
    for name, of in found.items():
        _show(name, of)
        for one in of if misses else ():
            if one.wrong:
                why = f" ({safe('; '.join(one.why))})" if one.why else ""
                out.print(f"{one.subject}, {one.kind}: {safe(one.say)}{why}", soft_wrap=True)


def _show(name: str, judged: tuple[Judged, ...]) -> None:
    from vividly.evaluation.grounding import VERDICTS, precision_and_recall

    groups: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        groups[one.kind].append(one)
        if one.kind != "true":
            groups["false, all"].append(one)
    asked = any(one.supported is not None for one in judged)
    rows = table()
    rows.add_column("sentences")
    for column in ("number", *VERDICTS, *(["supported"] if asked else [])):
        rows.add_column(column, justify="right")
    for kind in sorted(groups, key=lambda kind: (kind != "true", kind != "false, all", kind)):
        of = groups[kind]
        counts = [sum(one.verdict == verdict for one in of) for verdict in VERDICTS]
        counts += [sum(one.supported is True for one in of)] if asked else []
        rows.add_row(kind, *map(str, (len(of), *counts)))
    out.print(name)
    out.print(rows)
    precision, recall = precision_and_recall(judged)
    out.print(f"Refutation: precision {precision:.2f}, recall {recall:.2f}")
