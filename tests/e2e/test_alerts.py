"""What is told through a real webhook: once, again when worse, and when solved. Faults: test_alert_channels.py."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from expectations.intake.decisions import release_rows
from expectations.intake.take_in import take_in
from pipelines.alerts.send import DUE, RUN, send_notice, solve_notices, write_notice
from tests.e2e.alert_desk import APRIL, MAY, NOW, Desk, result
from tests.e2e.alert_servers import webhook_server
from tests.e2e.handmade import claims, kader, write_delivery
from tests.lists import LISTS
from warehouse import duck, registry
from warehouse.alert_state import read_alert_state

KADER_EUR = 20_000_000_000


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def hook(desk: Desk) -> Iterator:
    with webhook_server() as log:
        desk.environ["WLZ_ALERT_WEBHOOK"] = log.url
        yield log


# ---- what is told ------------------------------------------------------------------------------------------------


def test_nothing_set_nothing_done(desk):
    assert desk.judge(result()).tell() == []
    assert not (desk.store.root / "alerts").exists()


def test_english_and_the_share_of_the_kader(desk, hook):
    with duck.connect_writer(desk.database) as connection:
        connection.execute("CREATE SCHEMA wlz.marts")
        table = registry.marts()["utilisation_national"]
        duck.create_table(connection, "wlz.marts", table)
        connection.execute(
            f"INSERT INTO wlz.marts.{table.name} BY NAME SELECT DATE '2018-04-01' AS delivery_month, 'zin' AS part, "
            f"{KADER_EUR} AS budget_eur"
        )
    desk.environ["WLZ_ALERT_LANGUAGE"] = "en"
    desk.judge(result()).tell()
    assert "WARNING P01 price above the legal maximum" in hook.posts[0]["text"]
    assert "Amount: € 4.0 mln (0.02 % of the zin kader)" in hook.posts[0]["text"]
    assert "Done: The delivery is used" in hook.posts[0]["text"]


@pytest.mark.parametrize(
    "worse",
    [
        result(euro=8_000_000),
        result(severity="block"),
    ],
    ids=["twice the euro", "a block after a warning"],
)
def test_a_worse_finding_is_told_again(desk, hook, worse):
    desk.judge(result()).tell()
    assert desk.judge(result(euro=7_900_000)).tell() == []
    desk.judge(worse).tell()
    assert "(erger dan gemeld)" in hook.posts[1]["text"]
    assert desk.judge(worse).tell() == []


def test_the_same_block_on_another_delivery_is_told_again(desk, hook):
    block = result(severity="block")
    desk.judge(block).tell()
    desk.judge(replace(block, delivery_id="declaraties-2018-05-bbbbbbbbbbbb")).tell()
    assert [post["findings"][0]["delivery"][-12:] for post in hook.posts] == ["a" * 12, "b" * 12]


def test_a_finding_that_is_gone_is_told_as_solved_and_is_news_when_it_returns(desk, hook):
    desk.judge(result()).tell()
    assert desk.judge(result("none", outcome="passed")).tell() == [
        "alerts: sent by webhook: Wlz-kader 2018-05: 1 opgelost"
    ]
    assert hook.posts[1]["solved"] == ["P01 prijs boven het wettelijk maximum: H126/Menzis: 3 units (€ 4,0 mln)"]
    assert desk.tell() == []
    desk.judge(result()).tell()
    assert len(hook.posts[2]["findings"]) == 1


def test_one_of_two_findings_is_solved_by_the_next_month(desk, hook):
    both = pl.DataFrame(
        [
            {"found": f"H126/{who}: 3 units", "findings_count": 1, "at_stake_eur": 1e6, "wlz_uitvoerder": who}
            for who in ("Menzis", "Zilveren Kruis")
        ]
    )
    desk.judge(result(findings=both, delivery="declaraties-2018-04-aaaaaaaaaaaa"), month=APRIL).tell(APRIL)
    desk.judge(result(findings=both.filter(wlz_uitvoerder="Menzis"))).tell()
    assert hook.posts[1]["findings"] == []
    (solved,) = hook.posts[1]["solved"]
    assert "H126/Zilveren Kruis: 3 units" in solved


def test_an_earlier_month_run_again_solves_nothing_of_a_later_one(desk, hook):
    desk.judge(result("ok", outcome="passed", delivery="declaraties-2018-04-aaaaaaaaaaaa"), month=APRIL)
    desk.judge(result()).tell()
    assert desk.tell(APRIL) == []


def test_a_broken_check_solves_nothing_and_is_told(desk, hook):
    desk.judge(result()).tell()
    desk.judge(result("KeyError: 'x' in /srv/data/secret/rule.py", outcome="broken")).tell()
    assert hook.posts[1]["solved"] == []
    assert "de controle zelf is stuk" in hook.posts[1]["text"]
    assert "/srv/data" not in hook.posts[1]["text"]


def test_info_is_not_told_and_single_providers_only_inside(desk, hook):
    late = result("agb_code 73730001 is late", check_id="L12")
    desk.judge(result(check_id="L04", severity="info"), late)
    assert desk.tell() == []
    desk.environ["WLZ_ALERT_INTERNAL"] = "yes"
    desk.tell()
    (finding,) = hook.posts[0]["findings"]
    assert finding["observed"] == "agb_code zorgaanbieder is late"
    desk.environ.pop("WLZ_ALERT_INTERNAL")
    assert desk.tell() == []  # what is kept inside is not called solved outside


def test_providers_that_are_late_are_hinted_at_outside_without_a_name(desk, hook):
    """Beside what they may have brought about in that delivery, and not where they are named, or about prices."""
    late = result("agb_code 73730001 is late", check_id="L12", severity="info")
    hint = "Enkele zorgaanbieders zijn laat en kunnen hiervan de oorzaak zijn: zie marts.monitor_provider."
    desk.judge(late, result()).tell()
    desk.judge(result("CZ, Z041: level", check_id="V03-level")).tell()
    assert [hint in post["notes"] for post in hook.posts] == [False, True]
    assert "73730001" not in hook.posts[1]["text"]
    desk.environ["WLZ_ALERT_INTERNAL"] = "yes"
    desk.judge(result("CZ, Z042: level", check_id="V03-level", prestatiecode="Z042")).tell()
    assert hint not in hook.posts[2]["notes"]


def test_rows_that_a_person_released_are_not_called_solved(desk, hook, tmp_path):
    """€ −1 for 0.1: in quarantine; released it counts as it is, and nobody mended anything."""
    landing, quarantine = tmp_path / "deliveries", tmp_path / "quarantine"
    wrong = [(*row[:-1], -row[-1]) for row in claims("Z025", volume=0.1, agb="01234567")]
    write_delivery(landing, "kader", kader(), month="2018-05", on=date(2018, 5, 15))
    write_delivery(landing, "declaraties", [*claims("Z025"), *wrong], month="2018-05", on=date(2018, 5, 2))

    def take(hours: int) -> None:
        take_in(landing, desk.store, quarantine, MAY, NOW + timedelta(hours=hours), print)
        desk.tell()

    take(0)
    told = next(one for one in hook.posts[0]["findings"] if one["check_id"] == "P02")
    who = ("A. Vos", "a correction", NOW + timedelta(hours=1))
    release_rows(desk.store, quarantine, LISTS, "P02", told["delivery"], *who)
    take(2)
    assert "1 vrijgegeven door een mens" in hook.posts[1]["subject"]
    assert hook.posts[1]["solved"] == []
    assert hook.posts[1]["notes"][0].startswith(
        "Vrijgegeven door een mens: P02 prijs niet positief: bedrag en volume hebben een verschillend teken"
    )
    assert "A. Vos" not in hook.posts[1]["text"]
    assert desk.tell() == []


def test_an_accepted_block_is_neither_news_nor_solved(desk, hook):
    block = result(severity="block")
    desk.judge(block).tell()
    assert desk.judge(block.accept("A. Vos", "known")).tell() == []
    assert desk.judge(result("none", outcome="passed")).tell() == [
        "alerts: sent by webhook: Wlz-kader 2018-05: 1 opgelost"
    ]


# ---- notices -----------------------------------------------------------------------------------------------------


def test_a_notice_is_told_once_and_its_end_too(desk, hook):
    about = (desk.store, desk.database)
    notice = write_notice(DUE, MAY, kind="declaraties", due_on=date(2018, 5, 2))
    assert send_notice(*about, notice, desk.environ, NOW) != []
    assert send_notice(*about, notice, desk.environ, NOW) == []
    assert "declaraties niet op tijd" in hook.posts[0]["text"]
    assert desk.judge(result("ok", outcome="passed")).tell() == []
    assert solve_notices(*about, DUE, MAY, desk.environ, NOW) != []
    assert solve_notices(*about, DUE, MAY, desk.environ, NOW) == []


def test_a_notice_that_could_not_be_sent_waits_for_the_next_run(desk, hook):
    hook.answers[:] = [403, 200]
    notice = write_notice(RUN, MAY, "prices KeyError", causes="step prices: KeyError", run="0a1b2c3d")
    send_notice(desk.store, desk.database, notice, desk.environ, NOW)
    assert read_alert_state(desk.store)["is_waiting"].to_list() == [True]
    desk.judge(result()).tell()
    assert sorted(finding["check_id"] for finding in hook.posts[1]["findings"]) == ["P01", "run"]
    assert read_alert_state(desk.store)["is_waiting"].to_list() == [False, False]


def test_a_notice_that_waits_and_is_solved_is_not_told(desk, hook):
    hook.answers[:] = [403, 200]
    send_notice(
        desk.store,
        desk.database,
        write_notice(DUE, MAY, kind="declaraties", due_on=date(2018, 5, 2)),
        desk.environ,
        NOW,
    )
    assert solve_notices(desk.store, desk.database, DUE, MAY, desk.environ, NOW) == []
    assert read_alert_state(desk.store).is_empty()
    assert len(hook.posts) == 1


# ---- with deliveries that were taken in --------------------------------------------------------------------------


def test_a_refused_delivery_and_its_successor(desk, hook, tmp_path):
    landing, rows = tmp_path / "deliveries", claims("Z025")
    write_delivery(landing, "kader", kader(), month="2018-05", on=date(2018, 5, 15))

    def deliver(claimed: list[tuple], hours: int) -> None:
        write_delivery(landing, "declaraties", claimed, month="2018-05", on=date(2018, 5, 2))
        take_in(landing, desk.store, tmp_path / "quarantine", MAY, NOW + timedelta(hours=hours), print)
        desk.tell()

    deliver([*rows, rows[0]], 0)
    first = hook.posts[0]["findings"][0]
    assert (first["check_id"], first["severity"]) == ("D03", "block")
    assert "geweigerd" in first["action"]
    deliver(rows, 1)
    assert [line[:3] for line in hook.posts[1]["solved"]] == ["D03"]
