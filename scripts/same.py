"""Do two commits give the same figures? Simulated worlds, the same runs in both trees, everything they wrote compared.

    make same BASE=d74469c        (or: python scripts/same.py BASE [--worlds small:1,letter:1] [--months 2018-05])

The tree of BASE is checked out beside this one, simulates the worlds and runs the months once; both are kept in
``build/same/<commit>``, so that a second comparison costs only the runs of this tree. Compared are: rows of every mart
and of every lake table (columns and tables that both sides have; new ones are listed), CSVs and pages of the report,
and what ``explain``, ``query``, ``forecast``, ``complete`` and ``backtest`` print or write. What says which code ran
(``code_version``, ``inputs_hash``, provenance row ``code``, hash of the assumptions) and time stamps are left out.
Exit code 0: the same; 1: not.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import polars as pl

from warehouse.latest import stored_columns

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "build" / "same"
WORLDS = "small:1,small:2,small:3,letter:1"
MONTHS = "2018-03,2018-05,2018-08"
CODE_COLUMNS = {"code_version", "inputs_hash"}
# What pages and CSVs of the report say of the code, the files beside it and where its rules are explained.
OF_THE_CODE = (
    (re.compile(r"\d+\.\d+\.\d+\+[0-9a-f]{12}"), "CODE"),
    (re.compile(r"^(code|assumptions);.*$", re.MULTILINE), r"\1"),
    (re.compile(r'(<th scope="row">(?:code|assumptions)</th>).*?</tr>', re.DOTALL), r"\1"),
    (re.compile(r'<div class="table whole" id="bestanden-blok">.*?</p>\s*</div>\s*', re.DOTALL), ""),
    (re.compile(r'id="bron-advice_provenance".*?</section>', re.DOTALL), ""),
    (re.compile(r"docs/methods/"), "docs/explanation/"),
)

Hashes = dict[str, str]


def run_wlz(tree: Path, *words: str, accept: tuple[int, ...] = (0,)) -> str:
    """Standard output of one command of a tree, by this interpreter."""
    code = "import sys; from pipelines.cli import main; main(sys.argv[1:])"
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode not in accept:
        sys.exit(f"{tree.name}: wlz {' '.join(words)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def check_out(commit: str) -> tuple[str, Path]:
    """The full name of a commit and a tree of it, made the first time."""
    sha = subprocess.run(
        ["git", "rev-parse", f"{commit}^{{commit}}"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    tree = KEPT / sha / "tree"
    if not tree.exists():
        tree.mkdir(parents=True)
        archive = subprocess.run(["git", "archive", sha], cwd=ROOT, capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x", "-C", str(tree)], input=archive, check=True)
    return sha, tree


def run_world(tree: Path, deliveries: Path, data: Path, months: list[str]) -> dict[str, float]:
    """Runs the months on a world into an empty data folder; seconds per month."""
    shutil.rmtree(data, ignore_errors=True)
    seconds = {}
    for month in months:
        begun = time.perf_counter()
        run_wlz(tree, "run", "--delivery-month", month, "--deliveries", str(deliveries), "--data", str(data))
        seconds[month] = time.perf_counter() - begun
    return seconds


def hash_frame(frame: pl.DataFrame) -> str:
    """SHA-256 over the sorted rows of a frame as CSV, nested columns as text."""
    flat = frame.select(sorted(frame.columns))
    flat = flat.with_columns(pl.col(name).cast(pl.String) for name in flat.columns if flat[name].dtype == pl.Null)
    nested = [name for name, dtype in flat.schema.items() if dtype.is_nested()]
    flat = flat.with_columns(pl.col(name).map_elements(str, return_dtype=pl.String) for name in nested)
    return hashlib.sha256(flat.sort(flat.columns).write_csv().encode()).hexdigest()


def left_out(frame: pl.DataFrame) -> pl.DataFrame:
    """Without what says which code ran, and when."""
    if {"input_name", "input_version"} <= set(frame.columns):
        frame = frame.filter(pl.col("input_name") != "code").with_columns(
            content_hash=pl.when(pl.col("input_name") != "assumptions").then("content_hash")
        )
    stamps = [name for name in frame.columns if name.endswith("_at") or name in CODE_COLUMNS]
    return frame.drop(stamps)


def read_tables(data: Path) -> dict[str, pl.DataFrame]:
    """Every published mart and every lake table of a data folder, by name."""
    found = {}
    with duckdb.connect(str(data / "wlz.duckdb"), read_only=True) as connection:
        names = connection.execute(
            "SELECT DISTINCT table_name FROM duckdb_columns() WHERE schema_name = 'marts' ORDER BY 1"
        ).fetchall()
        for (name,) in names:
            if name != "example_queries":
                found[f"mart {name}"] = left_out(connection.sql(f"SELECT {stored_columns()} FROM marts.{name}").pl())
    for folder in sorted((data / "lake").iterdir()):
        for file in sorted(folder.rglob("*.parquet")):
            found[f"lake {file.relative_to(data / 'lake')}"] = left_out(pl.read_parquet(file))
    return found


def compare_tables(before: Path, after: Path) -> list[str]:
    """Differences between the tables of two data folders, one line each; new ones begin with ``new``."""
    old, new, said = read_tables(before), read_tables(after), []
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            said.append(f"GONE {name}")
            continue
        if name not in old:
            said.append(f"new {name}")
            continue
        shared = [column for column in old[name].columns if column in new[name].columns]
        gone = [column for column in old[name].columns if column not in shared]
        more = [column for column in new[name].columns if column not in shared]
        said += [f"GONE {name}: columns {', '.join(gone)}"] if gone else []
        said += [f"new {name}: columns {', '.join(more)}"] if more else []
        before_rows, after_rows = old[name].select(shared), new[name].select(shared)
        if "input_name" in shared:  # what an advice rests on: inputs that the base did not have are new, not different
            inputs = after_rows.join(before_rows, on="input_name", how="anti")["input_name"].unique().sort().to_list()
            after_rows = after_rows.filter(~pl.col("input_name").is_in(inputs))
            said += [f"new {name}: inputs {', '.join(inputs)}"] if inputs else []
        if hash_frame(before_rows) != hash_frame(after_rows):
            said.append(f"DIFFERENT {name}: {tell_difference(before_rows, after_rows)}")
    return said


def tell_difference(old: pl.DataFrame, new: pl.DataFrame) -> str:
    """Which rows are on one side only, counted, with an example of each."""
    texts = [set(frame.select(pl.all().cast(pl.String, strict=False)).rows()) for frame in (old, new)]
    gone, come = sorted(texts[0] - texts[1], key=str), sorted(texts[1] - texts[0], key=str)
    return f"{old.height} rows, now {new.height}; {len(gone)} gone {gone[:1]}, {len(come)} new {come[:1]}"


def read_report(data: Path) -> dict[str, str]:
    """Pages and CSVs of the report, what they say of the code cut out."""
    files = [file for file in sorted((data / "reports").rglob("*")) if file.suffix in (".html", ".csv", ".svg")]
    texts = {str(file.relative_to(data)): file.read_text(encoding="utf-8") for file in files}
    for pattern, instead in OF_THE_CODE:
        texts = {name: pattern.sub(instead, text) for name, text in texts.items()}
    return texts


def write_inputs(base_data: Path, deliveries: Path, folder: Path) -> tuple[Path, Path]:
    """A panel and a triangle made from the world, for the two file commands."""
    folder.mkdir(parents=True, exist_ok=True)
    panel, triangle = folder / "panel.csv", folder / "triangle.csv"
    newest = sorted((base_data / "lake" / "series").iterdir())[-1]
    series = pl.concat([pl.read_parquet(file) for file in newest.glob("*.parquet")])
    largest = series.group_by("prestatiecode", "wlz_uitvoerder").agg(pl.col("declared_volume").sum())
    chosen = largest.sort("declared_volume", "prestatiecode", "wlz_uitvoerder", descending=True).head(20)
    series.join(chosen, on=["prestatiecode", "wlz_uitvoerder"], how="semi").select(
        pl.format("{}/{}", "prestatiecode", "wlz_uitvoerder").alias("unique_id"),
        pl.col("care_month").dt.strftime("%Y-%m").alias("month"),
        pl.col("declared_volume").alias("value"),
    ).sort("unique_id", "month").write_csv(panel)
    rows = []
    for month in sorted(path for path in deliveries.iterdir() if path.is_dir())[-16:]:
        for file in sorted(month.glob("declaraties*.parquet")):
            claims = pl.read_parquet(file, columns=["zorgkantoorcode", "zorgmaand", "bedrag"])
            rows.append(
                claims.group_by(pl.col("zorgkantoorcode").alias("key"), pl.col("zorgmaand").alias("care_month"))
                .agg(pl.col("bedrag").sum().alias("value"))
                .with_columns(delivery_month=pl.lit(month.name))
            )
    cells = pl.concat(rows).filter(pl.col("care_month") >= "2017-04").sort("key", "care_month", "delivery_month")
    cells.select("key", "care_month", "delivery_month", "value").write_csv(triangle)
    return panel, triangle


def outputs(tree: Path, data: Path, inputs: tuple[Path, Path], folder: Path) -> dict[str, str]:
    """What the commands print and write."""
    folder.mkdir(parents=True, exist_ok=True)
    at = ("--data", str(data))
    shown = pl.read_csv(inputs[0])["unique_id"][0]
    said = {
        # what the mart holds; its SELECT is code
        "explain zin_uitvoerder": run_wlz(tree, "explain", "zin_uitvoerder", *at).partition("\n-- Grain")[0].strip(),
        "explain SERIES": run_wlz(tree, "explain", shown, *at),
        "explain forecast_bridge": run_wlz(
            tree, "explain", "forecast_bridge", "--from", "2018-03", "--to", "2018-08", *at
        ),
        "backtest": run_wlz(tree, "backtest", "--series", str(inputs[0]), "--origins", "1", "--json"),
    }
    run_wlz(tree, "forecast", str(inputs[0]), "--total", "--out", str(folder / "forecast.csv"))
    run_wlz(tree, "complete", str(inputs[1]), "--keys", "key", "--out", str(folder / "complete.csv"))
    run_wlz(
        tree, "complete", str(inputs[1]), "--keys", "key", "--method", "mack", "--out", str(folder / "mack.csv")
    )  # fmt: skip
    for name in ("forecast", "complete", "mack"):
        said[name] = (folder / f"{name}.csv").read_text(encoding="utf-8")
    return said


def compare_texts(what: str, old: dict[str, str], new: dict[str, str]) -> list[str]:
    """Texts of one side only, and those that differ, with their first differing line."""
    said = [f"GONE {what} {name}" for name in old.keys() - new.keys()]
    said += [f"new {what} {name}" for name in new.keys() - old.keys()]
    for name in old.keys() & new.keys():
        lines_of_both = old[name].splitlines(), new[name].splitlines()
        if name.startswith("explain") and set(lines_of_both[0]) < set(lines_of_both[1]):
            more = len(lines_of_both[1]) - len(lines_of_both[0])
            said.append(f"new {what} {name}: {more} lines")
        elif old[name] != new[name]:
            lines = zip(*lines_of_both, strict=False)
            first = next(((a, b) for a, b in lines if a != b), ("(length)", "(length)"))
            said.append(f"DIFFERENT {what} {name}: {first[0][:200]!r} → {first[1][:200]!r}")
    return sorted(said)


def compare_world(world: str, months: list[str], base: tuple[str, Path]) -> list[str]:
    """One world run in both trees; the lines that say what differs. Prints the ratio of run times."""
    scale, seed = world.split(":")
    place = KEPT / base[0] / f"{scale}-{seed}"
    deliveries, old, new = place / "deliveries", place / "before" / "data", place / "after" / "data"
    done = place / f"done-{'-'.join(months)}"
    if not done.exists():
        shutil.rmtree(place, ignore_errors=True)
        run_wlz(base[1], "simulate", "--out", str(deliveries), "--scale", scale, "--seed", seed, "--until", "2018-08")
        before = run_world(base[1], deliveries, old, months)
        done.write_text("\n".join(f"{month} {seconds}" for month, seconds in before.items()), encoding="utf-8")
    before = {line.split()[0]: float(line.split()[1]) for line in done.read_text(encoding="utf-8").splitlines()}
    after = run_world(ROOT, deliveries, new, months)
    ratios = ", ".join(f"{month} {after[month]:.1f} s / {before[month]:.1f} s" for month in months)
    print(f"{world}: run times, this tree / base (base as first measured): {ratios}")
    said = compare_tables(old, new) + compare_texts("report", read_report(old), read_report(new))
    if scale == "small":
        inputs = write_inputs(old, deliveries, place / "inputs")
        printed = [outputs(*side, inputs, place / name) for name, side in
                   (("out-before", (base[1], old)), ("out-after", (ROOT, new)))]  # fmt: skip
        said += compare_texts("output of", printed[0], printed[1])
    return said


def main() -> None:
    """Compare this tree with a commit and say what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", help="commit to compare with")
    parser.add_argument("--worlds", default=WORLDS, help="scale:seed, separated by commas")
    parser.add_argument("--months", default=MONTHS, help="delivery months to run, separated by commas")
    asked = parser.parse_args()
    base, differs = check_out(asked.base), False
    for world in asked.worlds.split(","):
        for line in compare_world(world, asked.months.split(","), base):
            differs = differs or not line.startswith("new ")
            print(f"  {world}: {line}")
    print("DIFFERENT" if differs else "The same.")
    raise SystemExit(1 if differs else 0)


if __name__ == "__main__":
    main()
