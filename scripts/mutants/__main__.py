"""`make mutants`: mutants of the method, and whether the tests of spec and unit notice them.

    python -m scripts.mutants --seed 15 --count 200

Rows are kept in docs/reference/evidence/mutants.csv, the page docs/reference/mutants.md is made from them. Equivalent
ones are listed with the reason in evidence/mutants_equivalent.csv. A quarter of an hour on two cores for 200, once
the test files are known.
"""

import argparse
import time

from scripts.mutants.judge import KILLED, ROOT, SURVIVED, Verdict, judge_mutants
from scripts.mutants.mutate import Mutant, choose_mutants
from scripts.mutants.page import EQUIVALENT, PAGE, ROWS, key_of, read_rows, render_page, write_rows

SEED, COUNT, WORKERS = 15, 200, 2


def main() -> None:
    """Choose, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--again", action="store_true", help="only those that were not killed last time; for new tests")
    asked = parser.parse_args()
    started = time.monotonic()
    mutants = choose_mutants(ROOT, sorted((ROOT / "wlz").rglob("*.py")), asked.seed, asked.count)
    reasons = {key_of(row): row["reason"] for row in read_rows(EQUIVALENT)}
    before = {key_of(row): row for row in read_rows(ROWS) if asked.again and row["verdict"] == KILLED}
    rows = [row_of(one, asked.seed, KILLED, before[one.key]["test"]) for one in mutants if one.key in before]
    rows += [row_of(one, asked.seed, "equivalent", "") for one in mutants if one.key in reasons]
    left = [one for one in mutants if one.key not in reasons and one.key not in before]
    print(f"seed {asked.seed}: {len(mutants)} mutants, {len(left)} to judge", flush=True)

    def hear(mutant: Mutant, verdict: Verdict) -> None:
        rows.append(row_of(mutant, asked.seed, verdict.verdict, verdict.test if verdict.verdict != SURVIVED else ""))
        change = f"{mutant.before} → {mutant.after or 'without'}"
        place = f"{mutant.file}:{mutant.line}"
        print(f"{verdict.verdict} {verdict.seconds:.0f} s {place} {change} [{mutant.text}] {verdict.test}", flush=True)

    judge_mutants(left, WORKERS, hear)
    write_rows(rows)
    page = render_page(read_rows(ROWS), reasons)
    PAGE.write_text(page, encoding="utf-8")
    print(page.split("\n| kind")[0])
    print(f"{(time.monotonic() - started) / 60:.0f} minutes")


def row_of(mutant: Mutant, seed: int, verdict: str, test: str) -> dict[str, str]:
    """A row of the results; of a test its file and name, without its parameters."""
    known = {name: str(getattr(mutant, name)) for name in Mutant._fields if name != "site"}
    return {"seed": str(seed), **known, "verdict": verdict, "test": test.split("[")[0]}


if __name__ == "__main__":
    main()
