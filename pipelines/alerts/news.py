"""What is news: findings of the last judgement of every check, held against what was told before.

Pure: frames and values in, values out. How it is worded is in ``digest.py``, sending and remembering in ``send.py``.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from expectations.catalogue import RULES
from expectations.judging.results import NOT_USED

GROWN = 2  # told again when the euro at stake is this many times what was told
ABOUT_PROVIDERS = "L12"  # checks on single providers: not told outside the house (catalogue of checks)
TOLD_SEVERITIES = ("block", "warn")  # info is on record (marts.data_quality), nobody is called for it
_NEXT_STEPS = {rule.check_id: rule.next_step for rule in RULES}
_JUDGED_KEY = ["check_id", "checked_table"]
_OF_RESULT = ["delivery_month", *_JUDGED_KEY, "delivery_id"]
_REST = re.compile(r"[\d,.]+ more")  # the row that counts the findings beyond the largest ones
# A number that says how much or where in the file; not a month, a code with letters, or a code after its name.
_AMOUNT = re.compile(
    r"(?<![\w/.,-])(?<!zorgkantoor )(?<!prestatie )(?<!unit )(?<!agb )(?<!agb_code )-?\d[\d.,]*(?![\w/-])"
)
_COUNTED = re.compile(r"# (row|unit|month)\b")  # one of them is the same finding as several

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Alert:
    """One finding of a check on a delivery or table, or a notice (claims overdue, a run that failed)."""

    check_id: str
    checked_table: str
    subject: str
    delivery_id: str
    delivery_month: date
    severity: str
    observed: str
    at_stake_eur: float | None = None
    title: str = ""
    expected: str = ""
    action: str = ""
    next_step: str = ""
    is_broken: bool = False
    is_accepted: bool = False
    is_of_refused: bool = False  # says nothing of a refusal itself, but is about a delivery that was refused

    @property
    def key(self) -> Key:
        """What makes two findings the same one: check, table and whom or what it is about, not how much."""
        return self.check_id, self.checked_table, self.subject


@dataclass(frozen=True)
class Told:
    """What was told of a finding through one channel; ``is_waiting`` when it could not be sent yet."""

    check_id: str
    checked_table: str
    subject: str
    delivery_id: str
    delivery_month: date
    severity: str
    observed: str
    at_stake_eur: float | None
    is_waiting: bool = False

    @property
    def key(self) -> Key:
        """The key of the finding."""
        return self.check_id, self.checked_table, self.subject


@dataclass(frozen=True)
class Judgement:
    """The last judgement of a check: its month and delivery, and whether a finding that is not in it is gone."""

    delivery_month: date
    is_conclusive: bool
    delivery_id: str = ""


@dataclass(frozen=True)
class Findings:
    """All that stands: findings, how many more each check counted without naming them, and what was judged when.

    ``released`` are checks and deliveries of which a person released the rows from quarantine; ``late_providers`` the
    deliveries in which single providers are late, whatever the severity.
    """

    alerts: list[Alert]
    unnamed_counts: Mapping[str, int] = field(default_factory=dict)
    judged: Mapping[tuple[str, str], Judgement] = field(default_factory=dict)
    released: Collection[tuple[str, str]] = ()
    late_providers: Collection[str] = ()


@dataclass(frozen=True)
class News:
    """What to tell through one channel, and how much of what stands was told before."""

    new: list[Alert]
    worse: list[Alert]
    solved: list[Told]
    standing: list[Alert]
    released: list[Told] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.new or self.worse or self.gone)

    @property
    def gone(self) -> list[Told]:
        """What was told and no longer stands, solved or released."""
        return [*self.solved, *self.released]


def choose_messages(findings: Findings, told: Sequence[Told]) -> News:
    """Which findings to tell, given what was told through this channel.

    New is what was not told; worse is a block after a warning, a block on another delivery, or twice the euro. Solved
    is what was told and is not in a later judgement of the same check on the same table; a check that is broken, or
    that found more than it names, solves nothing. Released is what would be solved, but for a person who released the
    rows of that same delivery. What a person accepted is neither news nor solved.

    >>> choose_messages(Findings([]), []).is_empty
    True
    """
    before = {one.key: one for one in told if not one.is_waiting}
    new: list[Alert] = []
    worse: list[Alert] = []
    standing: list[Alert] = []
    for alert in findings.alerts:
        if alert.is_accepted:
            continue
        earlier = before.get(alert.key)
        (new if earlier is None else worse if _is_worse(alert, earlier) else standing).append(alert)
    present = {alert.key for alert in findings.alerts}
    gone = [one for one in before.values() if one.key not in present and _is_solved(one, findings.judged)]
    released = [one for one in gone if _is_released(one, findings)]
    return News(new, worse, [one for one in gone if one not in released], standing, released)


def _is_worse(alert: Alert, earlier: Told) -> bool:
    if alert.severity == "block" and (earlier.severity != "block" or earlier.delivery_id != alert.delivery_id):
        return True
    amount, before = alert.at_stake_eur, earlier.at_stake_eur
    return amount is not None and before is not None and amount > 0 and amount >= GROWN * before


def _is_solved(earlier: Told, judged: Mapping[tuple[str, str], Judgement]) -> bool:
    judgement = judged.get((earlier.check_id, earlier.checked_table))
    return judgement is not None and judgement.is_conclusive and judgement.delivery_month >= earlier.delivery_month


def _is_released(gone: Told, findings: Findings) -> bool:
    """Whether the delivery is the same one and its rows were let in: nothing in them was mended."""
    judgement = findings.judged[gone.check_id, gone.checked_table]
    return judgement.delivery_id == gone.delivery_id and (gone.check_id, gone.delivery_id) in findings.released


def list_findings(
    quality: pl.DataFrame,
    check_findings: pl.DataFrame,
    register: pl.DataFrame,
    delivery_month: date,
    released: Collection[tuple[str, str]] = (),
) -> Findings:
    """What stands at a delivery month: the findings of the last judgement of every check on every table.

    ``quality`` and ``check_findings`` hold the months up to this one (DATA_QUALITY, CHECK_FINDINGS), ``register`` says
    which delivery came last: one that was put back counts from then. Results of severity info are left out, unless the
    check is broken.
    """
    latest = _latest_judgements(quality.filter(pl.col("delivery_month") <= delivery_month), register)
    found = check_findings.join(latest, on=_OF_RESULT, how="semi").filter(pl.col("findings_count") > 0)
    is_rest = pl.col("observed").str.contains(f"^{_REST.pattern}$")
    unnamed = found.filter(is_rest)
    loud = (pl.col("outcome") == "broken") | (
        (pl.col("outcome") == "failed") & pl.col("severity").is_in(TOLD_SEVERITIES)
    )
    results = latest.filter(loud).drop("observed", "at_stake_eur", "findings_count")
    named = results.join(found.filter(~is_rest), on=_OF_RESULT, how="inner")
    whole = latest.filter(loud).join(named, on=_OF_RESULT, how="anti").with_columns(wlz_uitvoerder=pl.lit(None))
    columns = [*results.columns, "wlz_uitvoerder", "observed", "at_stake_eur"]
    rows = pl.concat([named.select(columns), whole.select(columns)], how="vertical_relaxed")
    with_rest = set(unnamed.select(_JUDGED_KEY).iter_rows())
    judged = {
        (check_id, table): Judgement(month, outcome != "broken" and (check_id, table) not in with_rest, delivery_id)
        for check_id, table, month, outcome, delivery_id in latest.select(
            *_JUDGED_KEY, "delivery_month", "outcome", "delivery_id"
        ).iter_rows()
    }
    counted = unnamed.join(results, on=_OF_RESULT, how="semi").select("check_id", "observed")
    unnamed_counts: dict[str, int] = {}
    for check_id, text in counted.iter_rows():
        count = int(re.sub(r"\D", "", text))
        unnamed_counts[check_id] = unnamed_counts.get(check_id, 0) + count
    refused = set(register.filter(delivery_status="refused")["delivery_id"])
    alerts = [_as_alert(row, refused) for row in rows.iter_rows(named=True)]
    late = latest.filter(pl.col("check_id").str.starts_with(ABOUT_PROVIDERS), outcome="failed")
    return Findings(alerts, unnamed_counts, judged, released, set(late["delivery_id"]))


def _latest_judgements(quality: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """The last judgement of every check on every table: of the latest month, the delivery that came in last.

    Of deliveries that came in together that of the latest month, also when a run that fell back judged an older one
    after it: what was refused still stands.
    """
    arrived = register.select("delivery_id", "registered_at", pl.col("delivery_month").alias("of_month")).unique(
        "delivery_id", keep="last"
    )
    return (
        quality.join(arrived, on="delivery_id", how="left")
        .with_columns(pl.coalesce("registered_at", "judged_at").alias("arrived_at"))
        .sort("delivery_month", "arrived_at", "of_month", "judged_at", "delivery_id", "revision")
        .unique(_JUDGED_KEY, keep="last", maintain_order=True)
        .select(quality.columns)
    )


def _as_alert(row: Mapping[str, object], refused: Collection[str]) -> Alert:
    check_id, observed = str(row["check_id"]), str(row["observed"] or "")
    is_of_refused = row["delivery_id"] in refused and row["severity"] != "block"
    amount = row["at_stake_eur"]
    return Alert(
        check_id=check_id,
        checked_table=str(row["checked_table"]),
        subject="broken" if row["outcome"] == "broken" else name_subject(observed, row["wlz_uitvoerder"]),
        delivery_id=str(row["delivery_id"]),
        delivery_month=row["delivery_month"],  # type: ignore[arg-type]
        severity=str(row["severity"]),
        observed=observed,
        at_stake_eur=None if amount is None else float(amount),  # type: ignore[arg-type]
        title=str(row["title"]),
        expected=str(row["expected"] or ""),
        action=NOT_USED if is_of_refused else str(row["action"]),
        next_step=_NEXT_STEPS.get(check_id, ""),
        is_broken=row["outcome"] == "broken",
        is_accepted=row["accepted_by"] is not None,
        is_of_refused=is_of_refused,
    )


def name_subject(observed: str, wlz_uitvoerder: object = None) -> str:
    """Whom or what a finding is about: its words without the numbers that change from run to run.

    Months, codes with letters and zorgkantoor codes stay, amounts and row numbers go.

    >>> name_subject("row 12: H126/Menzis, 2018-03: 1,234 units at € 56.78", "Menzis")
    'Menzis: row #: H126/Menzis, 2018-03: # units at € #'
    """
    words = _AMOUNT.sub("#", observed).replace("# mln", "#")
    words = _COUNTED.sub(r"# \1s", words)[:300]
    return f"{wlz_uitvoerder}: {words}" if wlz_uitvoerder else words
