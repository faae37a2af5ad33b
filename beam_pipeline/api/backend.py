"""What the API works on, and its settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from beam_pipeline.api.letters import DeadLetters
from beam_pipeline.api.oidc import Oidc, OidcSettings
from vividly.platform.ledger import Ledger
from vividly.platform.storage import ObjectStore

if TYPE_CHECKING:
    from beam_pipeline.pubsub import Resources

PUBLISH_S = 3.0
"""How long a student waits for Pub/Sub. The requeue publishes what could not be published."""


@dataclass(frozen=True)
class ApiSettings:
    """The settings of the API.

    Attributes:
        rate_limit: lessons that one student may ask for within `rate_window` seconds; 0 for
            no limit. Operators have none.
        cors_origins: origins of web pages that may call the API, such as
            `https://school.example`.
        oidc: the issuer whose tokens are accepted too; None for none.
    """

    rate_limit: int = 20
    rate_window: float = 60.0
    cors_origins: tuple[str, ...] = ()
    oidc: OidcSettings | None = None


@dataclass(frozen=True)
class Backend:
    """The system behind the API.

    Attributes:
        environment: dev, staging or prod.
        request_topic: the full name of the topic that requests are published to.
        connect: opens Pub/Sub, on first use.
        generated: the bucket of finished lessons.
        dead_letters: where operators look at dead letters and act on them; None for nowhere.
    """

    engine: Engine
    environment: str
    request_topic: str
    connect: Callable[[], Resources]
    generated: ObjectStore
    settings: ApiSettings = field(default_factory=ApiSettings)
    dead_letters: DeadLetters | None = None

    @cached_property
    def ledger(self) -> Ledger:
        """The record of every request."""
        return Ledger(self.engine, owner="vividly api")

    @cached_property
    def oidc(self) -> Oidc | None:
        """Verifies the tokens of the OIDC issuer, if there is one."""
        return Oidc(self.settings.oidc) if self.settings.oidc else None

    @cached_property
    def resources(self) -> Resources:
        """Pub/Sub."""
        return self.connect()
