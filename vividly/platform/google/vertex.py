"""The client of Vertex AI: one per project, location and endpoint in a process."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit

from google import genai
from google.genai.types import HttpOptions
from google.oauth2.credentials import Credentials

from vividly.model.errors import SettingsError
from vividly.model.settings import Settings
from vividly.platform.google import trickle

PLACEHOLDER_TOKEN = "anonymous"
"""Sent instead of a credential over connections that are not encrypted."""
_clients: dict[tuple[str, str, str], genai.Client] = {}
_lock = threading.Lock()


def vertex_client(settings: Settings) -> genai.Client:
    """The client for these settings, made at the first call. Safe between threads.

    It logs in by Application Default Credentials, except at a plain `http://` endpoint,
    which never gets a real credential. It does not retry; the stages do.

    Raises:
        SettingsError: `vertex_project`, `vertex_location` or `vertex_endpoint` is missing or
            malformed.
    """
    key = (settings.vertex_project, settings.vertex_location, settings.vertex_endpoint)
    with _lock:
        if key not in _clients:
            _clients[key] = _make(*key)
        return _clients[key]


def _make(project: str, location: str, endpoint: str) -> genai.Client:
    if not project:
        raise SettingsError("--vertex_project is not set: give the project that is billed")
    if not location:
        raise SettingsError("--vertex_location is not set: give global, us or eu")
    return genai.Client(
        vertexai=True,
        project=project,
        location=location,
        credentials=credentials(endpoint, "--vertex_endpoint"),
        http_options=HttpOptions(
            base_url=endpoint or None, client_args={"event_hooks": trickle.hooks()}
        ),
    )


def credentials(endpoint: str, option: str) -> Credentials | None:
    """The credentials for an endpoint; None for Application Default Credentials.

    Raises:
        SettingsError: the endpoint is neither empty nor an http or https address.
    """
    if not endpoint:
        return None
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(f"{option} is no address: want https://HOST or http://HOST:PORT")
    return Credentials(token=PLACEHOLDER_TOKEN) if parts.scheme == "http" else None
