"""Small frames for the figures: a few rows per mart, hostile names, nulls, an amount that rounds to minus zero."""

from datetime import date
from decimal import Decimal

import polars as pl

from reports import charts
from reports.letter_tables import REGION_ORDER

HOSTILE = "<script>alert('x')</script>\"&\x00\u202e" + "x" * 170
EUR = pl.Decimal(18, 2)
BOUNDS = ("lower_95_eur", "lower_80_eur", "upper_80_eur", "upper_95_eur")
NATION = "Landelijk"


def frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows with columns in euro as Decimal, given in millions."""
    euros = {name for row in rows for name in row if name.endswith("_eur") or name == "eur"}
    rows = [
        {
            name: Decimal(str(value)) * 1_000_000 if name in euros and value is not None else value
            for name, value in row.items()
        }
        for row in rows
    ]
    table = pl.DataFrame(rows, infer_schema_length=None)
    return table.with_columns(pl.col(name).cast(EUR) for name in euros)


def bounds(middle: float, wide: float) -> dict[str, float]:
    return dict(zip(BOUNDS, (middle - 2 * wide, middle - wide, middle + wide, middle + 2 * wide), strict=True))


def room_bounds(middle: float, wide: float) -> dict[str, float]:
    """Room at the bounds of the year: the kader minus ``bounds``."""
    return {f"available_{name}": value for name, value in bounds(middle, wide).items()}


def none() -> dict[str, None]:
    return dict.fromkeys(BOUNDS)


def monthly() -> pl.DataFrame:
    rows: list[dict[str, object]] = []
    for month in range(1, 13):
        zin, pgb = 1550.0 * month, 1990 + 18.0 * month
        state = "completed" if month < 4 else "forecast"
        common = {"month": date(2018, month, 1)}
        rows += [
            {**common, "part": "zin", "state": state, "expected_cumulative_eur": zin, "budget_eur": 18711}
            | {"expected_cumulative_incl_extra_eur": zin + 24 * month} | bounds(zin + 24 * month, 15.0 * month),
            {**common, "part": "pgb", "state": "declared" if month < 4 else "forecast", "budget_eur": 2236}
            | {"expected_cumulative_eur": pgb, "expected_cumulative_incl_extra_eur": pgb}
            | (none() if month < 4 else bounds(pgb, 2.0 * month)),
        ]  # fmt: skip
    return frame(rows)


def uitvoerders(names: tuple[str, ...] = (NATION, "CZ", HOSTILE)) -> pl.DataFrame:
    rows = []
    for number, name in enumerate(names):
        room = (-178.4, 1.2, -0.0004)[number]
        rows.append(
            {"wlz_uitvoerder": name, "expected_excl_extra_eur": 4000 + number, "expected_eur": 4044 + number,
             "budget_eur": 4044 + number + room, "available_eur": room, "available_ratio": room / 4044,
             **bounds(4044 + number, 60), **room_bounds(room, 60)}
        )  # fmt: skip
    return frame(rows)


def extra_items() -> pl.DataFrame:
    items = {"crisisbedden_eur": 29.0, "na_ijl_eur": -8.0, "meerzorg_eur": 253.0, "extra_items_eur": 274.0}
    return frame([{"wlz_uitvoerder": name, **items} for name in (NATION, "CZ", HOSTILE)])


def regions() -> pl.DataFrame:
    shares = dict.fromkeys(REGION_ORDER, 0.0113) | {"Zeeland": -0.0004, "Drenthe": 0.0855, "Arnhem": None}
    names = {NATION: 0.01, **shares, HOSTILE: -0.0264}
    return pl.DataFrame([{"zorgkantoorregio": name, "available_ratio": share} for name, share in names.items()])


def aids() -> pl.DataFrame:
    return frame(
        [
            {"aid_kind": kind, "month": date(2018, month, 1), "declared_eur": 5 if month < 4 else None,
             "cumulative_eur": 5.5 * month, "reserve_eur": 135}
            for kind in ("mobiliteit", HOSTILE)
            for month in range(1, 13)
        ]
    )  # fmt: skip


def volumes() -> pl.DataFrame:
    rows = []
    for place in range(48):
        known = place < 36
        wide = {f"{end}_{level}_volume": None if known else 900.0 + sign * step
                for end, sign in (("lower", -1), ("upper", 1)) for level, step in (("80", 50), ("95", 90))}  # fmt: skip
        rows.append(
            {"care_month": date(2015 + place // 12, place % 12 + 1, 1), **wide,
             "observed_volume": 870.0 + place if known else None, "forecast_volume": None if known else 912.4,
             "completed_volume": 880.0 + place if 33 < place < 36 else None}
        )  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def stands() -> pl.DataFrame:
    rows = []
    for month in range(1, 13):
        known = month < 4
        expected = {
            "granted_stand_eur": 120 + month if known else None,
            "forecast_stand_eur": None if known else 120 + month,
        }
        rows.append({"month": date(2018, month, 1), **expected, **(none() if known else bounds(120 + month, 1))})
    return frame(rows)


def lag_curve() -> pl.DataFrame:
    ratios = ("completeness_ratio", *(f"{end}_{level}_ratio" for end in ("lower", "upper") for level in ("80", "95")))
    return pl.DataFrame(
        [
            {"wlz_uitvoerder": name, "prestatiegroep": group, "lag_months": lag}
            | dict.fromkeys(ratios, 0.42 if lag == 1 else 1.001)
            for name in (NATION, "CZ", HOSTILE)
            for group in (None, "other")
            for lag in range(1, 25)
        ]
    )


def bridge() -> pl.DataFrame:
    changes = dict(zip(("volume", "price", "lag", "extra_items", "pgb", "kader", "transfers"),
                       (-35, 12.4, 8, -0.0001, -4.1, 90, 0), strict=True))  # fmt: skip
    months = {"from_delivery_month": date(2018, 5, 1), "delivery_month": date(2018, 8, 1)}
    ends = {"available_before_eur": -147.4, "available_after_eur": -76.1001}
    rows = [{**months, **ends, "component": name, "change_eur": change} for name, change in changes.items()]
    return frame([{"wlz_uitvoerder": NATION, **row} for row in rows])


def status() -> pl.DataFrame:
    late = {"CZ": ("on time", 0), HOSTILE: ("late", 2), "DSW": ("absent", None), NATION: ("on time", 0)}
    return pl.DataFrame(
        [
            {"wlz_uitvoerder": name, "delivery_status": "accepted", "delivery_state": state, "late_months": months}
            for name, (state, months) in late.items()
        ]
    )


def advices() -> pl.DataFrame:
    return frame(
        [
            {"delivery_month": date(2018, month, 1), "advice_id": f"2018-{month:02}", "wlz_uitvoerder": NATION,
             "advice_state": "final" if month == 5 else "current", "part": "zin", "expected_eur": 18888 - month * 40,
             "budget_eur": 18711, "realised_eur": 18700 if month > 7 else None, **bounds(18888 - month * 40, 100)}
            for month in range(5, 9)
        ]
    )  # fmt: skip


def scenarios() -> pl.DataFrame:
    names = ("letter", "high", HOSTILE)
    return frame(
        [
            {"scenario": name, "part": "zin", "expected_eur": 18888, "budget_eur": 18711, **bounds(18888, 300)}
            for name in names
        ]
    )


def chances() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"wlz_uitvoerder": name, "part": part, "exceedance_ratio": 0.692 if name == NATION else 0.0}
            for name in (NATION, HOSTILE)
            for part in ("zin", "pgb", "both")
        ]
    )


def sources() -> pl.DataFrame:
    return frame([{"price_source": "a", "count": 2272, "eur": 18433}, {"price_source": "d", "count": 45, "eur": None}])


def monitor() -> pl.DataFrame:
    return pl.DataFrame({"wlz_uitvoerder": [HOSTILE, "CZ"], "provider_flag": ["late", None]})


# Figure → what draws it, its frames, texts that stand in the wide Dutch drawing.
FIGURES = {
    "monthly-total": (charts.draw_monthly_total, [monthly()], ["Wlz-kader 20.947", "21.094", "december 2018, uit"]),
    "monthly-zin": (charts.draw_monthly_zin, [monthly()], ["zin-kader 18.711", "18.600", "aangevuld voor na-ijl"]),
    "monthly-pgb": (charts.draw_monthly_pgb, [monthly()], ["pgb-kader 2.236", "2.206", "verwacht 2.206"]),
    "aids": (charts.draw_aids, [aids()], ["gereserveerd 135", "132", "mobiliteit"]),
    "composition": (charts.draw_composition, [uitvoerders(), extra_items()], ["declaraties 4.000", "-8,0", "253,0"]),
    "extra": (charts.draw_extra_per_uitvoerder, [uitvoerders(), extra_items()], ["CZ", "4.045", "274,0"]),
    "room-zin": (charts.draw_room_zin, [uitvoerders()], ["Landelijk", "-178", "-4,4", "1", "0"]),
    "room-pgb": (charts.draw_room_pgb, [uitvoerders()], ["-178,4", "1,2", "0,0"]),
    "map": (charts.draw_pgb_map, [regions()], ["8,6", "0,0", "–", "-2,6", "Zeeland", "onder -2 %"]),
    "volume": (charts.draw_volume_example, [volumes()], ["912", "2017", "eenheden per maand"]),
    "pgb": (charts.draw_pgb_example, [stands()], ["132,0", "€ mln"]),
    "lag": (charts.draw_lag_curves, [lag_curve()], ["na 1: 42 %", "na 2: 100 %", "CZ"]),
    "tree": (charts.draw_price_tree, [sources()], ["2.272 reeksen", "€ 18.433 mln", "0 reeksen", "€ – mln"]),
    "bridge": (charts.draw_bridge, [bridge()], ["-147,4", "+12,4", "-35,0", "0,0", "-76,1", "ruimte augustus 2018"]),
    "late": (charts.draw_late, [status()], ["te laat, 2 achter", "niets geleverd", "op tijd"]),
    "vintages": (charts.draw_vintages, [advices()], ["mei 2018, vastgesteld", "18.688", "zin-kader 18.711"]),
    "exceedance": (charts.draw_exceedance, [chances()], ["69 %", "<1 %", "samen"]),
    "scenarios": (charts.draw_scenarios, [scenarios()], ["methode van de brief", "18.888"]),
}  # fmt: skip
