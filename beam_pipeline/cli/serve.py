"""`vividly api`: serve the API and the pages, or check what they need."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from beam_pipeline.cli.context import Context, out, reported
from vividly.model.errors import SettingsError


def api(
    host: Annotated[
        str, typer.Option(help="The address to listen on; 0.0.0.0 for all.", envvar="API_HOST")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="0 for any free port.", min=0, max=65535, envvar="PORT")
    ] = 8000,
    rate_limit: Annotated[
        int,
        typer.Option(
            help="Lessons that a student may ask for within a minute; 0 for no limit.",
            min=0,
            envvar="API_RATE_LIMIT",
        ),
    ] = 20,
    cors_origin: Annotated[
        list[str] | None,
        typer.Option(
            help="Origin of a web page that may call the API; may be repeated.",
            envvar="API_CORS_ORIGINS",
        ),
    ] = None,
    oidc_issuer: Annotated[
        str,
        typer.Option(
            help="Address of an OIDC issuer whose tokens are accepted too.",
            envvar="API_OIDC_ISSUER",
        ),
    ] = "",
    oidc_audience: Annotated[
        str, typer.Option(help="The audience of its tokens.", envvar="API_OIDC_AUDIENCE")
    ] = "",
    oidc_role_claim: Annotated[
        str, typer.Option(help="The claim with the role.", envvar="API_OIDC_ROLE_CLAIM")
    ] = "role",
    oidc_student_claim: Annotated[
        str,
        typer.Option(help="The claim with the student id.", envvar="API_OIDC_STUDENT_CLAIM"),
    ] = "sub",
    oidc_class_claim: Annotated[
        str,
        typer.Option(
            help="The claim of a teacher with the ids of the class.", envvar="API_OIDC_CLASS_CLAIM"
        ),
    ] = "class",
    check: Annotated[
        bool, typer.Option("--check", help="Only check what it needs; serve nothing.")
    ] = False,
) -> None:
    """Serve the API and the pages until Ctrl-C. `vividly up` does so too.

    It first checks what it needs, and does not start if something is missing.

    [bold]Examples[/]
      vividly api --port 8000
      vividly api --check
      vividly token create --role student --student s-1042
    """
    with reported():
        context = Context()
        # Imported here, since it takes a moment.
        from beam_pipeline.api import preflight
        from beam_pipeline.api.app import make_app
        from beam_pipeline.api.backend import PUBLISH_S, ApiSettings, Backend
        from beam_pipeline.api.oidc import OidcSettings
        from beam_pipeline.api.server import listen, serve
        from beam_pipeline.cli.api_letters import ContextLetters
        from beam_pipeline.cli.verify import show
        from beam_pipeline.console.app import make_pages
        from beam_pipeline.options import VARIABLES, read_settings
        from beam_pipeline.preflight import require_all
        from beam_pipeline.pubsub import Resources
        from vividly.platform.storage import open_store

        logging.getLogger("beam_pipeline.api").setLevel(logging.INFO)
        claims = (oidc_role_claim, oidc_student_claim, oidc_class_claim)
        oidc = OidcSettings(oidc_issuer, oidc_audience, *claims) if oidc_issuer else None
        if oidc and not oidc_audience:
            raise SettingsError("--oidc-issuer needs --oidc-audience")
        bucket = read_settings(context.options).generated_content_bucket
        if not bucket:
            raise SettingsError(
                f"the bucket of lessons is not set: set {VARIABLES['generated_content_bucket']}"
            )
        backend = Backend(
            engine=context.engine,
            environment=context.environment,
            request_topic=context.request_topic,
            connect=lambda: Resources(timeout=PUBLISH_S),
            generated=open_store(bucket),
            settings=ApiSettings(
                rate_limit=rate_limit, cors_origins=tuple(cors_origin or ()), oidc=oidc
            ),
            dead_letters=ContextLetters(context),
        )
        checks = preflight.checks(backend, context.dead_letters)
        if check:
            show(checks)
            return
        require_all(checks)
        opened = listen(host, port)
        address, bound = opened.getsockname()[:2]
        out.print(f"The API and pages: http://{address}:{bound} (docs/api.md). Ctrl-C stops them.")
        serve(make_app(backend, make_pages), opened)
