"""`vividly costs`: what lessons have cost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.table import Table

from beam_pipeline.cli.context import EXIT_USAGE, Context, out, reported, say_error
from beam_pipeline.cli.display import show_table, table
from vividly.platform.ledger.costs import GROUPS
from vividly.platform.ledger.costs import costs as read_costs


def costs(
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help="day, stage or subject; may be repeated. Default: each alone."),
    ] = None,
    days: Annotated[int, typer.Option(help="How many days back.", min=1, max=3660)] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Sum what lessons have cost, by day, stage and subject.

    Counts tokens, characters and worker seconds, at the prices of
    vividly/platform/cost/prices.yaml on the day of use. A reused result costs nothing.

    [bold]Examples[/]
      vividly costs
      vividly costs --by day --by stage --days 7
      vividly costs --by subject --json
    """
    unknown = [name for name in by or () if name not in GROUPS]
    if unknown:
        say_error(f"--by {unknown[0]}: choose one of {', '.join(GROUPS)}")
        raise typer.Exit(EXIT_USAGE)
    wanted = [tuple(dict.fromkeys(by))] if by else [(name,) for name in GROUPS]
    with reported():
        engine = Context().engine
        for groups in wanted:
            rows = read_costs(engine, by=groups, days=days)
            if as_json:
                for row in rows:
                    typer.echo(json.dumps(row, default=_plain))
            elif rows:
                show_table(out, _table(rows, groups))
            else:
                out.print(f"No request of the last {days} days has run a stage.")
                return


def _table(rows: Sequence[Mapping[str, Any]], groups: Sequence[str]) -> Table:
    """The sums; with a total if each request counts in one row only."""
    unpriced = any(row["unpriced"] for row in rows)
    sums = table(show_footer=True)
    for name in groups:
        sums.add_column(name, no_wrap=True, footer="all" if name == groups[0] else "")
    sums.add_column("requests", justify="right")
    for name, digits in NUMBERS.items():
        total = sum(row[name] for row in rows)
        heading = HEADINGS[name]
        least = max(map(len, heading.split()))
        footer = f"{total:,.{digits}f}"
        sums.add_column(heading, justify="right", footer=footer, min_width=least)
    if unpriced:
        sums.add_column("unpriced", justify="right", style="yellow")
    for row in rows:
        sums.add_row(
            *(str(row[name]) for name in groups),
            str(row["requests"]),
            *(f"{row[name]:,.{digits}f}" for name, digits in NUMBERS.items()),
            *([str(row["unpriced"])] if unpriced else []),
        )
    return sums


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)


NUMBERS = {
    "cost_usd": 4,
    "input_tokens": 0,
    "output_tokens": 0,
    "characters": 0,
    "seconds": 1,
    "reused": 0,
}
"""Column -> digits after the point."""
HEADINGS = {
    "cost_usd": "USD",
    "input_tokens": "tokens in",
    "output_tokens": "tokens out",
    "characters": "characters",
    "seconds": "worker s",
    "reused": "reused",
}
