"""Tokens of an OpenID Connect issuer, such as a school's own login (PyJWT verifies them)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import jwt

from vividly.model.errors import SettingsError, TransientError
from vividly.platform.ledger.front import ROLES
from vividly.platform.ledger.tokens import Holder

LOG = logging.getLogger(__name__)
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
"""Signatures by a key pair only: a public key must not pass as a shared secret."""
ISSUER_S = 5.0
"""Seconds that the issuer may take to answer."""
KEYS_S = 300
"""Seconds for which the issuer's keys are kept."""
CLOCK_S = 30
"""Seconds by which clocks may differ."""


@dataclass(frozen=True)
class OidcSettings:
    """Which tokens are accepted, and what their claims mean.

    Attributes:
        issuer: its address, as in the claim `iss`; it serves `/.well-known/openid-configuration`.
        audience: the claim `aud` of tokens for this API.
        role_claim: its value is a role, or a list that holds one; the most powerful one counts.
        student_claim: its value is the student id.
        class_claim: of a teacher, the list of the class's student ids.
    """

    issuer: str
    audience: str
    role_claim: str = "role"
    student_claim: str = "sub"
    class_claim: str = "class"


class Oidc:
    """Verifies tokens of one issuer. Thread-safe."""

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._keys: jwt.PyJWKClient | None = None

    def holder_of(self, token: str) -> Holder | None:
        """The holder of a token; None if it is not valid here, or names no role.

        Raises:
            TransientError: the issuer does not answer.
        """
        settings = self._settings
        try:
            key = self._client().get_signing_key_from_jwt(token)
            claims = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=settings.audience,
                issuer=settings.issuer,
                leeway=CLOCK_S,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.PyJWKClientConnectionError as error:
            raise self._away(error) from error
        except jwt.PyJWTError as error:
            LOG.info("A token of the OIDC issuer is not accepted: %s", type(error).__name__)
            return None
        return self._holder(claims)

    def _holder(self, claims: Mapping[str, Any]) -> Holder | None:
        settings = self._settings
        named, student = claims.get(settings.role_claim), claims.get(settings.student_claim)
        roles = [named] if isinstance(named, str) else named if isinstance(named, list) else []
        held = [role for role in ROLES if role in roles]
        if not held or not isinstance(student, str) or not 0 < len(student.strip()) <= 100:
            return None
        group = claims.get(settings.class_claim)
        pupils = [one for one in group if isinstance(one, str)] if isinstance(group, list) else []
        return Holder(held[-1], student, tuple(pupils) if held[-1] == "teacher" else ())

    def check(self) -> None:
        """Ask the issuer for its keys.

        Raises:
            SettingsError: it is not an issuer, or another one than the settings name.
            TransientError: it does not answer.
        """
        given = self._settings.issuer
        try:
            named = self._document()["issuer"]
            self._client().get_signing_keys()
        except httpx.HTTPStatusError as error:
            if error.response.is_server_error:
                raise self._away(error) from error
            raise SettingsError(
                f"--oidc-issuer={given} is no issuer: {error.request.url} answers "
                f"{error.response.status_code}"
            ) from error
        except (httpx.HTTPError, jwt.PyJWKClientConnectionError) as error:
            raise self._away(error) from error
        except (jwt.PyJWTError, ValueError, KeyError, TypeError) as error:
            raise SettingsError(f"--oidc-issuer={given} tells no keys: {error}") from error
        if named != given:
            raise SettingsError(
                f"--oidc-issuer={given} calls itself {named!r}, as its tokens do: give that"
            )

    def _client(self) -> jwt.PyJWKClient:
        """The client for the issuer's keys, whose address the issuer tells."""
        with self._lock:
            if self._keys is None:
                try:
                    keys = str(self._document()["jwks_uri"])
                except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
                    raise self._away(error) from error
                self._keys = jwt.PyJWKClient(keys, lifespan=KEYS_S, timeout=ISSUER_S)
            return self._keys

    def _document(self) -> dict[str, Any]:
        """What the issuer tells about itself."""
        address = self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
        told: dict[str, Any] = httpx.get(address, timeout=ISSUER_S).raise_for_status().json()
        return told

    def _away(self, error: Exception) -> TransientError:
        return TransientError(
            f"the OIDC issuer {self._settings.issuer} does not answer: {type(error).__name__}"
        )
