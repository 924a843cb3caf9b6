"""What is news, and how a digest reads: pure, without servers."""

from dataclasses import fields, replace
from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.catalogue import RULES
from expectations.judging.status import Judgement
from pipelines.alerts.digest import MAX_TEXT, as_html, as_text, clean, format_amount, write_digest
from pipelines.alerts.news import Findings, choose_messages, list_findings
from pipelines.alerts.records import About, Alert, Record, Told
from pipelines.alerts.send import NOTICES
from reports.checks_nl import DUTCH, NOT_USED, REFUSED
from warehouse.tables.deliveries import DELIVERY_REGISTER
from warehouse.tables.quality import CHECK_FINDINGS, DATA_QUALITY
from wlz.words.figures import pack_figures

APRIL, MAY = date(2018, 4, 1), date(2018, 5, 1)
ALERT = Alert(
    check_id="P01",
    checked_table="declaraties",
    about=About(wlz_uitvoerder="Menzis", prestatiecode="H126"),
    numbers=pack_figures({"found": "H126/Menzis: 80, maximum 50"}),
    delivery_id="declaraties-2018-05-aaaaaaaaaaaa",
    delivery_month=MAY,
    severity="warn",
    observed="H126/Menzis: 80, maximum 50",
    at_stake_eur=4_000_000.0,
    title="price above the legal maximum",
    expected="prices up to the maximum",
    action="The delivery is used",
    next_step="ask the Wlz-uitvoerder",
)
JUDGED = {("P01", "declaraties"): Judgement(MAY, is_conclusive=True)}


def tell(alert: Alert, **changes: object) -> Told:
    """What is remembered of an alert that was sent."""
    told = Told(**{field.name: getattr(alert, field.name) for field in fields(Record)})
    return replace(told, **changes)


def digest_of(*alerts: Alert, language: str = "nl", kader: float | None = 20e9, told: tuple[Told, ...] = ()):
    thresholds = {"price_above_maximum_ratio": 0.1, "price_above_maximum_eur": 1000.0}
    findings = Findings(list(alerts), judged=JUDGED, thresholds=thresholds)
    return write_digest(choose_messages(findings, told), findings, MAY, kader, language)


# ---- what is news ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ([], "new"),
        ([tell(ALERT)], "standing"),
        ([tell(ALERT, at_stake_eur=2_000_001.0)], "standing"),
        ([tell(ALERT, at_stake_eur=2_000_000.0)], "worse"),
        ([tell(ALERT, at_stake_eur=None)], "standing"),
        ([tell(ALERT, severity="block")], "standing"),
        ([tell(ALERT, delivery_id="declaraties-2018-04-x", delivery_month=APRIL)], "standing"),
        ([tell(ALERT, about=About(wlz_uitvoerder="Menzis", prestatiecode="Z025"))], "new"),
        ([tell(ALERT, about=ALERT.about._replace(agb_code="01234567"))], "new"),
        ([tell(ALERT, about=ALERT.about._replace(care_month="2018-03"))], "new"),
        ([tell(ALERT, observed="other words", wording="other", numbers="{}")], "standing"),
        ([tell(ALERT, is_waiting=True)], "new"),
    ],
)
def test_kind_of_news_of_a_warning(told, kind):
    news = choose_messages(Findings([ALERT]), told)
    assert {name: len(getattr(news, name)) for name in ("new", "worse", "standing")} == {
        "new": kind == "new",
        "worse": kind == "worse",
        "standing": kind == "standing",
    }


@pytest.mark.parametrize(
    ("told", "is_worse"),
    [
        (tell(ALERT), True),
        (tell(ALERT, severity="block"), False),
        (tell(ALERT, severity="block", delivery_id="declaraties-2018-04-x"), True),
    ],
    ids=["after a warning", "the same block", "a block on another delivery"],
)
def test_a_block_that_is_worse_than_what_was_told(told, is_worse):
    news = choose_messages(Findings([replace(ALERT, severity="block")]), [told])
    assert len(news.worse) == is_worse


@pytest.mark.parametrize(
    ("judged", "is_solved"),
    [
        (JUDGED, True),
        ({("P01", "declaraties"): Judgement(MAY, is_conclusive=False)}, False),
        ({("P01", "declaraties"): Judgement(APRIL, is_conclusive=True)}, False),
        ({("P01", "herschikking"): Judgement(MAY, is_conclusive=True)}, False),
        ({}, False),
    ],
    ids=["judged without it", "broken or more than named", "an earlier month", "another table", "not judged"],
)
def test_when_a_finding_is_solved(judged, is_solved):
    assert len(choose_messages(Findings([], judged=judged), [tell(ALERT)]).solved) == is_solved


