"""What the pages of one delivery month rest on: rows of the published marts and what the round file says.

Reading only: which rows, which columns. No number is computed here; sentences are in ``text``, layout in ``pages``.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from reports.errors import ReportError
from warehouse import registry
from warehouse.duck import QueryError, connect_reader, run_query
from warehouse.latest import stored_columns
from warehouse.packs import choose_pack, load_reference
from warehouse.published_headline import has_column, has_mart, read_headline
from warehouse.settings import load_round_page
from warehouse.withdrawals import read_withdrawal, withdrawn_months_of
from wlz.words.vocabulary import NATION

SIMULATED = "simulation"  # input of an advice on invented deliveries
# Marts read whole for the month, in every scenario; then those of the headline scenario only.
WHOLE = (
    "utilisation_national",
    "utilisation_uitvoerder",
    "zin_uitvoerder",
    "extra_items_uitvoerder",
    "extra_item_methods",
    "code_trust",
    "pgb_uitvoerder",
    "pgb_region",
    "zin_region",
    "utilisation_monthly",
    "aids_monthly",
    "exceedance",
    "forecast_bridge",
    "utilisation_outlook",
    "advice_provenance",
    "backtest_accuracy",
)
OF_HEADLINE = {
    "pgb_forecast": stored_columns(),
    "price_derivation": stored_columns("claims_volume", "unit_evidence"),
    "cell_support": stored_columns(),
}
LEVELS = "('series', 'group', 'region', 'uitvoerder', 'national')"
NOT_TOLD = ("passed", "skipped")


@dataclass(frozen=True)
class Facts:
    """One delivery month as published: marts by name, scenario and engine of the headline, words of the round file.

    ``claims_month`` and ``claims_basis`` as in mart headline; ``withdrawal`` is the row of the withdrawal that holds.
    """

    delivery_month: date
    budget_year: int
    headline: str
    scenarios: tuple[str, ...]
    marts: Mapping[str, pl.DataFrame]
    page: Mapping[str, Any] = field(default_factory=dict)
    rows_counts: Mapping[str, int] = field(default_factory=dict)
    headline_engine: str = ""
    claims_month: date | None = None
    claims_basis: str = "own"
    withdrawal: Mapping[str, Any] | None = None
    headline_before: str = ""  # what the advice before of the same year showed first, and its month
    month_before: date | None = None

    def of(self, mart: str, scenario: str | None = None) -> pl.DataFrame:
        """Rows of a mart in one scenario: the headline unless another is named."""
        rows = self.marts[mart]
        return rows.filter(scenario=scenario or self.headline) if "scenario" in rows.columns else rows

    def one(self, mart: str, scenario: str | None = None, **where: object) -> dict[str, Any] | None:
        """The one row of a mart that fits, as a dict; None when there is none."""
        rows = self.of(mart, scenario).filter(**where)
        return rows.row(0, named=True) if rows.height else None

    @property
    def uitvoerders(self) -> list[str]:
        """Wlz-uitvoerders of the advice, by name."""
        names = self.of("utilisation_uitvoerder")["wlz_uitvoerder"].unique().to_list()
        return sorted((name for name in names if name != NATION), key=str.casefold)

    @property
    def is_simulated(self) -> bool:
        """Whether the deliveries are invented: then every page says so."""
        return SIMULATED in self.marts["advice_provenance"]["input_name"].to_list()

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything the pages are made of."""
        before = self.headline_before, self.month_before
        said = self.delivery_month, self.headline, sorted(self.page.items()), *before
        digest = hashlib.sha256(repr(said).encode())
        if self.claims_basis != "own" or self.withdrawal:
            digest.update(repr((self.claims_month, self.claims_basis, self.withdrawal)).encode())
        for name in sorted(self.marts):
            # As text: the bytes of Arrow hold chance values behind nulls.
            digest.update(f"{name}\n{self.marts[name].write_csv(null_value='<null>')}".encode())
        return digest.hexdigest()


