"""A Terraform provider with the schemas of Google's providers, which can only validate.

Terraform gets the schemas from a provider and checks every expression against them itself. So
`terraform validate` and `terraform test` (with `mock_provider`) find the same errors as with the
real providers, except those that the real ones check in code. This one implements a few messages
of version 6 of the plugin protocol, on a socket that TF_REATTACH_PROVIDERS names.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

NESTING = {"single": 1, "list": 2, "set": 3}
SERVICE = "/tfplugin6.Provider/"
CHECKS = (
    "ValidateProviderConfig", "ValidateResourceConfig", "ValidateDataResourceConfig",
    "ConfigureProvider", "StopProvider",
)  # fmt: skip
"""Calls that are answered with an empty message, which means no error."""


# -- messages: https://protobuf.dev/programming-guides/encoding -------------------------------


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value) if value else b""


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _attribute(name: str, given: dict[str, Any]) -> bytes:
    return (
        _bytes(1, name.encode())
        + _bytes(2, json.dumps(given["type"]).encode())
        + _number(4, given.get("required", False))
        + _number(5, given.get("optional", False))
        + _number(6, given.get("computed", False))
    )


def _block(block: dict[str, Any]) -> bytes:
    attributes = (_bytes(2, _attribute(*item)) for item in block["attributes"].items())
    nested = (
        _bytes(
            3,
            _bytes(1, name.encode())
            + _bytes(2, _block(given["block"]))
            + _number(3, NESTING[given["nesting_mode"]])
            + _number(4, given["min_items"])
            + _number(5, given["max_items"]),
        )
        for name, given in block["block_types"].items()
    )
    return b"".join((*attributes, *nested))


def _schema(schema: dict[str, Any]) -> bytes:
    return _bytes(2, _block(schema["block"]))


def answer(given: dict[str, Any]) -> bytes:
    """The answer to GetProviderSchema."""
    kinds = (
        _bytes(field, _bytes(1, name.encode()) + _bytes(2, _schema(schema)))
        for field, of in ((2, "resource_schemas"), (3, "data_source_schemas"))
        for name, schema in given[of].items()
    )
    return _bytes(1, _schema(given["provider"])) + b"".join(kinds)


# -- the server -------------------------------------------------------------------------------


class _Handler(grpc.GenericRpcHandler):  # type: ignore[misc]
    def __init__(self, given: dict[str, Any]) -> None:
        self.answers = dict.fromkeys(CHECKS, b"") | {"GetProviderSchema": answer(given)}

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        said = self.answers.get(details.method.removeprefix(SERVICE))
        if said is None:
            return None
        always: Callable[[bytes, grpc.ServicerContext], bytes] = lambda *_: said  # noqa: E731
        return grpc.unary_unary_rpc_method_handler(always)


@contextmanager
def providers(schemas: Path, sockets: Path) -> Iterator[dict[str, str]]:
    """Providers for all schemas in a file. Yields the variables by which Terraform finds them."""
    found = {}
    servers = []
    for name, given in json.loads(schemas.read_text()).items():
        server = grpc.server(ThreadPoolExecutor(2), handlers=[_Handler(given)])
        server.add_insecure_port(f"unix://{sockets / name}")
        server.start()
        servers.append(server)
        found[f"registry.terraform.io/hashicorp/{name}"] = {
            "Protocol": "grpc",
            "ProtocolVersion": 6,
            "Pid": os.getpid(),
            "Test": True,  # otherwise Terraform would end this process
            "Addr": {"Network": "unix", "String": str(sockets / name)},
        }
    try:
        yield {"TF_REATTACH_PROVIDERS": json.dumps(found)}
    finally:
        for server in servers:
            server.stop(0).wait()