@pytest.mark.parametrize(
    ("judged_in", "released", "kind"),
    [
        (ALERT.delivery_id, {("P01", ALERT.delivery_id)}, "released"),
        (ALERT.delivery_id, {("P02", ALERT.delivery_id)}, "solved"),
        ("declaraties-2018-05-bbbbbbbbbbbb", {("P01", ALERT.delivery_id)}, "solved"),
    ],
    ids=["rows of this check and delivery", "of another check", "another delivery is right"],
)
def test_what_a_person_released_is_not_called_solved(judged_in, released, kind):
    judged = {("P01", "declaraties"): Judgement(MAY, True, judged_in)}
    findings = Findings([], judged=judged, released=released)
    news = choose_messages(findings, [tell(ALERT)])
    assert (len(news.solved), len(news.released)) == (int(kind == "solved"), int(kind == "released"))
    for language, words in (("nl", "Vrijgegeven door een mens: P01 prijs"), ("en", "Released by a person: P01: H126")):
        text = as_text(write_digest(news, findings, MAY, None, language))
        assert (words in text) == (kind == "released")
        assert ("\nOpgelost\n" in text or "\nSolved\n" in text) == (kind == "solved")


def test_an_accepted_finding_is_no_news_and_not_solved():
    news = choose_messages(Findings([replace(ALERT, is_accepted=True)], judged=JUDGED), [tell(ALERT)])
    assert news.is_empty
    assert choose_messages(Findings([replace(ALERT, is_accepted=True)]), []).is_empty


amounts = st.one_of(st.none(), st.floats(0, 1e9))
alerts = st.builds(
    replace,
    st.just(ALERT),
    check_id=st.sampled_from(["P01", "D03"]),
    about=st.builds(About, st.sampled_from(["a", "b", "c"])),
    severity=st.sampled_from(["block", "warn"]),
    at_stake_eur=amounts,
    is_accepted=st.booleans(),
)


@given(st.lists(alerts, max_size=8, unique_by=lambda alert: alert.key))
def test_what_was_just_told_is_not_told_again(found):
    judged = {(check_id, "declaraties"): Judgement(MAY, is_conclusive=True) for check_id in ("P01", "D03")}
    first = choose_messages(Findings(found, judged=judged), [])
    assert choose_messages(Findings(found, judged=judged), [tell(one) for one in first.new]).is_empty


# ---- from the lake -----------------------------------------------------------------------------------------------


def quality_row(outcome: str, *, delivery: str = "d-a", hour: int = 1, revision: int = 1, **more: object) -> dict:
    row = {
        "delivery_month": MAY,
        "check_id": "P01",
        "checked_table": "declaraties",
        "delivery_id": delivery,
        "title": "price",
        "severity": "warn",
        "outcome": outcome,
        "findings_count": int(outcome == "failed"),
        "observed": "seen",
        "message": "seen",
        "action": "used",
        "revision": revision,
        "judged_at": datetime(2018, 5, 5, hour),
    }
    return row | more


def finding_row(number: int, found: str, delivery: str = "d-a", **more: object) -> dict:
    return {
        "delivery_month": MAY,
        "check_id": "P01",
        "checked_table": "declaraties",
        "delivery_id": delivery,
        "finding_number": number,
        "wlz_uitvoerder": "Menzis",
        "observed": found,
        "findings_count": 1,
        "merged_count": 0,
        "numbers": pack_figures({"found": found}),
        "at_stake_eur": Decimal("10.50"),
        **more,
    }


def findings_of(quality: list[dict], found: list[dict] = (), arrived: dict[str, int] | None = None) -> Findings:
    register = DELIVERY_REGISTER.empty()
    for delivery_id, hour in (arrived or {}).items():
        row = {"delivery_id": delivery_id, "registered_at": datetime(2018, 5, 5, hour)}
        register = pl.concat([register, pl.DataFrame([row])], how="diagonal_relaxed")
    frame = pl.DataFrame(quality, schema=DATA_QUALITY.schema, strict=False)
    return list_findings(frame, pl.DataFrame(list(found), schema=CHECK_FINDINGS.schema, strict=False), register, MAY)


def test_findings_of_the_last_judgement_stand():
    quality = [quality_row("failed"), quality_row("failed", delivery="d-b", hour=2)]
    found = findings_of(quality, [finding_row(1, "old"), finding_row(1, "H126: 3 units", "d-b")])
    assert [(alert.observed, alert.delivery_id, alert.at_stake_eur) for alert in found.alerts] == [
        ("H126: 3 units", "d-b", 10.5)
    ]