def published_delivery_months(database: Path) -> list[date]:
    """Delivery months with an advice in the published database, oldest first; none when there is no database."""
    if not database.exists():
        return []
    try:
        sql = "SELECT DISTINCT delivery_month FROM marts.utilisation_national ORDER BY 1"
        return run_query(database, sql)["delivery_month"].to_list()
    except QueryError as error:
        raise ReportError(f"{database}: no published marts ({error}). Next: wlz run --delivery-month YYYY-MM") from None


def load_facts(database: Path, delivery_month: date) -> Facts:
    """The facts of one delivery month from the published database, read-only.

    Raises ReportError when the month is not published; the message names the months that are.

    >>> load_facts(database, date(2018, 5, 1)).headline  # doctest: +SKIP
    'letter'
    """
    months = published_delivery_months(database)
    if delivery_month not in months:
        shown = ", ".join(f"{month:%Y-%m}" for month in months) or "nothing"
        raise ReportError(
            f"{delivery_month:%Y-%m} is not published in {database.name}; published: {shown}. "
            f"Next: wlz run --delivery-month {delivery_month:%Y-%m}"
        )
    try:
        with connect_reader(database):  # held open: opening a database again costs more than most of these queries
            return _load(database, delivery_month)
    except QueryError as error:
        raise ReportError(
            f"{database.name} was published by another version of this software ({error}). "
            f"Next: wlz run --delivery-month {delivery_month:%Y-%m}"
        ) from None


def _load(database: Path, delivery_month: date) -> Facts:
    contracts = registry.marts()
    marts = {name: _read(database, name, delivery_month, ", ".join(contracts[name].column_names)) for name in WHOLE}
    national = marts["utilisation_national"]
    if national.drop_nulls("lower_80_eur")["available_lower_80_eur"].has_nulls():
        raise ReportError(
            f"{delivery_month:%Y-%m} was published by an earlier version, without the room at its bounds. "
            f"Next: wlz run --delivery-month {delivery_month:%Y-%m}"
        )
    scenarios = tuple(sorted(national["scenario"].unique().to_list()))
    page = load_round_page(delivery_month)
    headline, engine, _ = read_headline(database, delivery_month)
    for name, columns in OF_HEADLINE.items():
        marts[name] = _read(database, name, delivery_month, columns, f"AND scenario = '{headline}'")
    if marts["cell_support"].is_empty():
        raise ReportError(
            f"{delivery_month:%Y-%m} was published without saying which small groups may be shown (cell_support): "
            f"nothing is shown of it. Next: wlz run --delivery-month {delivery_month:%Y-%m}"
        )
    budget_year = national["budget_year"][0]
    marts["code_list"] = _read_codes(database, delivery_month, budget_year)
    marts |= _read_larger(database, delivery_month, headline, marts) | _read_history(
        database, delivery_month, budget_year
    )
    marts |= _read_checks(database, delivery_month)
    marts["delivery_balance"] = _read_balance(database, delivery_month)
    counts = _count_rows(database, delivery_month, headline)
    basis, withdrawal = _read_basis(database, delivery_month), read_withdrawal(database, delivery_month)
    before = _read_before(database, delivery_month, budget_year)
    shown = headline, scenarios, marts, page, counts, engine
    return Facts(delivery_month, budget_year, *shown, *basis, withdrawal, *before)


def _read_basis(database: Path, month: date) -> tuple[date | None, str]:
    """Month of the claims the advice rests on, and why; of a month from before that was said: its own."""
    if not has_column(database, "headline", "claims_basis"):
        return None, "own"
    said = _read(database, "headline", month, "claims_month, claims_basis").drop_nulls()
    return said.row(0) if said.height else (None, "own")


