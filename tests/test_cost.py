"""Usage is counted, priced, summed and limited."""

from __future__ import annotations

import json
import threading
from datetime import date
from pathlib import Path

import pytest

from tests.support.requests import claimed, message
from vividly.model.errors import SettingsError
from vividly.model.request import MARK, parse_request
from vividly.platform.cost import Usage, affordable, bill, charge, load_prices, metered
from vividly.platform.ledger import Ledger
from vividly.platform.ledger.costs import costs

PRICES = load_prices()
DAY = date(2026, 11, 24)


def test_what_is_charged_is_summed_by_service_and_unit() -> None:
    with metered() as meter:
        charge("gemini-2.5-flash", input_tokens=100, output_tokens=20)
        charge("gemini-2.5-flash", input_tokens=50)
        charge("google-tts/neural2", characters=7)
    charge("gemini-2.5-flash", input_tokens=1_000_000)
    assert meter.usage == (
        Usage("gemini-2.5-flash", "input_tokens", 150),
        Usage("gemini-2.5-flash", "output_tokens", 20),
        Usage("google-tts/neural2", "characters", 7),
    )


def test_two_threads_do_not_pay_for_each_other() -> None:
    with metered() as meter:
        other = threading.Thread(target=lambda: charge("gemini-2.5-pro", output_tokens=9))
        other.start()
        other.join()
    assert meter.usage == ()


def test_a_bill_is_amounts_times_prices() -> None:
    used = [Usage("gemini-2.5-flash", "input_tokens", 1e6), Usage("worker", "seconds", 10)]
    price = PRICES.price("gemini-2.5-flash", "input_tokens", DAY)
    worker = PRICES.price("worker", "seconds", DAY)
    assert bill(used, PRICES).cost_usd == pytest.approx(1e6 * price + 10 * worker)
    assert bill([], PRICES).record == {}


def test_a_missing_price_is_told_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    billed = bill([Usage("gemini-99", "input_tokens", 5)], PRICES)
    assert billed.cost_usd is None
    assert billed.record["usage"] == {"gemini-99": {"input_tokens": 5}}
    assert "no price for input_tokens of 'gemini-99'" in caplog.text
    with pytest.raises(SettingsError, match="gemini-99"):
        affordable(0.0, [Usage("gemini-99", "input_tokens", 5)], PRICES, 1.0)


def test_every_price_is_above_zero_and_of_a_known_unit() -> None:
    assert PRICES.entries
    for _, prices in PRICES.entries:
        assert all(0 < price < 1 for units in prices.values() for price in units.values())


def test_a_price_is_the_one_of_its_day(tmp_path: Path) -> None:
    table = tmp_path / "prices.yaml"
    table.write_text(
        "- from: 2026-06-01\n  prices: {model: {input_tokens: 2.0}}\n"
        "- from: 2026-01-01\n  prices: {model: {input_tokens: 1.0}, old: {requests: 3.0}}\n"
    )
    prices = load_prices(str(table))
    assert prices.price("model", "input_tokens", date(2026, 5, 31)) == 1.0
    assert prices.price("model", "input_tokens", date(2026, 6, 1)) == 2.0
    assert prices.price("old", "requests", date(2026, 7, 1)) == 3.0
    with pytest.raises(SettingsError, match="2025-12-31"):
        prices.price("model", "input_tokens", date(2025, 12, 31))
    with pytest.raises(SettingsError, match="output_tokens"):
        prices.price("model", "output_tokens", date(2026, 7, 1))


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "- prices: {}",
        "- {from: 2026-01-01, prices: {model: {words: 1}}}",
        "- {from: 2026-01-01, prices: {model: {input_tokens: -1}}}",
        "- {from: someday, prices: {}}",
        "[: {",
    ],
)
def test_what_is_no_price_table_is_refused(tmp_path: Path, text: str) -> None:
    table = tmp_path / "prices.yaml"
    table.write_text(text)
    with pytest.raises(SettingsError, match="price_table"):
        load_prices(str(table))


def test_a_price_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere"):
        load_prices(str(tmp_path / "nowhere.yaml"))


@pytest.mark.parametrize(
    ("spent", "cap", "fits"),
    [(0.0, 0.0, True), (5.0, 0.0, True), (0.5, 0.6, True), (0.6, 0.6, False)],
)
def test_what_lies_ahead_must_fit_under_the_cap(spent: float, cap: float, fits: bool) -> None:
    ahead = [Usage("google-tts/studio", "characters", 500)]  # 8 cents
    assert affordable(spent, ahead, PRICES, cap) is fits


def complete(ledger: Ledger, ticket, stage: str, cost: float | None, **metadata: object) -> None:
    ledger.stage_started(ticket, stage, doing="Working", progress=10, lease=60)
    ledger.stage_completed(
        ticket, stage, progress=20, seconds=1, retries=0, metadata=metadata, cost_usd=cost
    )


def test_costs_are_summed_by_day_stage_and_subject(ledger: Ledger) -> None:
    def used(sku: str, cost: float | None, **units: float) -> dict[str, object]:
        return {"usage": {sku: units}, "cost_usd": cost}

    for subject in ("biology", "physics", "physics"):
        ticket = claimed(ledger)
        complete(ledger, ticket, "understand", None, subject=subject)
        complete(
            ledger,
            ticket,
            "write_script",
            0.01,
            **used("gemini-2.5-flash", 0.01, input_tokens=1000, output_tokens=100),
        )
        complete(ledger, ticket, "speak", 0.02, **used("google-tts/neural2", 0.02, characters=50))
    shared = claimed(ledger)
    complete(ledger, shared, "understand", None, subject="physics")
    complete(ledger, shared, "write_script", None, reused=True)
    complete(ledger, shared, "speak", None, **used("google-tts/new", None, characters=5))

    sent = message()
    ledger.submit(parse_request(sent.data), sent, {MARK: "canary"})
    test = claimed(ledger, **json.loads(sent.data))
    complete(ledger, test, "speak", 5.0, **used("google-tts/neural2", 5.0, characters=9_000))
    assert float(ledger.cost(ticket)) == pytest.approx(0.03)
    assert ledger.cost(shared) == 0.0
    (day,) = costs(ledger.engine, by=["day"], days=1)
    assert (day["requests"], float(day["cost_usd"])) == (4, pytest.approx(0.09))
    assert (day["input_tokens"], day["output_tokens"], day["characters"]) == (3000, 300, 155)
    assert (day["reused"], day["unpriced"]) == (1, 1)
    subjects = {row["subject"]: row for row in costs(ledger.engine, by=["subject"], days=1)}
    assert {name: row["requests"] for name, row in subjects.items()} == {"biology": 1, "physics": 3}
    assert float(subjects["physics"]["cost_usd"]) == pytest.approx(0.06)
    both = costs(ledger.engine, by=["stage", "subject"], days=1)
    speech = next(r for r in both if (r["stage"], r["subject"]) == ("speak", "physics"))
    assert (speech["requests"], speech["characters"]) == (3, 105)


def test_what_a_failed_stage_used_is_counted(ledger: Ledger) -> None:
    ticket = claimed(ledger)
    ledger.stage_started(ticket, "speak", doing="Speaking", progress=10, lease=60)
    for _ in range(2):
        ledger.record_cost(
            ticket,
            "speak",
            0.25,
            metadata={"usage": {"google-tts/studio": {"characters": 10}}, "cost_usd": 0.25},
        )
    assert ledger.cost(ticket) == pytest.approx(0.5)