def test_a_delivery_that_was_put_back_stands_though_it_was_judged_earlier():
    quality = [quality_row("failed"), quality_row("passed", delivery="d-b", hour=2)]
    found = [finding_row(1, "H126: 3 units")]
    assert findings_of(quality, found, {"d-a": 1, "d-b": 2}).alerts == []
    assert len(findings_of(quality, found, {"d-a": 3, "d-b": 2}).alerts) == 1


def test_the_last_revision_counts():
    quality = [quality_row("failed"), quality_row("passed", hour=3, revision=2)]
    assert findings_of(quality, [finding_row(1, "gone")]).alerts == []


def test_the_rest_is_counted_and_leaves_open_what_is_solved():
    rest = finding_row(2, "whatever it says", merged_count=1480)
    found = findings_of([quality_row("failed")], [finding_row(1, "H126: 3 units"), rest])
    assert [alert.observed for alert in found.alerts] == ["H126: 3 units"]
    assert found.unnamed_counts == {"P01": 1480}
    assert not found.judged["P01", "declaraties"].is_conclusive


def test_a_finding_is_named_by_its_columns():
    about = {"zorgkantoor_code": "5501", "agb_code": "01234567", "prestatiecode": "H126", "unit_code": "01"}
    row = finding_row(1, "whatever it says", care_month=date(2018, 3, 1), **about)
    (alert,) = findings_of([quality_row("failed")], [row]).alerts
    assert alert.key == ("P01", "declaraties", "", About("Menzis", "5501", "01234567", "H126", "01", "2018-03"))


def test_findings_from_before_they_were_records_are_known_by_their_old_words():
    """The row of the rest was the one after the twenty that are named."""
    rows = [finding_row(number, text, merged_count=None, numbers=None) for number, text in ((1, "3 units"), (21, "9"))]
    found = findings_of([quality_row("failed")], rows)
    assert [alert.subject for alert in found.alerts] == ["Menzis: # units"]
    assert found.unnamed_counts == {"P01": 1}


def test_a_warning_on_a_refused_delivery_does_not_say_it_is_used():
    register = DELIVERY_REGISTER.empty()
    row = {"delivery_id": "d-a", "delivery_status": "refused", "registered_at": datetime(2018, 5, 5)}
    register = pl.concat([register, pl.DataFrame([row])], how="diagonal_relaxed")
    rows = [
        quality_row("failed", action="The delivery is used"),
        quality_row("failed", check_id="D03", severity="block"),
    ]
    quality = pl.DataFrame(rows, schema=DATA_QUALITY.schema, strict=False)
    found = {one.check_id: one for one in list_findings(quality, CHECK_FINDINGS.empty(), register, MAY).alerts}
    assert found["P01"].action == "Nothing of it is used: the delivery is refused"
    assert digest_of(found["P01"]).entries[0].fields["action"] == NOT_USED
    assert digest_of(found["D03"]).entries[0].fields["action"] == REFUSED


def test_a_result_without_findings_on_record_is_one_finding():
    (alert,) = findings_of([quality_row("failed", at_stake_eur=Decimal("7.00"))]).alerts
    assert (alert.observed, alert.at_stake_eur) == ("seen", 7.0)


@pytest.mark.parametrize(("outcome", "count"), [("failed", 0), ("passed", 0), ("broken", 1)])
def test_info_is_heard_of_only_when_its_check_is_broken(outcome, count):
    found = findings_of([quality_row(outcome, severity="info")])
    assert len(found.alerts) == count
    assert found.judged["P01", "declaraties"].is_conclusive == (outcome != "broken")


# ---- words -------------------------------------------------------------------------------------------------------


def test_every_rule_and_notice_has_its_dutch():
    wanted = {rule.check_id for rule in RULES} | {*NOTICES, "contract"}
    assert sorted(wanted - set(DUTCH)) == []
    assert [check_id for check_id, words in DUTCH.items() if not all(words)] == []


def test_digest_in_dutch():
    assert as_text(digest_of(ALERT)) == (
        "Controles tot en met aanlevermaand 2018-05: 1 waarschuwing. "
        "Grootste bedrag: € 4,0 mln (0,02 % van het zin-kader).\n\n"
        "WAARSCHUWING P01 prijs boven het wettelijk maximum\n"
        "  Aanlevering: declaraties-2018-05-aaaaaaaaaaaa\n"
        "  Gevonden: H126/Menzis: 80, maximum 50\n"
        "  Verwacht: hoogstens het maximumtarief met NHC en NIC, + 10 % en € 1.000\n"
        "  Bedrag: € 4,0 mln (0,02 % van het zin-kader)\n"
        "  Gedaan: De aanlevering wordt gebruikt; het bedrag telt zoals het er staat\n"
        "  Volgende stap: de Wlz-uitvoerder vragen het met de zorgaanbieder na te gaan\n\n"
        "Alles staat in marts.data_quality.\n"
    )


