"""Facts of an advice made by hand: small frames with the columns the report reads, changed per situation."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from reports.facts import Facts
from warehouse.tables.marts import CODE_TRUST_MART, EXTRA_ITEM_METHODS

MONTH, YEAR = date(2018, 5, 1), 2018
MLN = 1_000_000
MONEY = pl.Decimal(18, 2)
CLAIMS = "declaraties-2018-05-aaaa"


def money(millions: float | None) -> Decimal | None:
    return None if millions is None else Decimal(str(millions)) * MLN


def room_row(expected: float, kader: float, spread: float = 400, **more: Any) -> dict[str, Any]:
    """Columns every utilisation mart shares, amounts given in millions."""
    available = money(kader) - money(expected)
    return {
        "expected_excl_extra_eur": money(expected),
        "expected_eur": money(expected),
        "budget_eur": money(kader),
        "available_eur": available,
        "available_ratio": float(available / money(kader)),
        **{
            f"{side}_{level}_eur": money(expected + sign * spread * wide)
            for level, wide in (("80", 1), ("95", 1.5))
            for side, sign in (("lower", -1), ("upper", 1))
        },
        **{
            f"available_{side}_{level}_eur": available + money(sign * spread * wide)
            for level, wide in (("80", 1), ("95", 1.5))
            for side, sign in (("lower", -1), ("upper", 1))
        },
        **more,
    }


def frame(rows: list[dict[str, Any]], scenario: str = "letter") -> pl.DataFrame:
    """Rows of a mart in one scenario and the delivery month."""
    return pl.DataFrame(
        [{"delivery_month": MONTH, "budget_year": YEAR, "scenario": scenario, **row} for row in rows],
        infer_schema_length=None,
        schema_overrides={name: MONEY for row in rows[:1] for name in row if name.endswith("_eur")},
    )


def empty(*columns: str, **typed: Any) -> pl.DataFrame:
    kinds: dict[str, Any] = dict.fromkeys(("scenario", *columns), pl.String)
    return pl.DataFrame(schema=kinds | typed)


def national(zin: Mapping[str, Any], pgb: Mapping[str, Any], **advice: float | None) -> list[dict[str, Any]]:
    """Rows of utilisation_national; ``transfer``, ``reserve`` in millions."""
    transfer, reserve = advice.get("transfer", 0) or 0, advice.get("reserve", 260)
    left = zin["available_eur"] + money(transfer)
    short = max(-left, Decimal(0))
    pgb_row = {"part": "pgb", **pgb, "transfer_possible_eur": money(0), "available_after_transfer_eur": money(0)}
    zin_row = {
        "part": "zin",
        **zin,
        "transfer_possible_eur": money(transfer),
        "available_after_transfer_eur": left,
        "available_after_transfer_ratio": float(left / zin["budget_eur"]),
        "redistribution_reserve_eur": money(reserve),
        "reserve_needed_ratio": float(short / money(reserve)) if reserve else None,
        "reserve_left_eur": money(reserve) - short if reserve else None,
    }
    return [zin_row, {**dict.fromkeys(zin_row), **pgb_row}]


def provenance(**changed: Any) -> list[dict[str, Any]]:
    row = {
        "input_name": "declaraties",
        "input_version": CLAIMS,
        "content_hash": "ab" * 32,
        "received_on": date(2018, 5, 2),
        "cut_off_date": date(2018, 5, 2),
        "rows_count": 700_000,
        "amount_eur": money(57_681),
        "quarantined_count": 0,
        "quarantined_eur": money(0),
    }
    code = dict.fromkeys(row) | {"input_name": "code", "input_version": "0.3.0+abc", "quarantined_count": 0}
    return [row | changed, code]


def status(late_months: int = 0, received: date = date(2018, 5, 2), name: str = "VGZ") -> list[dict[str, Any]]:
    return [
        {
            "delivery_id": CLAIMS,
            "wlz_uitvoerder": uitvoerder,
            "delivery_status": "accepted",
            "delivery_state": "on time",
            "received_on": received if uitvoerder == name else date(2018, 5, 2),
            "due_on": date(2018, 5, 2),
            "is_on_time": received <= date(2018, 5, 2) or uitvoerder != name,
            "rows_count": 1000,
            "amount_eur": money(1000),
            "completeness_ratio": 0.7,
            "late_months": late_months if uitvoerder == name else 0,
            "findings_count": 0,
            "blocks_count": 0,
            "at_stake_eur": money(0),
        }
        for uitvoerder in ("CZ", "VGZ", "Landelijk")
    ]


CHECK = {
    "check_id": "D05",
    "checked_table": "declaraties",
    "delivery_id": CLAIMS,
    "title": "a month moved by more than a tenth",
    "severity": "block",
    "outcome": "failed",
    "findings_count": 1,
    "at_stake_eur": money(90),
    "action": "The delivery is refused",
    "accepted_by": None,
    "accept_reason": None,
    "check_status": "open",
}


def vintage(advice_id: str, state: str, expected: float, **more: Any) -> dict[str, Any]:
    row = {
        "advice_id": advice_id,
        "advice_state": state,
        "author": None,
        "frozen_at": None,
        "wlz_uitvoerder": "Landelijk",
        "part": "zin",
        **room_row(expected, 18711),
        "realised_eur": None,
        "realised_delivery_month": None,
        "error_eur": None,
        "error_ratio": None,
    }
    return row | more


def _typed(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Vintages with the types of the mart, also where a column is empty."""
    kinds = {"author": pl.String, "frozen_at": pl.Datetime("us"), "realised_eur": MONEY, "error_ratio": pl.Float64}
    return frame(rows).with_columns(pl.col(name).cast(kind) for name, kind in kinds.items())


