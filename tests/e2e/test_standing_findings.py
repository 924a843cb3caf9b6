"""The same finding month after month, through the real webhook: told once, new for another provider, solved when gone.

And an upgrade: a lake and a state from before findings were records, ``tests/data/alerts_before_records``, written by
commit d74469c of ``deliver_month(MAY, in_hours=PROVIDERS[:2], signs=True, unknown=["X999"])``.
"""

import shutil
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from expectations.intake.take_in import take_in
from expectations.judging import sentences
from tests.e2e.alert_desk import MAY, Desk
from tests.e2e.alert_servers import WebhookLog, webhook_server
from tests.e2e.told_months import PROVIDERS, deliver_month
from warehouse.alert_state import read_alert_state

BEFORE_RECORDS = Path(__file__).parents[1] / "data" / "alerts_before_records"
JUNE, JULY, AUGUST = date(2018, 6, 1), date(2018, 7, 1), date(2018, 8, 1)
FIRST, SECOND = PROVIDERS[:2]


class Town(Desk):
    """A desk with a landing zone: every month is delivered, taken in and told."""

    def __init__(self, root: Path, hook: WebhookLog) -> None:
        super().__init__(root)
        self.root, self.hook = root, hook
        self.environ["WLZ_ALERT_WEBHOOK"] = hook.url

    def run(self, month: date, **faults: Any) -> dict[str, Any] | None:
        """What was posted after the claims of a month; None when there was nothing to say."""
        deliver_month(self.root / "deliveries", month, **faults)
        self.now += timedelta(days=1)
        take_in(self.root / "deliveries", self.store, self.root / "quarantine", month, self.now, lambda _: None)
        posts = len(self.hook.posts)
        self.tell(month)
        return self.hook.posts[-1] if len(self.hook.posts) > posts else None


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with webhook_server() as log:
        yield Town(tmp_path, log)


def found(post: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["check_id"], one["observed"]) for one in post["findings"]]


def about(town: Town, check_id: str = "U01") -> Collection[str]:
    """The providers of a check that stand as told."""
    return sorted(read_alert_state(town.store).filter(check_id=check_id)["agb_code"])


def test_the_same_error_stands_a_second_provider_is_new_and_what_is_mended_is_solved(town, monkeypatch):
    """A provider in hours in May and June, another one from June on; new words in July; both mended in August."""
    may = town.run(MAY, in_hours=[FIRST])
    (told,) = found(may)
    assert told[0] == "U01"
    assert told[1].startswith("Menzis, zorgkantoor 5501, zorgaanbieder, prestatie H104, eenheid 01, 2018-01 tot en met")
    assert "60,0 x de eigen prijs van 2016 (€ 54,00 tegenover € 0,9000)" in told[1]
    june = town.run(JUNE, in_hours=[FIRST, SECOND])
    assert [check_id for check_id, _ in found(june)] == ["U01"]
    assert june["solved"] == []
    assert about(town) == [FIRST, SECOND]

    words = {name: dict(parts) for name, parts in sentences.load_sentences("nl").items()}
    reworded = {**words, "units": {**words["units"], "unit": ": prestatie {prestatiecode}, heel anders gezegd, "}}
    monkeypatch.setattr(sentences, "load_sentences", lambda language: reworded)
    assert town.run(JULY, in_hours=[FIRST, SECOND]) is None
    monkeypatch.undo()

    august = town.run(AUGUST)
    assert found(august) == []
    assert [line[:36] for line in august["solved"]] == ["U01 uren en minuten verwisseld: Menz"] * 2
    assert about(town) == []
    assert town.run(date(2018, 9, 1)) is None


def test_one_of_two_providers_mends_its_claims(town):
    town.run(MAY, in_hours=[FIRST, SECOND])
    june = town.run(JUNE, in_hours=[SECOND])
    assert (found(june), len(june["solved"])) == ([], 1)
    assert about(town) == [SECOND]


def test_a_digest_in_dutch_has_no_english_words(town):
    may = town.run(MAY, in_hours=[FIRST], signs=True, unknown=["X999"])
    english = {" the ", " row", " rows", " is not ", " against ", "price", "hours", "expected"}
    assert not [word for word in english if word in may["text"]]
    assert "prestatie X999 staat niet in de lijst vektis-2019 (2 regels)" in may["text"]
    assert "binnen een factor 1,25 van de eigen, de afgesproken of de landelijke prijs" in may["text"]


# ---- upgrade -----------------------------------------------------------------------------------------------------


@pytest.fixture
def upgraded(town: Town) -> Town:
    shutil.copytree(BEFORE_RECORDS, town.store.root)
    return town


def test_an_upgrade_is_no_news(upgraded):
    """Before any run, and in the first month that is judged anew: what stands is not told, what stood is not solved."""
    assert upgraded.tell() == []
    still = {"in_hours": [FIRST, SECOND], "signs": True, "unknown": ["X999"]}
    assert upgraded.run(JUNE, **still) is None
    assert about(upgraded) == [FIRST, SECOND]
    assert set(read_alert_state(upgraded.store)["subject"]) == {""}
    assert upgraded.run(JULY, **still) is None


def test_after_an_upgrade_only_what_changed_is_told(upgraded):
    june = upgraded.run(JUNE, in_hours=[SECOND], unknown=["X999", "Y999"])
    assert [(check_id, text[:14]) for check_id, text in found(june)] == [("D02-rows", "prestatie Y999")]
    assert [line[:3] for line in june["solved"]] == ["P02"]
    july = upgraded.run(JULY, in_hours=[FIRST], unknown=["X999", "Y999"])
    assert [check_id for check_id, _ in found(july)] == ["U01"]
    assert [line[:3] for line in july["solved"]] == ["U01"]


def test_a_month_judged_again_after_an_upgrade_is_no_news(upgraded):
    """The delivery of May comes again with one provider mended: its state knew both by one name."""
    assert upgraded.run(MAY, in_hours=[FIRST, SECOND], signs=True, unknown=["X999"]) is None
    again = upgraded.run(MAY, in_hours=[FIRST, SECOND], unknown=["X999"])
    assert (found(again), [line[:3] for line in again["solved"]]) == ([], ["P02"])