def _read_before(database: Path, month: date, budget_year: int) -> tuple[str, date | None]:
    """Scenario and month of the standing advice before this one about the same year; nothing for the first."""
    sql = f"SELECT DISTINCT delivery_month FROM marts.utilisation_national WHERE budget_year = {budget_year}"
    published = run_query(database, sql)["delivery_month"].to_list()
    earlier = max((one for one in published if one < month and one not in withdrawn_months_of(database)), default=None)
    return ("", None) if earlier is None else (read_headline(database, earlier).scenario, earlier)


def _count_rows(database: Path, month: date, headline: str) -> dict[str, int]:
    """Mart → rows of the month, in the headline scenario where the mart has one."""
    columns = run_query(
        database,
        "SELECT table_name, bool_or(column_name = 'scenario') AS has_scenario FROM information_schema.columns "
        "WHERE table_schema = 'marts' GROUP BY ALL HAVING bool_or(column_name = 'delivery_month') ORDER BY 1",
    )
    of_one_scenario = [name for name, table in registry.marts().items() if table.of_one_scenario]
    counts = " UNION ALL ".join(
        f"SELECT '{name}' AS mart, count(*) AS rows_count FROM marts.{name} WHERE delivery_month = DATE '{month}'"
        + (f" AND scenario = '{headline}'" if has_scenario and name not in of_one_scenario else "")
        for name, has_scenario in columns.iter_rows()
    )
    return dict(run_query(database, counts).iter_rows())


def _read(
    database: Path, mart: str, month: date, columns: str = "", condition: str = "", order: str = "ALL"
) -> pl.DataFrame:
    where = f"delivery_month = DATE '{month}' {condition}"
    return run_query(database, f"SELECT {columns or stored_columns()} FROM marts.{mart} WHERE {where} ORDER BY {order}")


def _read_codes(database: Path, month: date, budget_year: int) -> pl.DataFrame:
    """Group, trust and whether it is counted apart, of every code: as the advice says, else (before that) the pack."""
    columns = ["prestatiecode", "prestatiegroep", "is_meerzorg", "trust"]
    if has_mart(database, "code_list"):
        found = _read(database, "code_list", month, ", ".join(columns))
        if found.height:
            return found
    lists = load_reference(choose_pack(database.parent / "deliveries"), budget_year, month)
    return lists.prestaties.select(columns)


def _read_balance(database: Path, month: date) -> pl.DataFrame:
    """What became of every delivered row; no rows in a database that was published before that was recorded."""
    if not has_mart(database, "delivery_balance"):
        return registry.marts()["delivery_balance"].empty()
    return _read(database, "delivery_balance", month)


def _read_larger(
    database: Path, month: date, headline: str, marts: Mapping[str, pl.DataFrame]
) -> dict[str, pl.DataFrame]:
    """Of the largest marts only what a picture or a table shows."""
    of_headline = f"AND scenario = '{headline}'"
    bounds = "level, wlz_uitvoerder, zorgkantoorregio, prestatiegroep, prestatiecode, period, month, expected_eur, "
    bounds += "lower_80_eur, upper_80_eur, lower_95_eur, upper_95_eur"
    of_year = f"{of_headline} AND part = 'zin' AND period = 'year' AND level IN {LEVELS}"
    of_months = f"{of_headline} AND part = 'zin' AND period = 'cumulative' AND level = 'uitvoerder'"
    year = _read(database, "forecast_bounds", month, bounds, of_year)
    return {
        "lag_curve": _read_lag_curves(database, month, year),
        "bounds_year": year,
        "bounds_cumulative": _read(database, "forecast_bounds", month, bounds, of_months),
        "volume_forecast": _read_examples(database, month, headline, _showable(year, marts)),
    }


