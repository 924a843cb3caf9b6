"""Words of findings and checks, per language, from ``expectations/sentences/``.

The last step, after which nothing is computed. A sentence is put together from parts that the finding names, filled
with the figures of its record.
"""

import string
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from expectations.judging.shapes import write_figure
from wlz.words.figures import unpack_figures

LANGUAGES = ("nl", "en")
COMMON = "common"  # parts that every check has
FOUND = "found"  # the part of a finding that names none
_FOLDER = Path(__file__).parents[1] / "sentences"


def say_finding(check_id: str, record: Mapping[str, Any], language: str) -> str:
    """A finding in words: the parts its ``wording`` names, one after another, filled with its figures.

    ``record`` has the columns of a finding with its figures beside them, or packed in ``numbers``. A check without
    words of its own says the figure ``found``. Raises KeyError when a figure or a part is not there.

    >>> say_finding("P05", {"prestatiecode": "H126", "wlz_uitvoerder": "CZ", "forecast_year_volume": 1234.0}, "en")
    'H126/CZ: 1,234 units without a price'
    """
    parts = words_of(check_id, language)
    figures = {**record, **unpack_figures(record.get("numbers"))}
    names = str(record.get("wording") or FOUND).split(" ")
    writer = _Writer(parts, language)
    return "".join(writer.vformat(parts[name], (), figures) for name in names)


def words_of(check_id: str, language: str) -> Mapping[str, str]:
    """Parts of the sentences of a check, and in Dutch its ``title``, ``expected``, ``done`` and ``ask``."""
    sentences = load_sentences(language)
    own = sentences.get(check_id, {})
    shared = sentences.get(own.get("shared", ""), {})
    return {**sentences[COMMON], **shared, **own}


@cache
def load_sentences(language: str) -> Mapping[str, Mapping[str, str]]:
    """All words of a language: per check its parts. Raises OSError when there is no such language."""
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


class _Writer(string.Formatter):
    """Fills a part with figures, ``{name:shape}``; the shapes are in ``shapes.py``.

    ``each PART`` is a list of figures, or a list of several, one after another as that part says.
    """

    def __init__(self, parts: Mapping[str, str], language: str) -> None:
        self.parts = parts
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None:
            return self.parts["empty"]
        shape, _, part = format_spec.partition(" ")
        if shape == "each":
            separator = self.parts.get(f"{part}_and", ", ")
            return separator.join(self.vformat(self.parts[part], (), _named(one)) for one in value)
        return write_figure(value, format_spec, self.language)


def _named(one: Any) -> Mapping[str, Any]:
    return one if isinstance(one, Mapping) else {"one": one}


def list_parts(check_id: str, language: str) -> Sequence[str]:
    """Names of the parts a check has of its own or shares, without title, expectation and actions."""
    sentences = load_sentences(language)
    own = sentences.get(check_id, {})
    return sorted({*own, *sentences.get(own.get("shared", ""), {})} - {"shared", "title", "expected", "done", "ask"})
