"""Removes the data of a test request: its row, files, stage results and dead letters."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection

from beam_pipeline.cli.context import Context
from beam_pipeline.cli.dead_letters import MAX_HELD, held_dead_letters
from vividly.execution.lesson_files import CONTENT_TYPES, delivered_name
from vividly.model.errors import SettingsError, TransientError
from vividly.model.ticket import own_results
from vividly.platform.ledger import Ledger
from vividly.platform.ledger.purge import STOPPING_S, TestRequest

BY = "vividly purge"
POLL_S = 0.5
LONGER_S = 15.0
"""Seconds beyond `STOPPING_S` within which a stopped request has to be idle."""


def require_buckets(context: Context) -> None:
    """Check that the data of a test can be removed.

    Raises:
        SettingsError: a bucket is not set.
    """
    for problem in context.services.settings.problems():
        if problem.startswith(("--generated_content_bucket", "--temp_files_bucket")):
            raise SettingsError(problem)


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether a condition becomes true within so many seconds."""
    end = time.monotonic() + seconds
    while not (true := condition()) and time.monotonic() < end:
        time.sleep(POLL_S)
    return true


def remove(request: TestRequest, context: Context) -> Counter[str]:
    """Remove a test request and all its data; a request that has not ended is only cancelled.

    Returns:
        How many `requests`, `files` (of the lesson) and `results` (of its stages).
    """
    ledger, services = Ledger(context.engine, owner=BY), context.services
    done: Counter[str] = Counter()
    if request.open:
        ledger.cancel(request.id, by=BY)
    if not request.at_rest:
        return done
    # The row goes last: without it, nothing says which other data belongs to a test.
    if request.fresh:
        for name in services.temp.sizes(own_results(request.id)):
            services.temp.delete(name)
            done["results"] += 1
    done["files"] = len(services.generated.sizes(f"videos/{request.id}."))
    for kind in CONTENT_TYPES:  # also where there is none: the fence of its attempts goes too
        services.generated.delete(delivered_name(request.id, kind))
    ledger.remove(request.id)
    done["requests"] = 1
    return done


def remove_all(
    context: Context, ids: Collection[str], *, waiting: Callable[[], None]
) -> Counter[str]:
    """Remove test requests as soon as no worker works on them.

    Args:
        waiting: called once if a worker may still be busy, which takes up to two minutes.

    Raises:
        TransientError: a worker is busy even then.
    """
    ledger = Ledger(context.engine, owner=BY)
    done: Counter[str] = Counter()
    told = False

    def gone() -> bool:
        nonlocal told
        for request in ledger.test_requests(ids=ids):
            done.update(remove(request, context))
        left = ledger.test_requests(ids=ids)
        if any(not request.at_rest for request in left) and not told:
            told = True
            waiting()
        return not left

    if not until(gone, STOPPING_S + LONGER_S):
        raise TransientError("somebody works on it still")
    return +done


def dead_letters_of(
    context: Context, ids: Collection[str], *, seconds: float, take: bool
) -> dict[str, str]:
    """Request id -> reason of its dead letter; waits until each request has one.

    Args:
        take: whether to remove the letters.
    """
    found: dict[str, str] = {}

    def all_there() -> bool:
        with held_dead_letters(context, MAX_HELD) as (letters, store):
            for one in letters:
                if one.get("request_id") in ids:
                    found[one.get("request_id")] = one.get("reason")
                    if take:
                        store.remove(one)
        return found.keys() >= set(ids)

    if ids:
        until(all_there, seconds)
    return {id: reason for id, reason in found.items() if id in ids}
