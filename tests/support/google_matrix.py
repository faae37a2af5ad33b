"""How a request ends: every failure of Google's services, in every use of them.

`MATRIX` is the expectation. `tests/test_google_matrix.py` tests it over a socket with the real
client: each failure for each client, and each kind of failure for each use. It compares
docs/google-failures.md with `table()`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

USES: Mapping[str, str] = {
    "understand": "understand",
    "judge": "safety of a question",
    "write_script": "script",
    "repair": "repair of a script",
    "find_lesson": "vector of an interest",
    "retrieve": "vector of a question",
    "speak rest": "speech, REST",
    "speak grpc": "speech, gRPC",
}
"""The uses, with their headings in the table."""
MODEL_USES = ("understand", "judge", "write_script", "repair")
VECTOR_USES = ("find_lesson", "retrieve")
SPEECH_USES = ("speak rest", "speak grpc")

_PASSING = dict.fromkeys(USES, "T")
_REFUSED = dict.fromkeys(USES, "P")
MATRIX: Mapping[str, Mapping[str, str]] = {
    "400": _REFUSED,
    "401": _REFUSED,
    "403": _REFUSED,
    "404": _REFUSED,
    "408": _PASSING,
    "429, `Retry-After` in seconds": _PASSING,
    "429, `Retry-After` as a date": _PASSING,
    "429, `RetryInfo` in the error": _PASSING,
    "500": _PASSING,
    "503": _PASSING,
    "slow first byte": _PASSING,
    "answer that trickles": _PASSING,
    "dropped connection": _PASSING,
    "web page instead of the answer": _PASSING,
    "truncated answer": _PASSING,
    "`MAX_TOKENS`": {"understand": "M", "judge": "M", "write_script": "M", "repair": "N"},
    "`SAFETY`": dict.fromkeys(MODEL_USES, "B"),
    "blocked prompt": dict.fromkeys(MODEL_USES, "B"),
    "empty: no candidate, vector or sound": dict.fromkeys(USES, "U") | {"repair": "D"},
    "off the schema, another vector, wrong sound": dict.fromkeys(USES, "U") | {"repair": "D"},
}
"""Failure -> use -> a key of `FATES`. The failure cannot occur in a use that is not listed."""
# gRPC has no HTTP headers; its messages arrive whole or not at all, within its deadline.
_NOT_IN_GRPC = (
    "429, `Retry-After` in seconds",
    "429, `Retry-After` as a date",
    "answer that trickles",
)
# The REST client of Text-to-Speech limits the time of each piece of an answer, not the total.
_NOT_OVER_REST = ("answer that trickles",)

FATES: Mapping[str, str] = {
    "P": "permanent: one call, then `failed`; the dead letter says `permanent`",
    "T": "transient: retried after the requested wait; if it keeps failing, a further "
    "attempt is scheduled (`--durable_retries=off`: `failed` when the stage's time is up); after "
    "the last one the dead letter says `transient_exhausted`",
    "U": "unusable answer: retried, `--max_attempts` times in all, each of which is paid for; "
    "then `failed`, `transient_exhausted`",
    "M": "asked once more with twice the token limit, which does not count as a retry; if that "
    "is too little as well, like U",
    "B": "the outcome `blocked` with its category, after one call; no dead letter",
    "D": "continues with the draft, without the faulty lines",
    "N": "like M, then like D",
}


def fate(failure: str, use: str) -> str:
    """A key of `FATES`; empty if the failure cannot occur in the use."""
    beyond = (use == "speak grpc" and failure in _NOT_IN_GRPC) or (
        use == "speak rest" and failure in _NOT_OVER_REST
    )
    return "" if beyond else MATRIX[failure].get(use, "")


def cells() -> Iterator[tuple[str, str]]:
    """Every (failure, use) that can occur."""
    return ((failure, use) for failure in MATRIX for use in USES if fate(failure, use))


def table() -> str:
    """The matrix in Markdown, with its legend."""
    lines = [
        "| the service | " + " | ".join(USES.values()) + " |",
        "|---" * (1 + len(USES)) + "|",
    ]
    for failure in MATRIX:
        row = [fate(failure, use) or "–" for use in USES]
        lines.append(f"| {failure} | " + " | ".join(row) + " |")
    legend = [f"- **{key}** {text}" for key, text in FATES.items()]
    return "\n".join([*lines, "", *legend])
