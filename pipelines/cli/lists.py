"""`wlz reference`: lists of codes as packs: taken in, looked at, and successors confirmed by a person."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli.console import note, say
from wlz.words.counts import format_count

if TYPE_CHECKING:
    from warehouse.packs import Pack

MOST_LINES = 30  # remarks shown; the rest is counted


@click.group(epilog="Example: wlz reference check vektis-2019 --deliveries data/deliveries")
def reference() -> None:
    """Lists of codes (packs): import an official list, check one against deliveries, confirm a successor."""


@reference.command(
    "import", epilog="Example: wlz reference import koppeltabel.xlsx --into lists/2026 --from vektis-2019"
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--into", "into", required=True, help="Pack to write: a name below reference/packs, or a folder.")
@click.option("--from", "like", default="", help="Make the pack first, as a copy of this one.")
@click.option("--stand", type=click.DateTime(["%Y-%m-%d"]), help="Date of the list; goes with --from.")
@click.option("--last-year", type=int, help="Last year the list vouches for; goes with --from.")
@click.option("--vouched-by", default="", help="Who answers for it; goes with --from.")
def import_(file: Path, into: str, like: str, stand: datetime | None, last_year: int | None, vouched_by: str) -> None:
    """Take an official list into a pack: Koppeltabel, list 055, UZOVI register or COD001; tariffs of the NZa as CSV.

    Every row keeps the name and hash of its file. Codes that the list does not name stay as they are.
    """
    from warehouse.pack_files import folder_of, hash_file, import_list, make_pack, read_official_file
    from warehouse.packs import load_pack

    today = datetime.now(UTC).date()
    if like:
        form = read_official_file(file).form  # nothing is made for a file that cannot be read
        if not vouched_by.strip():
            note("--vouched-by NAME goes with --from: a list that figures rest on has somebody who answers for it")
            raise SystemExit(2)
        parent = load_pack(like)
        said = _declare(file, form, parent, stand.date() if stand else None, last_year, vouched_by.strip(), today)
        pack = make_pack(folder_of(into), parent, said)
    else:
        pack = load_pack(into)
    found, counts = import_list(file, pack, today)
    _say_shipped(pack)
    for remark in found.remarks[:MOST_LINES]:
        say(f"  {remark}")
    if len(found.remarks) > MOST_LINES:
        say(f"  and {len(found.remarks) - MOST_LINES} more")
    changed = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing new"
    say(f"{file.name}: {found.form}, {format_count(found.rows.height, 'row')}; pack {pack.name}: {changed}")
    say(f"  sha256 {hash_file(file)}")
    say(f"Next: wlz reference check {into} --deliveries DIR, then WLZ_REFERENCE={into} wlz run …")


def _say_shipped(pack: "Pack") -> None:
    """A pack that came with the project is changed in place: said, since a new version of the project has its own."""
    from warehouse import reference
    from warehouse.packs import INVENTED, REAL

    if pack.name in (*INVENTED, REAL) and pack.folder.is_relative_to(reference.REFERENCE):
        say(
            f"note: pack {pack.name} came with the project and is now changed for every run that takes it; a newer "
            f"project brings its own. To keep yours apart: wlz reference import … --into FOLDER --from {pack.name}"
        )


def _declare(
    file: Path, form: str, parent: "Pack", stand: date | None, last_year: int | None, vouched_by: str, today: date
) -> dict[str, object]:
    """What a new pack says of itself: what the file says where it lists prestaties, else what its parent says."""
    from wlz.known.official_lists import OF_CODES

    if form not in OF_CODES:
        said = {name: getattr(parent, name) for name in ("title", "publisher", "version", "licence")}
        years = {"stand": stand or parent.stand, "last_year": last_year or parent.last_year}
    else:
        said = {"title": file.stem, "publisher": "as imported", "version": file.name, "licence": "of the publisher"}
        day = stand or today
        years = {"stand": day, "last_year": last_year or day.year}
    return said | {"vouched_by": vouched_by, "first_year": 2015} | years


@reference.command(epilog="Example: wlz reference check vektis-2019 --deliveries data/deliveries")
@click.argument("pack")
@click.option(
    "--deliveries", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Landing zone with claims."
)
def check(pack: str, deliveries: Path | None) -> None:
    """What is amiss in a pack; with deliveries: codes unknown, ended, in another unit or without a role, with euro.

    Looks at the newest claims of the landing zone. Exit code 1 when something in the claims is amiss.
    """
    from warehouse.pack_files import sum_newest_claims
    from warehouse.packs import OWN_LISTS, load_pack, load_reference, question_names
    from warehouse.reference import read_list
    from wlz.known.pack_checks import check_claims, check_lists

    chosen = load_pack(pack)
    lists = [read_list(chosen.path(name)) for name in OWN_LISTS]
    itself = check_lists(*lists)
    whole = load_reference(chosen, chosen.last_year, date(chosen.last_year, 1, 1))  # refused as a run would refuse it
    say(
        f"{chosen.name}: {chosen.title}, {chosen.version} ({chosen.publisher}); {lists[0].height} codes, vouched for "
        f"until {chosen.last_year} by {chosen.vouched_by}; content {chosen.content_hash[:12]}"
    )
    for one in chosen.imports:
        say(f"  taken in: {one.form} from {one.file}, sha256 {one.sha256}, on {one.imported_on}")
    _tell([*itself.rows(), *(("name", "", None, question) for question in question_names(whole))])
    if deliveries is None:
        return
    file, claims = sum_newest_claims(deliveries)
    year = int(file.parent.name[:4])
    found = check_claims(load_reference(chosen, year, date(year, 1, 1)), claims, chosen.last_year)
    total = claims["euro"].sum()
    say(
        f"{file.parent.name}/{file.name}: € {total:,.0f} of claims without sign, "
        f"{claims['prestatiecode'].n_unique()} codes"
    )
    _tell(found.rows())
    raise SystemExit(1 if found.filter(found["kind"] != "newer").height else 0)


def _tell(remarks: list[tuple[str, str, float | None, str]]) -> None:
    for kind, code, euro, remark in remarks[:MOST_LINES]:
        amount = "" if euro is None else f" (€ {euro:,.0f})"
        say(f"  {kind}: {code} {remark}{amount}".replace("  ", " ").replace(" ", "  ", 1))
    if len(remarks) > MOST_LINES:
        say(f"  and {len(remarks) - MOST_LINES} more")
    if not remarks:
        say("  nothing amiss")


@reference.command(
    epilog='Example: wlz reference confirm lists/2026 H894 H881 --share 0.4 --author "A. Vos" --reason "asked CZ"'
)
@click.argument("pack")
@click.argument("old")
@click.argument("new")
@click.option(
    "--share", type=float, required=True, help="Share of the old code that goes on under the new one, 0 to 1."
)
@click.option("--author", required=True, help="Who says so.")
@click.option("--reason", required=True, help="Why, in a sentence.")
def confirm(pack: str, old: str, new: str, share: float, author: str, reason: str) -> None:
    """Record that one code goes on for another, and for which share: history carries over by it."""
    from warehouse.pack_files import confirm_successor
    from warehouse.packs import load_pack

    if not author.strip() or not reason.strip():
        note("--author and --reason say who confirms it and why; neither may be empty")
        raise SystemExit(2)
    chosen = load_pack(pack)
    rows = confirm_successor(chosen, old, new, share, author.strip(), reason.strip())
    _say_shipped(chosen)
    told = ", ".join(f"{code} {part:.1%}" for code, part in rows.select("successor", "share").iter_rows())
    say(f"{old} goes on as {told}; confirmed by {author.strip()} in pack {chosen.name}")
    left = 1 - rows["share"].sum()
    if left > 1e-9:
        say(f"{left:.1%} of {old} goes on nowhere: it is forecast as ended")
