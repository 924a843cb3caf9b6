"""A kader that the round of May 2018 names and that did not come, came late, or came: what a run says of it."""

from datetime import date

from tests.e2e.handmade import House, claims, grants, kader

JANUARY, LATE = date(2018, 1, 15), date(2018, 5, 20)
SQL = "select outcome, severity, at_stake_eur::int, observed from marts.data_quality where check_id = 'D15'"
RESTS = "€ 53,000 rests on that of 2018-01, or on what stands in for it"


def test_a_month_with_all_that_was_due_has_no_such_finding(base_house: House) -> None:
    assert [row[:2] for row in base_house.query(SQL)] == [("passed", "warn")]


def test_an_advice_on_the_kader_before_says_so_with_its_euro(empty_house: House) -> None:
    """€ 25,000 of zin and 1,500 of pgb in two regions rest on the kader of January; the advice is published."""
    house = empty_house
    house.deliver("declaraties", [*claims("Z025"), *claims("Z041")])
    house.deliver("pgb_verleningen", grants())
    house.deliver("kader", kader(stand=JANUARY), month="2018-01", on=JANUARY)
    house.publish()
    assert house.query(SQL) == [("failed", "warn", 53_000, f"kader: due on 2018-05-15, not delivered; {RESTS}")]
    page = (house.root / "reports" / "2018-05" / "herkomst.html").read_text(encoding="utf-8")
    assert "verwachte aanlevering ontbreekt" in page
    house.deliver("kader", kader(stand=LATE), on=LATE)
    again = house.run()
    late = f"kader: due on 2018-05-15, delivered on 2018-05-20, after the cut-off of 2018-05-15; {RESTS}"
    assert again.exit_code == 0
    assert "warning: D15 " in again.output
    assert late in again.output
    assert late in [row[3] for row in house.query(SQL)]
