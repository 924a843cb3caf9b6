"""`wlz report`: the report of a month again, from the published marts."""

from datetime import date
from pathlib import Path

import click

from pipelines.cli.console import Month, data_option, note, resolve_data, say


@click.command(epilog="Example: wlz report --delivery-month 2018-05 --open")
@click.option("--delivery-month", "month", type=Month(), required=True, help="Month of the claims delivery, YYYY-MM.")
@data_option
@click.option(
    "--language", type=click.Choice(["nl", "en"]), default="nl", show_default=True, help="Language of the pages."
)
@click.option("--table", "number", type=click.IntRange(1, 6), help="Print this table of the letter, and no pages.")
@click.option("--open", "opens", is_flag=True, help="Show it in the browser.")
def report(month: date, data_dir: Path | None, language: str, number: int | None, opens: bool) -> None:
    """Write the report of a published month as pages (DATA/reports/YYYY-MM), or print one of its tables.

    Nothing is computed again. A report made of the same rows is left as it is.
    """
    from reports.facts import ReportError
    from reports.site import build_site

    data = resolve_data(data_dir)
    try:
        if number is not None:
            say(print_letter_table(data / "wlz.duckdb", month, number, language))
            return
        site = build_site(data / "wlz.duckdb", data / "reports", month, language)
    except ReportError as error:
        note(str(error))
        raise SystemExit(1) from None
    except OSError as error:
        note(f"The report was not written: {error}. Next: name a data folder that can be written, with --data")
        raise SystemExit(1) from None
    say(tell_report(site.index, site.is_new, site.pages_count))
    if opens:
        click.launch(site.index.as_uri())


def print_letter_table(database: Path, month: date, number: int, language: str) -> str:
    """One of the tables 1 to 6 as the pages show it, in columns."""
    from reports.facts import load_facts
    from reports.language import load_language
    from reports.tables.letter import build_letter_table
    from reports.terminal import render_plain

    facts, words = load_facts(database, month), load_language(language)
    return render_plain(build_letter_table(number, facts, words), words)


def tell_report(index: Path, is_new: bool, pages_count: int) -> str:
    """Where the report is, and whether it had to be made."""
    return f"Report, {pages_count} pages{'' if is_new else ', unchanged'}: {index}"
