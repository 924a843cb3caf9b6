"""Named figures of a finding as one text that can be kept and queried: JSON, the same for the same figures.

Only keeping: what the figures mean is said where a finding is found, how they are worded in ``expectations``.
"""

import json
import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

_DIGITS = 12  # kept of a float: what is beyond them differs between machines


def pack_figures(figures: Mapping[str, Any]) -> str:
    """Names and values as JSON, sorted by name: floats on twelve digits, dates as text, unknown and infinite as null.

    >>> pack_figures({"volume": 1234.5, "month": date(2018, 3, 1), "price": None})
    '{"month": "2018-03-01", "price": null, "volume": 1234.5}'
    """
    return json.dumps({name: _plain(figures[name]) for name in sorted(figures)}, ensure_ascii=False)


def unpack_figures(text: str | None) -> dict[str, Any]:
    """The figures again; none when nothing was kept. Dates stay text."""
    figures: dict[str, Any] = json.loads(text) if text else {}
    return figures


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return _plain(float(value))
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
