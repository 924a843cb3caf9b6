"""A lake with check results and somebody who is told about them: what tests of alerts start from."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl

from expectations.intake.take_in import save_results
from expectations.judging.finding import as_records
from expectations.judging.results import CheckResult
from pipelines.alerts.send import send_alerts
from warehouse.store import Store

APRIL, MAY = date(2018, 4, 1), date(2018, 5, 1)
NOW = datetime(2018, 5, 5, 6, 0)
SECRETS = ("secret-token", "127.0.0.1", "example.org", "hunter2")


def result(
    observed: str = "H126/Menzis: 3 units",
    *,
    check_id: str = "P01",
    severity: str = "warn",
    outcome: str = "failed",
    euro: float = 4_000_000.0,
    delivery: str = "declaraties-2018-05-aaaaaaaaaaaa",
    findings: pl.DataFrame | None = None,
    **about: str,
) -> CheckResult:
    """One result of a check; failed with one finding, about Menzis unless told otherwise."""
    if findings is None and outcome == "failed":
        row = {"found": observed, "findings_count": 1, "at_stake_eur": euro, "wlz_uitvoerder": "Menzis", **about}
        findings = pl.DataFrame([row])
    if findings is not None:
        findings = as_records(check_id, findings.with_columns(wording=pl.lit("text")))
    failed = outcome == "failed"
    return CheckResult(
        check_id=check_id,
        checked_table="declaraties",
        delivery_id=delivery,
        title="price above the legal maximum",
        severity=severity,
        outcome=outcome,
        findings_count=int(failed),
        at_stake_eur=Decimal(f"{euro:.2f}") if failed else None,
        observed=observed,
        expected="prices up to the maximum",
        message=observed,
        action="The delivery is used",
        findings=findings,
    )


class Desk:
    """A lake with check results, and somebody who is told about them."""

    def __init__(self, root: Path) -> None:
        self.store, self.database = Store(root / "lake"), root / "wlz.duckdb"
        self.environ: dict[str, str] = {}
        self.now, self.slept = NOW, list[float]()

    def judge(self, *results: CheckResult, month: date = MAY) -> "Desk":
        self.now += timedelta(minutes=1)
        save_results(self.store, results, month, self.now)
        return self

    def tell(self, month: date = MAY) -> list[str]:
        said = send_alerts(self.store, self.database, month, self.environ, self.now, self.slept.append)
        assert not [secret for secret in SECRETS for line in said if secret in line]
        return said
