"""`wlz backtest`: how good every engine was on the own past, of the warehouse's series or of a panel from a file."""

from pathlib import Path

import click
import polars as pl

from pipelines.cli.any_file import UnreadableError
from pipelines.cli.console import data_option, note, resolve_data, say
from pipelines.cli.look import as_json, render_frame
from wlz.forecasting.engines import RUN_ENGINES


@click.command(epilog="Example: wlz backtest --series volumes.csv --origins 3 --engines combined,ets_select")
@click.option(
    "--series",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Panel from a file, as for wlz forecast (default: the warehouse's own series).",
)
@click.option("--origins", type=click.IntRange(min=1), help="Yearly moments to forecast from (default: all there are).")
@click.option(
    "--engines",
    default=",".join(RUN_ENGINES),
    show_default=True,
    help="Engines, separated by commas; also statsmodels.",
)
@click.option("--json", "as_rows", is_flag=True, help="Every level and horizon as JSON.")
@click.option("--separator", type=click.Choice([",", ";"]), default=",", show_default=True, help="Of a CSV.")
@data_option
def backtest(
    series: Path | None, origins: int | None, engines: str, as_rows: bool, separator: str, data_dir: Path | None
) -> None:
    """Rolling-origin accuracy: WAPE, bias, MASE, coverage of the bounds and interval score.

    At each origin an engine sees the months before it and forecasts the year after it. Prints the yearly sums; --json
    has the months ahead too. Of the warehouse the latest delivery month counts, in euro at last year's prices.
    """
    from wlz.files.panel import PanelError
    from wlz.forecasting.backtest import BacktestError, choose_engines

    names = [name.strip() for name in engines.split(",") if name.strip()]
    try:
        chosen = choose_engines(names)
    except BacktestError as error:
        note(str(error))
        raise SystemExit(2) from None
    try:
        if series is None:
            measured = _backtest_warehouse(resolve_data(data_dir), chosen, origins)
        else:
            measured = _backtest_file(series, separator, chosen, origins)
    except (BacktestError, PanelError, UnreadableError) as error:
        note(str(error) if series is None else f"{series}: {error}")
        raise SystemExit(1) from None
    if as_rows:
        click.echo(as_json(measured))
    else:
        say(render_frame(_shown(measured)))


def _backtest_file(path: Path, separator: str, engines: dict, origins: int | None) -> pl.DataFrame:  # type: ignore[type-arg]
    from pipelines.cli.forecast import open_panel
    from wlz.forecasting.backtest import backtest_panel

    panel = open_panel(path, separator)
    month = panel.last_month.month - 1
    return backtest_panel(panel.values, panel.ids, month_of_year=month, engines=engines, origins=origins)


def _backtest_warehouse(data: Path, engines: dict, origins: int | None) -> pl.DataFrame:  # type: ignore[type-arg]
    from assets.context import Warehouse
    from warehouse.tables.series import SERIES
    from warehouse.withdrawals import withdrawn_months
    from wlz.forecasting.backtest import DEFAULT_PATHS, BacktestError
    from wlz.series import last_base_month
    from wlz.volumes.backtest import backtest_series

    warehouse = Warehouse(data_dir=str(data))
    withdrawn = withdrawn_months(warehouse.store)
    months = [month for month in warehouse.store.months(SERIES) if month not in withdrawn]
    if not months:
        raise BacktestError(
            f"no series in {data}. Next: wlz demo, or wlz run --delivery-month YYYY-MM, or --series FILE"
        )
    advice = warehouse.advice(months[-1])
    measured = backtest_series(
        advice.load(SERIES),
        last_observed=last_base_month(advice.load(SERIES)),
        fit_months=int(advice.assumptions["fit_months"]),
        paths=DEFAULT_PATHS,
        engines=engines,
        prestaties=advice.deliveries.lists.prestaties,
        origins=origins,
    )
    if measured.is_empty():
        raise BacktestError(
            f"the series of {months[-1]:%Y-%m} are too short: expected two years before an origin and one after it"
        )
    return measured


def _shown(measured: pl.DataFrame) -> pl.DataFrame:
    """The yearly sums, best engine first, in percent as people read them."""
    ratios = [name for name in measured.columns if name.endswith("_ratio") and name != "mase_ratio"]
    percent = [(100 * pl.col(name)).round(2).alias(f"{name.removesuffix('_ratio')}_%") for name in ratios]
    year = measured.filter(pl.col("horizon_months").is_null()).sort("level", "wape_ratio", "engine")
    return year.select("level", "engine", *percent, pl.col("mase_ratio").round(3), "units_count", "origins_count")
