"""What an advice rests on: every file that makes its numbers changes the hash, and nothing else does."""

import hashlib
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from warehouse import code_hash, packs, provenance, reference, settings
from warehouse.code_hash import code_files, hash_code, hash_words, python_words, read_code, sql_words
from warehouse.packs import OWN_LISTS, SIMULATED, load_pack, load_reference
from warehouse.provenance import REFERENCE_FILES, describe_inputs, sum_up_inputs
from warehouse.settings import load_round
from warehouse.tables.deliveries import DELIVERY_REGISTER
from wlz.known.rounds import Round

ROOT = Path(__file__).parents[2]
MAY = date(2018, 5, 1)
PYTHONS = ["python3.11", "python3.12", "python3.13", "python3.14"]

SAMPLE = '''"""What a module says of itself."""

import polars as pl  # frames

RATE = 1.25


def say(name: str, rate: float = RATE) -> str:
    """What a function says of itself."""
    if rate > 1_000:
        # as the letter has it
        return f"{name!r:>{10}} €{rate:,.2f} {{kept}} {'a' + 'b'}" "and more" f"""
        over {name
              .upper()} lines"""
    'a text alone'
    return rf"\\d {name}"
'''
SAMPLE_WORDS = "54ebad495a58"
SQL = "-- Grain: a.\nselect\n    a, '--' as b, -- the first\n    \"c d\"\nfrom lake.e /* as is */ where f >= 0.5\n"


# ---- Code --------------------------------------------------------------------------------------------------------


def short(words: list[str]) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:12]


def test_the_words_of_a_sample_are_known():
    assert short(python_words(SAMPLE)) == SAMPLE_WORDS


@pytest.mark.parametrize("python", [found for name in PYTHONS if (found := shutil.which(name))] or [sys.executable])
def test_every_python_reads_the_same_words(python, tmp_path):
    """f-strings are one token up to 3.11 and many from 3.12 on."""
    (tmp_path / "sample.txt").write_text(SAMPLE, encoding="utf-8")
    ask = (
        "import hashlib, sys; from warehouse.code_hash import hash_words, python_words, read_code; "
        "words = python_words(open('sample.txt', encoding='utf-8').read()); "
        "print(hashlib.sha256(chr(0).join(words).encode()).hexdigest()[:12], hash_words(read_code()))"
    )
    run = [python, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {ask}"]
    done = subprocess.run(run, capture_output=True, text=True, cwd=tmp_path, check=False)
    if done.returncode == 127:  # a shim of a version that is not set up
        return
    assert done.stdout.split() == [SAMPLE_WORDS, hash_code()], done.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  # frames", ""),
        ("        # as the letter has it\n", ""),
        ("What a module says", "Another thing it says"),
        ('    """What a function says of itself."""\n', ""),
        ("    'a text alone'\n", ""),
        ("\n\nRATE", "\n\n\n\nRATE"),
    ],
)
def test_what_moves_no_figure_is_in_no_hash(old, new):
    """Comments, docstrings and blank lines."""
    assert old in SAMPLE
    assert python_words(SAMPLE.replace(old, new)) == python_words(SAMPLE)


def test_the_width_of_indentation_is_in_no_hash_and_its_depth_is():
    plain = "def f(a):\n    if a:\n        return 1\n    return 2\n"
    assert python_words(plain.replace("    ", " ")) == python_words(plain)
    assert python_words(plain.replace("\n    return 2", "\n        return 2")) != python_words(plain)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1.25", "1.26"),
        ("> 1_000", ">= 1_000"),
        (":,.2f", ":,.3f"),
        ("and more", "and less"),
        ("over {name", "under {name"),
        ("        return f", "    return f"),
        ("{{kept}}", "{kept}"),
    ],
)
def test_what_can_move_a_figure_is_in_the_hash(old, new):
    assert old in SAMPLE
    assert python_words(SAMPLE.replace(old, new)) != python_words(SAMPLE)


def test_the_comments_and_the_layout_of_a_select_are_in_no_hash():
    assert sql_words(SQL) == sql_words("select a, '--' as b, \"c d\" from lake.e where f >= 0.5")
    assert sql_words(SQL) != sql_words(SQL.replace("0.5", "0.6"))
    assert sql_words(SQL) != sql_words(SQL.replace("'--'", "'-- '"))