def test_digest_in_english_has_the_words_of_the_result():
    text = as_text(digest_of(ALERT, language="en", kader=None))
    assert "WARNING P01 price above the legal maximum\n" in text
    assert "  Amount: € 4.0 mln\n  Done: The delivery is used\n  Next: ask the Wlz-uitvoerder\n" in text


def test_blocks_first_then_by_euro():
    found = [
        replace(ALERT, about=About(str(number)), severity=severity, at_stake_eur=euro)
        for number, (severity, euro) in enumerate([("warn", 1.0), ("warn", None), ("block", 2.0), ("warn", 9.0)])
    ]
    digest = digest_of(*found)
    assert [entry.at_stake_eur for entry in digest.entries] == [2.0, 9.0, 1.0, None]
    assert digest.subject == "Wlz-kader 2018-05: 1 blokkade, 3 waarschuwingen"
    assert digest.entries[0].fields["action"] == REFUSED
    assert digest.entries[3].fields["amount"] == "niet bekend"


def test_worse_broken_solved_and_standing_are_said():
    gone = replace(ALERT, about=About("gone"), numbers=pack_figures({"found": "H999: 2 units"}))
    broken = replace(ALERT, check_id="V07", subject="broken", severity="block", is_broken=True)
    stood = replace(ALERT, about=About("stood"))
    told = (tell(ALERT, at_stake_eur=1.0), tell(gone), tell(stood))
    text = as_text(digest_of(ALERT, broken, stood, told=told))
    assert "prijs boven het wettelijk maximum (erger dan gemeld)" in text
    assert "som tegen controletotaal (de controle zelf is stuk)" in text
    assert "Opgelost\n  P01 prijs boven het wettelijk maximum: H999: 2 units (€ 4,0 mln)" in text
    assert "Stond er al, en hierboven niet herhaald: P01 (1)." in text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("agb_code 73730001 in zorgkantoor 5501", "agb_code zorgaanbieder in zorgkantoor 5501"),
        ("zorgkantoor 5501, provider 73730001, prestatie H104", "zorgkantoor 5501, zorgaanbieder, prestatie H104"),
        ("€ 12345678.90 and 12,345,678 rows", "€ 12345678.90 and 12,345,678 rows"),
        ("declaraties-2018-05-123456789012", "declaraties-2018-05-123456789012"),
        ("OSError: [Errno 2] '/srv/data/lake/x.parquet'", "OSError: [Errno 2] '(pad)'"),
        (r"C:\data\wlz\x.csv, row 3", "(pad), row 3"),
        ("2018-05/kader.csv, H126/Menzis", "2018-05/kader.csv, H126/Menzis"),
        ("see https://hooks.example/T0/secret or a.vos@example.org", "see (adres) or (adres)"),
        ("a\r\nBcc: b\x00\u202ec", "a Bcc: b c"),
        ("", ""),
    ],
)
def test_clean_takes_out_what_nobody_outside_needs(text, safe):
    assert clean(text, "nl") == safe


@given(st.text(max_size=2_000))
def test_any_words_become_one_printable_line_of_bounded_length(text):
    cleaned = clean(text, "en")
    assert len(cleaned) <= MAX_TEXT
    assert cleaned.isprintable()
    hostile = f"<script>{text}"
    figures = pack_figures({"found": hostile})
    digest = digest_of(replace(ALERT, numbers=figures, delivery_id=hostile, title=hostile), language="en")
    assert len(as_text(digest).splitlines()) == 11
    assert "<script" not in as_html(digest)


@pytest.mark.parametrize(
    ("amount", "language", "text"),
    [
        (92_345_678.0, "nl", "€ 92,3 mln"),
        (92_345_678.0, "en", "€ 92.3 mln"),
        (1_234_567_890.0, "nl", "€ 1.234,6 mln"),
        (-1_234.56, "nl", "€ -1.235"),
        (0.0, "nl", "€ 0"),
    ],
)
def test_amounts_as_people_read_them(amount, language, text):
    assert format_amount(amount, language) == text


def test_a_tiny_share_is_not_shown_as_nothing():
    assert digest_of(replace(ALERT, at_stake_eur=5.0)).entries[0].fields["amount"] == (
        "€ 5 (minder dan 0,01 % van het zin-kader)"
    )
