"""`wlz report`: what it writes, prints and refuses; a run whose pages cannot be made has published all the same."""

from tests.e2e.handmade import House, invoke


def report(house: House, *arguments: str, **env: str | None):
    return invoke("report", "--data", str(house.root), *arguments, env=env or None)


def test_a_run_leaves_its_pages_and_says_where(base_house):
    index = base_house.root / "reports" / "2018-05" / "index.html"
    assert "Het Wlz-kader van 2018" in index.read_text(encoding="utf-8")
    again = report(base_house, "--delivery-month", "2018-05")
    assert again.exit_code == 0
    assert f"unchanged: {index}" in again.output


def test_every_month_in_english(house):
    made = report(house, "--all", "--language", "en")
    assert made.exit_code == 0, made.output
    assert "Wlz budget of 2018" in (house.root / "reports" / "2018-05-en" / "index.html").read_text(encoding="utf-8")
    assert (house.root / "reports" / "index-en.html").exists()


def test_a_table_in_the_terminal_is_the_table_of_the_page(base_house):
    ((expected, budget),) = base_house.query(
        "SELECT round(expected_eur / 1e6)::BIGINT, round(budget_eur / 1e6)::BIGINT FROM marts.zin_uitvoerder "
        "WHERE wlz_uitvoerder = 'Landelijk'"
    )
    printed = report(base_house, "--delivery-month", "2018-05", "--table", "3")
    assert printed.exit_code == 0
    total = next(line.split() for line in printed.output.splitlines() if line.startswith("Landelijk"))
    assert [int(cell.replace(".", "")) for cell in total[2:4]] == [expected, budget]


def test_what_is_wrong_is_said(base_house, tmp_path):
    missing = report(base_house, "--delivery-month", "2018-04")
    assert missing.exit_code == 1
    assert "2018-04 is not published" in missing.output
    assert "published: 2018-05" in missing.output
    nothing = invoke("report", "--data", str(tmp_path), "--all")
    assert nothing.exit_code == 1
    assert "nothing is published" in nothing.output
    for wrong in ((), ("--all", "--delivery-month", "2018-05"), ("--all", "--table", "3")):
        assert report(base_house, *wrong).exit_code == 2


def test_pages_that_cannot_be_made_do_not_undo_the_run(house):
    run = invoke(
        "run", "--delivery-month", "2018-05", "--data", str(house.root), env={"WLZ_MAP": str(house.root / "none.json")}
    )
    assert run.exit_code == 1
    assert "The marts are published, their pages were not made: map none.json" in run.output
    assert "Next: mend it, then wlz report --delivery-month 2018-05" in run.output
    assert "Traceback" not in run.output
    assert report(house, "--delivery-month", "2018-05").exit_code == 0