def _showable(year: pl.DataFrame, marts: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Series of the year that may be shown, and whose group may be: its months beside its price give its amount."""
    key = ["wlz_uitvoerder", "prestatiecode"]
    hidden = marts["cell_support"].drop_nulls("suppression")
    groups = marts["code_list"].select("prestatiecode", pl.col("prestatiegroep").alias("group"))
    of_group = hidden.filter(level="group").select("wlz_uitvoerder", pl.col("prestatiegroep").alias("group"))
    series = year.filter(pl.col("level") == "series").join(groups, on="prestatiecode", how="left")
    shown = series.join(hidden.filter(level="series").select(key), on=key, how="anti")
    return shown.join(of_group, on=["wlz_uitvoerder", "group"], how="anti")


def _read_examples(database: Path, month: date, headline: str, year: pl.DataFrame) -> pl.DataFrame:
    """Figures 10 and 11: the largest series, and of those with a tenth of a per mille or more the least sure one."""
    series = year.filter(pl.col("level") == "series", pl.col("expected_eur") > 0).with_columns(
        width=(pl.col("upper_80_eur") - pl.col("lower_80_eur")).cast(pl.Float64) / pl.col("expected_eur").cast(float)
    )
    if series.is_empty():
        return pl.DataFrame(schema={"prestatiecode": pl.String, "wlz_uitvoerder": pl.String})
    large = series.filter(pl.col("expected_eur") >= series["expected_eur"].sum() / 10_000)
    order = ["prestatiecode", "wlz_uitvoerder"]
    largest = series.sort("expected_eur", *order, descending=[True, False, False]).row(0, named=True)
    unsure = (large if large.height else series).sort("width", *order, descending=[True, False, False], nulls_last=True)
    chosen = [largest, unsure.row(0, named=True)]
    keys = " OR ".join(
        f"(prestatiecode = {_quote(row['prestatiecode'])} AND wlz_uitvoerder = {_quote(row['wlz_uitvoerder'])})"
        for row in chosen
    )
    return _read(database, "volume_forecast", month, stored_columns(), f"AND scenario = '{headline}' AND ({keys})")


def _read_lag_curves(database: Path, month: date, year: pl.DataFrame) -> pl.DataFrame:
    """How claims of the largest prestatiegroep come in, per uitvoerder: one group, since groups differ more."""
    groups = year.filter(pl.col("level") == "group").group_by("prestatiegroep").agg(pl.col("expected_eur").sum())
    largest = groups.sort("expected_eur", "prestatiegroep", descending=[True, False])["prestatiegroep"].to_list()
    of_group = f"AND prestatiegroep = {_quote(largest[0])}" if largest else "AND false"
    curve = "wlz_uitvoerder, prestatiegroep, lag_months, completeness_ratio, lower_80_ratio, upper_80_ratio, "
    curve += "lower_95_ratio, upper_95_ratio"
    return _read(database, "lag_curve", month, curve, of_group)


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _read_history(database: Path, month: date, budget_year: int) -> dict[str, pl.DataFrame]:
    """Advices so far: those of this year up to this month, and those whose year is settled; others that stand only."""
    sql = f"""
        SELECT {stored_columns()} FROM marts.forecast_vintages
        WHERE delivery_month <= DATE '{month}' AND (budget_year = {budget_year} OR realised_eur IS NOT NULL)
        ORDER BY ALL
    """
    others = [one for one in withdrawn_months_of(database) if one != month]
    return {"forecast_vintages": run_query(database, sql).filter(~pl.col("delivery_month").is_in(others))}


def _read_checks(database: Path, month: date) -> dict[str, pl.DataFrame]:
    columns = "check_id, checked_table, delivery_id, title, severity, outcome, findings_count, at_stake_eur, action, "
    columns += "accepted_by, accept_reason, check_status"
    failed = f"AND outcome NOT IN {NOT_TOLD} AND check_status <> 'replaced'"
    order = "at_stake_eur DESC NULLS LAST, check_id, delivery_id"
    return {
        "data_quality": _read(database, "data_quality", month, columns, failed, order),
        "delivery_status": _read(database, "delivery_status", month),
        "check_decisions": _read(database, "check_decisions", month),
    }