def make_facts(**changed: Any) -> Facts:
    """The letter's situation; ``changed`` replaces marts by name (frames), or headline, page, scenarios."""
    zin, pgb = room_row(18888, 18711), room_row(2206, 2236, 25)
    uitvoerders = {"CZ": (3952, 3953), "VGZ": (3920, 3826), "Menzis": (2517, 2466)}
    rooms = [room_row(*amounts, 50, wlz_uitvoerder=name) for name, amounts in uitvoerders.items()]
    months = [
        {
            "month": date(YEAR, number, 1),
            "part": part,
            "state": "declared" if part == "pgb" and number <= 3 else "forecast",
            "declared_month_eur": money(1500) if part == "zin" and number <= 4 else None,
            "expected_cumulative_eur": money(1500 * number),
        }
        for part in ("zin", "pgb")
        for number in range(1, 13)
    ]
    to_date = {"granted_to_date_eur": money(2051), "declared_to_date_eur": money(4953)}
    marts = {
        "utilisation_national": frame(national(zin, pgb, transfer=26)),
        "zin_uitvoerder": frame([*rooms, room_row(18888, 18711, wlz_uitvoerder="Landelijk")]),
        "utilisation_uitvoerder": frame([{"part": "zin", **row} for row in rooms]),
        "pgb_uitvoerder": frame([room_row(2206, 2236, 25, wlz_uitvoerder="Landelijk", **to_date)]),
        "exceedance": frame([{"wlz_uitvoerder": "Landelijk", "part": "zin", "exceedance_ratio": 0.73}]),
        "extra_items_uitvoerder": frame(
            [
                {
                    "wlz_uitvoerder": "Landelijk",
                    "crisisbedden_eur": money(29.03),
                    "meerzorg_eur": money(253.04),
                    "na_ijl_eur": money(8.01),
                    "extra_items_eur": money(290.08),
                }
            ]
        ),
        "extra_item_methods": EXTRA_ITEM_METHODS.empty(),
        "code_trust": CODE_TRUST_MART.empty(),
        "utilisation_monthly": frame(months),
        "aids_monthly": frame(
            [
                {
                    "aid_kind": kind,
                    "month": date(YEAR, 12, 1),
                    "cumulative_eur": money(amount),
                    "reserve_eur": money(135),
                }
                for kind, amount in (("mobiliteit", 83), ("persoonsgebonden", 51))
            ]
        ),
        "forecast_bridge": empty("wlz_uitvoerder", "component", change_eur=MONEY),
        "utilisation_outlook": empty("wlz_uitvoerder"),
        "advice_provenance": frame(provenance()),
        "price_derivation": frame([{"price_source": source} for source in "aaab"]),
        "forecast_vintages": _typed([vintage("2018-05", "current", 18888)]),
        "data_quality": pl.DataFrame([CHECK])
        .clear()
        .with_columns(pl.col("accepted_by", "accept_reason").cast(pl.String)),
        "delivery_status": pl.DataFrame(status()),
        "check_decisions": empty(
            "decision", "delivery_id", "check_id", "decided_by", "decision_reason", decided_at=pl.Date
        ),
        "cell_support": empty("level", "part", "wlz_uitvoerder", "suppression"),
    }
    facts = {"headline": "letter", "scenarios": ("letter",), "page": {}}
    marts |= {name: value for name, value in changed.items() if name not in facts}
    facts |= {name: value for name, value in changed.items() if name in facts}
    return Facts(MONTH, YEAR, marts=marts, **facts)


def with_rooms(zin: dict[str, Any], pgb: dict[str, Any], **advice: float | None) -> pl.DataFrame:
    return frame(national(zin, pgb, **advice))


def bridge(before: float, **changes: float) -> pl.DataFrame:
    after = before + sum(changes.values())
    shared = {"wlz_uitvoerder": "Landelijk", "from_delivery_month": date(2018, 4, 1), "from_scenario": "letter"}
    return frame(
        [
            shared
            | {
                "component": component,
                "change_eur": money(change),
                "available_before_eur": money(before),
                "available_after_eur": money(after),
            }
            for component, change in changes.items()
        ]
    )


def signed(now: float, *frozen: tuple[str, float]) -> pl.DataFrame:
    rows = [vintage("2018-05", "current", now)]
    for number, (author, expected) in enumerate(frozen, start=1):
        when = datetime(2018, 5, 28 + number, 10)
        rows.append(vintage(f"2018-05-final-{number}", "final", expected, author=author, frozen_at=when))
    return _typed(rows)


def realised(*advices: tuple[date, float, float]) -> pl.DataFrame:
    """Advices of 2017 with their outcome: delivery month, expected and realised in millions."""
    rows = [vintage("2018-05", "current", 18888)]
    for month, expected, outcome in advices:
        more = {"delivery_month": month, "budget_year": 2017, "realised_eur": money(outcome)}
        rows.append(vintage(f"{month:%Y-%m}", "current", expected, error_ratio=expected / outcome - 1, **more))
    return _typed(rows)
