"""Checks what the job needs before it can work.

The job refuses to start if a check fails. `vividly verify` shows the checks, and creates what is
missing with `--create`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Engine

from beam_pipeline.connections import check as check_connections
from beam_pipeline.options import Endpoints, is_file
from vividly.execution.services import Services, services_for
from vividly.lesson.speech import check_speech_settings
from vividly.library.encoder import sentence_encoder
from vividly.library.retrieval.corpus_loader import corpus_is_loaded, load_corpus
from vividly.library.retrieval.embedding import missing_vectors
from vividly.model.errors import PermanentError, SettingsError, TransientError, VividlyError
from vividly.model.settings import Settings
from vividly.platform.ledger import migrate, pending_migrations
from vividly.platform.ledger.engine import address, database_errors
from vividly.platform.storage import open_store
from vividly.platform.telemetry.exporters import open_exporter

LOG = logging.getLogger(__name__)
PUBSUB_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Check:
    """The result of one check.

    Attributes:
        problem: what is wrong; empty if the check passed.
        passing: whether a service was only busy or unavailable; the job waits for it.
    """

    subject: str
    detail: str
    problem: str = ""
    passing: bool = False

    @property
    def passed(self) -> bool:
        """Whether there is no problem."""
        return not self.problem


def require(settings: Settings, endpoints: Endpoints, *, connections: int = 0) -> None:
    """Check everything. A provider that is busy or unavailable does not keep a job from starting.

    Args:
        connections: number of database connections that the job may open.

    Raises:
        SettingsError: something is missing; the message names each thing and the fix.
    """
    require_all(checks(settings, endpoints, connections=connections))


def require_all(checks: Iterable[Check]) -> None:
    """Make the checks. One that found a service only busy or unavailable is logged.

    Raises:
        SettingsError: something is missing; the message names each thing and the fix.
    """
    failed = [check for check in checks if not check.passed]
    for check in failed:
        if check.passing:
            LOG.warning("%s could not be looked at: %s", check.subject, check.problem)
    if problems := [f"{c.subject}: {c.problem}" for c in failed if not c.passing]:
        raise SettingsError("\n".join(problems))


def checks(
    settings: Settings, endpoints: Endpoints, *, connections: int = 0, create: bool = False
) -> Iterator[Check]:
    """Check everything that the job needs; with `create`, create what is missing."""
    services = services_for(settings)
    yield from _database_checks(services, connections, create)
    yield from _bucket_checks(settings, endpoints, create)
    yield from _provider_checks(services, endpoints.stages)
    if where := settings.trace_export:
        yield checked("trace_export", where, partial(open_exporter, where))
    yield from _pubsub_checks(endpoints, create)


def checked(subject: str, detail: str, look: Callable[[], object], *, waits: bool = False) -> Check:
    """Make one check.

    Args:
        waits: whether who needs the service waits while it is busy or unavailable.
    """
    try:
        look()
    except VividlyError as error:
        passing = waits and isinstance(error, TransientError)
        return Check(subject, detail, str(error), passing)
    return Check(subject, detail)


def _bucket_checks(settings: Settings, endpoints: Endpoints, create: bool) -> Iterator[Check]:
    for name, look in bucket_checks(settings, endpoints, create=create).items():
        yield checked(name, getattr(settings, name), look)


def bucket_checks(
    settings: Settings, endpoints: Endpoints, *, create: bool = False
) -> dict[str, Callable[[], None]]:
    """Setting of each bucket that the job uses -> a function that checks access to it."""
    buckets = {"temp_files_bucket": True, "oer_content_bucket": False}
    if endpoints.stages != "text":  # the text job delivers nothing and may lack the permission
        buckets = {"generated_content_bucket": True, **buckets}
    return {
        name: partial(_bucket, bucket, create, writing)
        for name, writing in buckets.items()
        if (bucket := getattr(settings, name))
    }


def _bucket(bucket: str, create: bool, writing: bool) -> None:
    open_store(bucket).check(create=create, writing=writing)


def _provider_checks(services: Services, stages: str) -> Iterator[Check]:
    """Create each provider that the stages need, so that it is ready for the first request."""
    settings = services.settings
    makers: dict[str, Callable[[], object]] = {}
    if stages != "media":
        makers |= {
            "understanding_provider": lambda: services.understander,
            "script_provider": lambda: services.script_writer,
            "help_lines": lambda: services.help_lines,
            "sentence_encoder": lambda: sentence_encoder(settings.sentence_encoder),
        }
        if settings.uses_vertex:
            makers |= _vertex_checks(settings)
    if stages != "text":
        makers["speech_provider"] = lambda: _voice(services)
        if "kokoro" in settings.speech_providers:
            makers["kokoro_model"] = lambda: _kokoro(settings)
    makers["price_table"] = lambda: _prices(services, stages)
    for name, make in makers.items():
        detail = getattr(settings, name) or "the package's own"
        yield checked(name, detail, make, waits=True)


def _vertex_checks(settings: Settings) -> dict[str, Callable[[], object]]:
    """A free call to each model finds a wrong name, region, project or role."""
    # Imported here because Google's library takes a second to load.
    from vividly.platform.google.gemini import make_embedding_gemini, make_gemini

    gemini, vectors = make_gemini(settings), make_embedding_gemini(settings)
    checks: dict[str, Callable[[], object]] = {}
    if settings.understanding_provider == "gemini":
        checks["understanding_model"] = lambda: gemini.check(settings.understanding_model)
    if settings.script_provider == "gemini":
        checks["script_model"] = lambda: gemini.check(settings.script_model)
    if settings.embedding_provider == "vertex":
        checks["embedding_model"] = lambda: vectors.check_embedding(
            settings.embedding_model, dimensions=settings.embedding_dimensions
        )
    return checks


def _voice(services: Services) -> None:
    check_speech_settings(services.settings)
    voice = services.synthesizer("en-US")
    if "google" in services.settings.speech_providers:
        from vividly.lesson.speech.google_tts import GoogleSynthesizer

        if isinstance(voice, GoogleSynthesizer):
            voice.check()


def _kokoro(settings: Settings) -> None:
    """The model itself is loaded with the first lesson that needs it."""
    from vividly.lesson.speech.kokoro import check

    check(settings.kokoro_model)


def _prices(services: Services, stages: str) -> None:
    """Check that all configured services have a price, so that costs can be counted."""
    settings, prices = services.settings, services.prices
    models = {"worker": True}
    if stages != "media":
        models |= {
            settings.understanding_model: settings.understanding_provider == "gemini",
            settings.script_model: settings.script_provider == "gemini",
            settings.embedding_model: settings.embedding_provider == "vertex",
        }
    if stages != "text":
        models[services.synthesizer("en-US").sku] = True
    for sku, used in models.items():
        if used and sku and not prices.knows(sku):
            raise SettingsError(f"{prices.name} has no price for {sku!r}: add it (--price_table)")


def _database_checks(services: Services, connections: int, create: bool) -> Iterator[Check]:
    try:
        where = address(services.engine)
    except VividlyError as error:
        yield Check("database_url", "", str(error))
        return
    reached = checked("database", where, lambda: reach(services.engine))
    yield reached
    if not reached.passed:
        return
    if connections:
        fits = partial(check_connections, services.engine, connections)
        yield checked("connections", f"{connections} at most", fits)
    yield checked("tables", where, lambda: check_tables(services.engine, create))
    loaded = checked("corpus", where, lambda: _corpus(services, create))
    yield loaded
    if loaded.passed and services.settings.retrieval_provider == "hybrid":
        yield checked("vectors", where, lambda: _vectors(services, create))


def reach(engine: Engine) -> None:
    """Connect to the database.

    Raises:
        SettingsError: it cannot be reached.
    """
    try:
        with database_errors(engine), engine.connect():
            pass
    except (TransientError, PermanentError) as error:
        raise SettingsError(f"it cannot be reached: {error}") from error


def check_tables(engine: Engine, create: bool = False) -> None:
    """Check that the schema is of this version; with `create`, migrate it.

    Raises:
        SettingsError: it is older.
    """
    with database_errors(engine):
        if create:
            migrate(engine)
        if missing := pending_migrations(engine):
            raise SettingsError(
                f"the schema lacks {', '.join(missing)}; run `vividly verify --create`"
            )


def _corpus(services: Services, create: bool) -> None:
    if create:
        load_corpus(services.engine)
    if not corpus_is_loaded(services.engine):
        raise SettingsError("it is not loaded, or is an older one; run `vividly verify --create`")


def _vectors(services: Services, create: bool) -> None:
    if create:
        services.index_library()
    if missing := missing_vectors(services.engine, services.embedder):
        raise SettingsError(f"{missing} passages have no vector; run `vividly verify --create`")


def _pubsub_checks(endpoints: Endpoints, create: bool) -> Iterator[Check]:
    topics = {
        "dead_letter_topic": endpoints.dead_letters,
        "notification_topic": endpoints.notifications,
        "media_topic": endpoints.media_topic,
    }
    subscriptions = {
        "input_subscription": endpoints.input_subscription,
        "media_subscription": endpoints.media_subscription,
    }
    named = {k: v for k, v in topics.items() if v and not is_file(v)}
    read = {k: v for k, v in subscriptions.items() if v}
    if not named and not read:
        return
    # Imported here because Pub/Sub is not needed if messages come from and go to files.
    from beam_pipeline.pubsub import Resources

    try:
        resources = Resources(timeout=PUBSUB_TIMEOUT_S)
    except VividlyError as error:
        yield Check("pubsub", "", str(error))
        return
    for option, topic in named.items():
        yield checked(option, topic, lambda t=topic: resources.check_topic(t, create=create))  # type: ignore[misc]
    for option, subscription in read.items():
        yield checked(
            option,
            subscription,
            lambda s=subscription: resources.check_subscription(s, create=create),  # type: ignore[misc]
        )
    if "dead_letter_topic" in named:
        letters = named["dead_letter_topic"]
        yield checked(
            "dead_letter_topic",
            f"{letters} has a subscription",
            lambda: resources.check_has_subscription(letters, create=create),
        )
