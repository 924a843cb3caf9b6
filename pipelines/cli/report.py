"""`wlz report`: the report of a month again, from the published marts."""

from datetime import date
from pathlib import Path

import click

from pipelines.cli.console import (
    Month,
    data_option,
    note,
    resolve_data,
    say,
    sole_writer,
    upgrade_published,
    wait_option,
)
from wlz.words.counts import format_count


@click.command(epilog="Example: wlz report --delivery-month 2018-05 --open")
@click.option("--delivery-month", "month", type=Month(), help="Month of the claims delivery, YYYY-MM.")
@click.option("--all", "every", is_flag=True, help="Every published month, one after the other.")
@data_option
@click.option(
    "--language", type=click.Choice(["nl", "en"]), default="nl", show_default=True, help="Language of the pages."
)
@click.option("--table", "number", type=click.IntRange(1, 6), help="Print this table of the letter, and no pages.")
@click.option("--open", "opens", is_flag=True, help="Show it in the browser.")
@wait_option
def report(
    month: date | None, every: bool, data_dir: Path | None, language: str, number: int | None, opens: bool
) -> None:
    """Write the report of a published month as pages (DATA/reports/YYYY-MM), or print one of its tables.

    Nothing is computed again. A report made of the same rows is left as it is.
    """
    if (month is None) != every or (every and number is not None):
        note("name a month with --delivery-month YYYY-MM, or all published ones with --all (not with --table)")
        raise SystemExit(2)
    from reports.errors import ReportError
    from reports.facts import published_delivery_months
    from reports.site import build_site
    from wlz.known.assumptions import AssumptionError

    data = resolve_data(data_dir)
    database = data / "wlz.duckdb"
    try:
        if month is not None and number is not None:
            upgrade_published(database)
            say(print_letter_table(database, month, number, language))
            return
        with sole_writer(data, "wlz report"):
            upgrade_published(database)
            months = [month] if month is not None else published_delivery_months(database)
            if not months:
                raise ReportError(f"nothing is published in {database}. Next: wlz run --delivery-month YYYY-MM")
            for one in months:
                site = build_site(database, data / "reports", one, language)
                say(tell_report(site.index, site.is_new, site.pages_count))
    except (ReportError, AssumptionError) as error:
        note(str(error))
        raise SystemExit(1) from None
    except OSError as error:
        note(f"The report was not written: {error}. Next: name a data folder that can be written, with --data")
        raise SystemExit(1) from None
    if opens:
        click.launch(site.index.as_uri())


def print_letter_table(database: Path, month: date, number: int, language: str) -> str:
    """One of the tables 1 to 6 as the pages show it, in columns."""
    from pipelines.cli.text.tables import render_plain
    from reports.facts import load_facts
    from reports.language import load_language
    from reports.tables.letter import build_letter_table

    facts, words = load_facts(database, month), load_language(language)
    return render_plain(build_letter_table(number, facts, words), words)


def tell_report(index: Path, is_new: bool, pages_count: int) -> str:
    """Where the report is, and whether it had to be made."""
    return f"Report, {format_count(pages_count, 'page')}{'' if is_new else ', unchanged'}: {index}"
