"""`wlz validate`: what a sender runs before sending, and anybody before taking in."""

import json
from pathlib import Path

import click

from pipelines.cli.console import note, say
from wlz.words.counts import format_count


@click.command(
    epilog="Example: wlz validate declaraties.csv   or   wlz validate deliveries/2018-05 --history deliveries --json"
)
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--history",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Earlier deliveries (a folder per month): adds the checks that compare.",
)
@click.option("--json", "as_machine", is_flag=True, help="Findings as JSON (docs/reference/validate.schema.json).")
def validate(path: Path, history: Path | None, as_machine: bool) -> None:
    """Check a delivered file, or a folder of them, before it is sent. Nothing is written.

    Exit code 1 when a run would refuse it; 0 with warnings or without findings; 2 when PATH holds no delivery.
    """
    from expectations.intake.validation import ValidationError, as_json, validate_path

    try:
        validation = validate_path(path, history)
    except ValidationError as error:
        note(str(error))
        raise SystemExit(2) from None
    if as_machine:
        say(json.dumps(as_json(validation), indent=2, ensure_ascii=False))
    else:
        _tell(validation)
    raise SystemExit(1 if validation.would_be_refused else 0)


def _tell(validation: object) -> None:
    from expectations.intake.validation import Validation
    from expectations.judging.shapes import format_euro
    from warehouse.store import month_label

    assert isinstance(validation, Validation)
    for arrival in validation.files:
        amount = "" if arrival.amount_eur is None else f", {format_euro(arrival.amount_eur)}"  # type: ignore[arg-type]
        rows = format_count(arrival.rows, "row")
        say(f"{arrival.kind} {month_label(arrival.month)} ({arrival.path.name}): {rows}{amount}")
    for result in validation.findings:
        verdict = "refused" if result.is_blocking else {"warn": "warning"}.get(result.severity, result.severity)
        say(f"  {verdict}: {result.message}")
    found, checks = len(validation.findings), format_count(len(validation.results), "check")
    said = "would be refused" if validation.would_be_refused else "would be taken in"
    say(f"{checks}, {found} with findings: {said}.")
    if not validation.with_history:
        say("Checks that compare with earlier deliveries were left out; name their folder with --history.")
