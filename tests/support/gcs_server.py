"""Cloud Storage on loopback that enforces preconditions.

The emulator from PyPI keeps generations but ignores `ifGenerationMatch`. Here it is enforced
under a lock, as in Cloud Storage.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any

from gcp_storage_emulator import server as emulator
from gcp_storage_emulator.exceptions import NotFound

PERMISSIONS = r"^/storage/v1/b/(?P<bucket_name>[-.\w]+)/iam/testPermissions$"
denied: set[str] = set()
"""Permissions that the caller lacks."""
_lock = threading.RLock()
_REFUSED = {
    "error": {
        "code": 412,
        "message": "At least one of the pre-conditions you specified did not hold.",
        "errors": [{"reason": "conditionNotMet", "domain": "global"}],
    }
}


@contextmanager
def storage_server(port: int, bucket: str) -> Iterator[str]:
    """Start a server with an empty bucket. Yields its address."""
    with (
        _enforced(),
        emulator.create_server("127.0.0.1", port, in_memory=True, default_bucket=bucket),
    ):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _enforced() -> Iterator[None]:
    before = [(methods, dict(methods)) for _, methods in emulator.HANDLERS]
    stock = emulator.HANDLERS
    emulator.HANDLERS = ((PERMISSIONS, {"GET": _granted}), *stock)
    for methods, _ in before:
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            if method in methods:
                methods[method] = _guarded(methods[method])
    try:
        yield
    finally:
        emulator.HANDLERS = stock
        for methods, handlers in before:
            methods.update(handlers)


def _guarded(handler: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(request: Any, response: Any, storage: Any, *more: Any, **named: Any) -> Any:
        wanted = request.query.get("ifGenerationMatch")
        with _lock:
            if wanted is not None and (name := _name_of(request)):
                bucket = request.params.get("dest_bucket_name", request.params["bucket_name"])
                if _generation(storage, bucket, name) != int(wanted[0]):
                    response.status = HTTPStatus.PRECONDITION_FAILED
                    response.json(_REFUSED)
                    return None
            done = handler(request, response, storage, *more, **named)
            if "dest_object_id" in request.params and request.data:
                _describe_copy(request, storage)
            return done

    return guarded


def _describe_copy(request: Any, storage: Any) -> None:
    """Give a copy the metadata that its request names, as Cloud Storage does."""
    where = request.params["dest_bucket_name"], str(request.params["dest_object_id"])
    with suppress(NotFound):
        storage.get_file_obj(*where).update(
            {key: request.data[key] for key in ("metadata", "contentType") if key in request.data}
        )


def _granted(request: Any, response: Any, storage: Any, *_: Any, **__: Any) -> None:
    """`buckets.testIamPermissions`: grants everything except `denied`."""
    if request.params["bucket_name"] not in storage.buckets:
        response.status = HTTPStatus.NOT_FOUND
        response.json({"error": {"code": 404, "message": "The specified bucket does not exist."}})
        return
    asked = request.query.get("permissions", [])
    response.json({"permissions": [one for one in asked if one not in denied]})


def _generation(storage: Any, bucket: str, name: str) -> int:
    try:
        return int(storage.get_file_obj(bucket, name)["generation"])
    except NotFound:
        return 0


def _name_of(request: Any) -> str | None:
    """The name of the object that a request writes or deletes."""
    if "dest_object_id" in request.params:
        return str(request.params["dest_object_id"])
    if "object_id" in request.params:
        return str(request.params["object_id"])
    if "name" in request.query:
        return str(request.query["name"][0])
    data = request.data
    return (data.get("meta") or data).get("name") if isinstance(data, dict) else None