def test_the_files_of_the_hash_are_those_that_make_numbers():
    """Every module of four packages and every SELECT of a mart; no other file of the project."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    makers = ("wlz/", "warehouse/", "expectations/", "assets/")
    expected = {name for name in listed if name.startswith(makers) and name.endswith(".py")}
    expected |= {name for name in listed if name.startswith("warehouse/marts/") and name.endswith(".sql")}
    hashed = [path.relative_to(ROOT).as_posix() for path in code_files()]
    assert set(hashed) == {name for name in expected if (ROOT / name).exists()}
    assert hashed == sorted(hashed)
    for name in ("wlz/series.py", "assets/prices.py", "warehouse/publish.py", "expectations/series.py"):
        assert name in hashed
    assert not [name for name in hashed if name.startswith(("simulation", "reports", "tests", "pipelines", "scripts"))]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the code that makes numbers, and of the simulation, to change."""
    for package in (*code_hash.PACKAGES, "simulation"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    assert hash_code(tmp_path) == hash_code()
    return tmp_path


@pytest.mark.parametrize("name", ["assets/prices.py", "wlz/series.py", "warehouse/reference.py", "expectations/lag.py"])
def test_wiring_is_in_the_hash(tree, name):
    path = tree / name
    path.write_text(path.read_text(encoding="utf-8") + "\nMORE = 1\n", encoding="utf-8")
    assert hash_code(tree) != hash_code()


def test_a_select_is_in_the_hash_and_its_comment_is_not(tree):
    path = tree / "warehouse" / "marts" / "zin_uitvoerder.sql"
    text = path.read_text(encoding="utf-8")
    path.write_text("-- More words.\n" + text, encoding="utf-8")
    assert hash_code(tree) == hash_code()
    path.write_text(text.replace("'zin'", "'pgb'"), encoding="utf-8")
    assert hash_code(tree) != hash_code()


def test_a_comment_and_the_simulation_are_not(tree):
    for name in ("wlz/series.py", "assets/prices.py"):
        path = tree / name
        path.write_text("# A word more.\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    simulator = tree / "simulation" / "claims.py"
    simulator.write_text(simulator.read_text(encoding="utf-8") + "\nMORE = 1\n", encoding="utf-8")
    assert hash_code(tree) == hash_code()


def test_the_hash_is_kept_under_what_the_files_say_and_never_taken_for_that_of_others(tree, tmp_path, monkeypatch):
    """Of a changed tree, of a kept file that is no such file, and where nothing can be kept."""
    (tmp_path / "__pycache__").mkdir()
    kept = tmp_path / "__pycache__" / code_hash.KEPT
    shutil.copy(code_hash.__file__, tmp_path / "code_hash.py")
    monkeypatch.setattr(code_hash, "__file__", str(tmp_path / "code_hash.py"))
    right = hash_words(read_code(tree))
    assert hash_code(tree) == right
    whole, words = kept.read_text(encoding="ascii").split()
    assert words == right
    kept.write_text(f"{whole} {'0' * 64}\n", encoding="ascii")
    assert hash_code(tree) == "0" * 64, "the kept one is used"
    changed = tree / "wlz" / "series.py"
    changed.write_text(changed.read_text(encoding="utf-8") + "\nMORE = 1\n", encoding="utf-8")
    assert hash_code(tree) == hash_words(read_code(tree)) != right
    kept.write_bytes(b"\xff three words here\n")
    assert hash_code(tree) == hash_words(read_code(tree))
    shutil.rmtree(tmp_path / "__pycache__")
    assert hash_code(tree) == hash_words(read_code(tree))


# ---- Reference, round, assumptions -------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The reference files to change: what is set, and what is read."""
    shutil.copytree(reference.REFERENCE, tmp_path / "reference")
    for module in (reference, settings):
        monkeypatch.setattr(module, "REFERENCE", tmp_path / "reference")
    monkeypatch.delenv("WLZ_ASSUMPTIONS", raising=False)
    return tmp_path / "reference"


def inputs(month: date = MAY) -> pl.DataFrame:
    """What an advice of May rests on, with one delivery of claims."""
    chosen = DELIVERY_REGISTER.empty()
    claims = pl.DataFrame({"kind": ["declaraties"], "delivery_id": ["declaraties-1"], "content_hash": ["ab"]})
    chosen = pl.concat([chosen, claims], how="diagonal_relaxed")
    none = chosen.clear().with_columns(cut_off_date=pl.lit(None, dtype=pl.Date))
    return describe_inputs(chosen, none, none, load_round(month), load_pack(SIMULATED))


def test_a_kind_that_came_after_its_cut_off_says_when() -> None:
    none = DELIVERY_REGISTER.empty()
    known = none, none.with_columns(cut_off_date=pl.lit(None, dtype=pl.Date)), none, load_round(MAY)
    late = pl.DataFrame({"kind": ["herschikking"], "received_on": [date(2018, 5, 2)]})
    rows = describe_inputs(*known, load_pack(SIMULATED), "", late)
    columns = "input_name", "input_version", "received_on", "cut_off_date"
    found = rows.filter(pl.col("input_name").is_in(["herschikking", "kader"])).select(columns).rows()
    assert found == [
        ("herschikking", "delivered after the cut-off", date(2018, 5, 2), date(2018, 2, 15)),
        ("kader", "not delivered", None, date(2018, 5, 15)),
    ]


def summed(month: date = MAY) -> str:
    return sum_up_inputs(inputs(month))["inputs_hash"]


def versions(month: date = MAY) -> dict[str, tuple[str, str]]:
    rows = inputs(month).select("input_name", "input_version", "content_hash").iter_rows()
    return {name: (version, content) for name, version, content in rows}


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} holds no {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


CHANGES = {
    "nhc_ingroei.csv": ("85", "80"),
    "packs/simulation/prestaties.csv": (",14,", ",16,"),
    "packs/simulation/validity.csv": ("2015-01-01", "2015-02-01"),
    "packs/simulation/roles.csv": ("Z110,crisis", "Z111,crisis"),
    "packs/simulation/successors.csv": (",1.0,", ",0.9,"),
    "packs/simulation/pack.toml": ('version = "2"', 'version = "3"'),
    "regions.csv": ("613995", "613996"),
    "packs/simulation/region_uitvoerders.csv": ("Friesland,De Friesland", "Friesland,Menzis"),
    "uitvoerders.csv": ("Trias Zorgkantoor B.V.", "Trias"),
    "region_crosswalk.csv": ("2020-01-01", "2020-02-01"),
    "units.csv": ("true", "false"),
    "delivery_format.toml": ('separator = ";"', 'separator = "|"'),
    "rounds/2018-05.toml": ("herschikking = 2018-02-15", "herschikking = 2018-02-16"),
    "assumptions/common.toml": ("value = 1.25", "value = 1.26"),
    "assumptions/2018.toml": ("value = ", "value = 1"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_file_changes_what_the_advice_rests_on(folder, name):
    before = summed()
    replace_in(folder / name, *CHANGES[name])
    assert summed() != before


@pytest.mark.parametrize("name", [name for name in CHANGES if name.endswith(".toml")])
def test_a_comment_in_a_file_of_settings_does_not(folder, name):
    before = summed()
    path = folder / name
    path.write_text("# A word more.\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert summed() == before


def test_files_of_the_simulation_and_the_letter_are_no_input(folder):
    before = summed()
    for name in ("simulation/calibration_small.csv", "mei-advies-2018/tabel_1_landelijk.csv", "kader_2018.csv"):
        replace_in(folder / name, "1", "2")
    assert summed() == before


def test_another_year_file_is_another_input(folder, tmp_path, monkeypatch):
    before = versions()["assumptions"]
    text = (folder / "assumptions" / "2018.toml").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(text.replace("value = ", "value = 1", 1), encoding="utf-8")
    monkeypatch.setenv("WLZ_ASSUMPTIONS", str(tmp_path / "mine.toml"))
    assert versions()["assumptions"] != before


def test_every_reference_file_and_the_round_have_a_row(folder):
    found = versions()
    for name in (*REFERENCE_FILES, *OWN_LISTS):
        version, content = found[f"reference/{name}"]
        assert len(content) == 64
        assert version == content[:12]
    assert found["round"][0] == found["round"][1][:12]
    assert found["code"][0].endswith(found["code"][1][:12])
    assert len(found) == inputs().height


def test_a_month_without_a_round_file_says_so(folder):
    assert versions(date(2018, 6, 1))["round"] == ("no file", None)


def test_a_changed_file_is_read_anew_and_not_from_memory(folder):
    """A process that stays, as Dagster's: the hash and the figures speak of the same file."""
    pack = load_pack(SIMULATED)
    before = load_reference(pack, 2018, MAY).nhc_growin
    replace_in(folder / "nhc_ingroei.csv", "85", "80")
    assert not load_reference(pack, 2018, MAY).nhc_growin.equals(before)


def test_every_list_an_advice_reads_is_hashed(folder, monkeypatch):
    """What is read for an advice is what has a row."""
    read: set[str] = set()
    real = packs.read_list
    monkeypatch.setattr(packs, "read_list", lambda path: read.add(path.name) or real(path))
    load_reference(load_pack(SIMULATED), 2018, MAY)
    hashed = {name.removeprefix("reference/") for name in versions() if name.startswith("reference/")}
    assert read | {"delivery_format.toml"} == hashed
    assert len(read) == 10


def test_tariffs_of_a_pack_are_an_input_where_it_has_them(folder):
    """A pack without them keeps its hash; with them every byte counts."""
    without, before = versions(), summed()
    assert "reference/tariffs.csv" not in without
    file = load_pack(SIMULATED).folder / "tariffs.csv"
    header = "prestatiecode,year,unit_code,max_tariff_eur,nhc_eur,nic_eur,trust,source\n"
    file.write_text(header + "Z025,2018,14,88.66,26.93,1.87,official,t.csv\n")
    with_them = summed()
    assert versions()["reference/tariffs.csv"][1] == hashlib.sha256(file.read_bytes()).hexdigest()
    replace_in(file, "88.66", "88.67")
    assert len({before, with_them, summed()}) == 3


def test_the_round_reaches_the_rows(folder):
    advice_round: Round = load_round(MAY)
    cut_offs = dict(inputs().select("input_name", "cut_off_date").iter_rows())
    assert cut_offs["herschikking"] == advice_round.cut_off("herschikking") == date(2018, 2, 15)
    assert provenance.code_version().rpartition("+")[2] == hash_code()[:12]
