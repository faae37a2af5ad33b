"""The client of Google Cloud Text-to-Speech, one per process, transport and address."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit

import grpc  # type: ignore[import-untyped]
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import texttospeech_v1beta1 as api
from google.cloud.texttospeech_v1beta1.services.text_to_speech.transports import (
    TextToSpeechGrpcTransport,
)

from vividly.model.errors import SettingsError
from vividly.model.settings import Settings
from vividly.platform.google.errors import google_errors

# The limits that the library sets on its own channels: a response can exceed 4 MB.
_ANY_SIZE = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))

_clients: dict[tuple[str, str], api.TextToSpeechClient] = {}
_lock = threading.Lock()


def speech_client(settings: Settings) -> api.TextToSpeechClient:
    """The process's client for these settings. Thread-safe.

    It uses the beta API, since only that returns the times of marks. An `http://` address is
    called without credentials, any other with the application default credentials.

    Raises:
        SettingsError: the address is malformed.
        PermanentError: there are no credentials.
    """
    key = (settings.tts_transport, settings.tts_endpoint)
    with _lock:
        if key not in _clients:
            with google_errors("Text-to-Speech"):
                _clients[key] = _make(*key)
        return _clients[key]


def _make(transport: str, endpoint: str) -> api.TextToSpeechClient:
    address = urlsplit(endpoint if "://" in endpoint or not endpoint else f"https://{endpoint}")
    try:
        usable = not endpoint or (address.scheme in ("http", "https") and address.hostname)
        usable = usable and address.path in ("", "/") and address.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(
            f"--tts_endpoint={endpoint!r} is no address: give https://HOST or HOST:PORT, such as"
            " https://eu-texttospeech.googleapis.com, or leave it out"
        )
    plain = address.scheme == "http"
    if transport == "grpc" and plain:
        channel = grpc.insecure_channel(address.netloc, options=_ANY_SIZE)
        return api.TextToSpeechClient(transport=TextToSpeechGrpcTransport(channel=channel))
    where = f"{address.scheme}://{address.netloc}" if transport == "rest" else address.netloc
    return api.TextToSpeechClient(
        transport=transport,
        credentials=AnonymousCredentials() if plain else None,
        client_options=ClientOptions(api_endpoint=where) if endpoint else None,
    )
