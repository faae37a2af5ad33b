"""The server of the API."""

from __future__ import annotations

import logging
import socket

import uvicorn
from fastapi import FastAPI

from vividly.model.errors import SettingsError

STOP_S = 5
"""Seconds that calls may take to end when the server is stopped."""


def listen(host: str, port: int) -> socket.socket:
    """Open the server's port.

    Args:
        port: 0 for any free port.

    Raises:
        SettingsError: the port is taken, or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named. Without it an answer waits 40 ms
    # between its headers and its body, for the client to acknowledge the headers.
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen(1024)
    except OSError as error:
        opened.close()
        raise SettingsError(
            f"--host={host} --port={port} cannot be used: {error.strerror}; choose another port, "
            "or 0 for any"
        ) from error
    return opened


class Served(uvicorn.Server):
    """The server of a `make_app`. It ends the streams of events before it waits for calls."""

    def __init__(self, app: FastAPI) -> None:
        self._changes = app.state.changes
        config = uvicorn.Config(
            app,
            # Its access log would hold the queries of addresses.
            access_log=False,
            log_config=None,
            log_level=logging.WARNING,
            server_header=False,
            timeout_graceful_shutdown=STOP_S,
        )
        super().__init__(config)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, whose clients then connect again elsewhere, and then the rest."""
        self._changes.close()
        await super().shutdown(sockets)


def serve(app: FastAPI, opened: socket.socket) -> None:
    """Serve until the process is asked to stop (SIGTERM or Ctrl-C)."""
    Served(app).run(sockets=[opened])
