"""Generated documents: data dictionary, catalogue of checks, command line reference. Verified by tests/docs."""

from pathlib import Path

from expectations.catalogue import render_catalogue
from pipelines.cli.reference import render_reference
from scripts.layout import render_layout
from scripts.line_page import README, render_line, render_readme
from warehouse.dictionary import render_dictionary

DOCS = Path(__file__).parents[1] / "docs" / "reference"
GENERATED = {
    "data_dictionary.md": render_dictionary,
    "checks.md": render_catalogue,
    "cli.md": render_reference,
    "layout.md": render_layout,
    "line.md": render_line,
}


def main() -> None:
    """Write every generated document."""
    for name, render in GENERATED.items():
        (DOCS / name).write_text(render(), encoding="utf-8")
    README.write_text(render_readme(), encoding="utf-8")


if __name__ == "__main__":
    main()
