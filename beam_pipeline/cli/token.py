"""`vividly token create|list|revoke`: who may use the API."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from beam_pipeline.cli import display
from beam_pipeline.cli.context import EXIT_NOT_FOUND, Context, out, reported, say_error
from vividly.model.errors import SettingsError
from vividly.platform.ledger import tokens
from vividly.platform.ledger.front import ROLES

app = typer.Typer(help="Tokens of the API: who may use it, and as what.", no_args_is_help=True)
DAY_S = 86_400.0
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@app.command("create")
def create(
    role: Annotated[str, typer.Option(help=f"{', '.join(ROLES[:-1])} or {ROLES[-1]}.")],
    student: Annotated[
        list[str] | None,
        typer.Option(
            help="The student's id. For a teacher, the id of a student of the class; repeatable."
        ),
    ] = None,
    name: Annotated[
        str, typer.Option(help="The id that a teacher's or operator's own requests get.")
    ] = "",
    days: Annotated[float, typer.Option(help="How long it is valid.", min=0.001, max=3650)] = 90,
    note: Annotated[str, typer.Option(help="Whose it is, for `vividly token list`.")] = "",
) -> None:
    """Create a token and print it. It is not stored, and cannot be printed again.

    A student sees the student's own requests, a teacher those of the class, an operator all.

    [bold]Examples[/]
      vividly token create --role student --student s-1042
      vividly token create --role teacher --name t-7 --student s-1042 --student s-1043
      vividly token create --role operator --name ops --days 7
    """
    with reported():
        holder = _holder(role, student or [], name)
        token = tokens.create_token(Context().engine, holder, lifetime=days * DAY_S, note=note)
    print(token)


@app.command("list")
def list_tokens(as_json: Json = False) -> None:
    """List the tokens, newest first: whose they are, and until when they are valid.

    [bold]Examples[/]
      vividly token list
      vividly token list --json
    """
    with reported():
        found = tokens.tokens(Context().engine)
    if as_json:
        for one in found:
            print(json.dumps(one, default=str))
        return
    if not found:
        out.print("No tokens.")
        return
    listed = display.table()
    for title in ("id", "role", "student", "valid until (UTC)"):
        listed.add_column(title, no_wrap=True)
    listed.add_column("note", overflow="fold")
    for one in found:
        until = f"{one['expires_at']:%Y-%m-%d %H:%M}"
        state = until if one["valid"] else "revoked" if one["revoked_at"] else "expired"
        listed.add_row(
            one["id"],
            one["role"],
            display.safe(one["student_id"]),
            state,
            display.safe(one["note"]),
        )
    display.show_table(out, listed)


@app.command("revoke")
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `vividly token list` says.")],
) -> None:
    """Revoke a token: from now on it is refused. Exit code 3 if no valid token has this id.

    [bold]Examples[/]
      vividly token revoke 3f9a1c02-6d1e-4a43-9d6b-0c8a7f1a2b3c
    """
    with reported():
        engine = Context().engine
        chosen = [one for one in tokens.tokens(engine) if one["id"] == token_id.lower()]
        done = bool(chosen) and tokens.revoke_token(engine, token_id.lower())
    if not done:
        say_error(f"there is no valid token {token_id}; see `vividly token list`")
        raise typer.Exit(EXIT_NOT_FOUND)
    out.print(f"Revoked [bold]{token_id}[/]")


def _holder(role: str, students: list[str], name: str) -> tokens.Holder:
    """The holder that the options describe.

    Raises:
        SettingsError: they do not fit together.
    """
    ids: list[Any] = [*students, name]
    if any(len(one) > 100 or "\0" in one for one in ids) or not all(map(str.strip, students)):
        raise SettingsError("an id has 1 to 100 characters")
    if role not in ROLES:
        raise SettingsError(f"--role {role}: choose one of {', '.join(ROLES)}")
    if role == "student":
        if len(students) != 1 or name:
            raise SettingsError("a student's token needs --student ID, once, and no --name")
        return tokens.Holder(role, students[0])
    if not name.strip():
        raise SettingsError(f"a {role}'s token needs --name ID, for the {role}'s own requests")
    if role == "operator" and students:
        raise SettingsError("an operator sees every student: leave --student out")
    return tokens.Holder(role, name, tuple(dict.fromkeys(students)))
