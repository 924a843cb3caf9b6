"""Every column once, in one file per stage. ``all_columns()`` is the register the dictionary is made from."""

from importlib import import_module

from warehouse.contract import Column

STAGES = (
    "common",
    "deliveries",
    "series",
    "lag",
    "volumes",
    "prices",
    "extra_items",
    "pgb",
    "aids",
    "utilisation",
    "bounds",
    "vintages",
    "bridge",
    "backtest",
    "quality",
    "monitor",
    "support",
)


def all_columns() -> dict[str, Column]:
    """Column name → Column over all stages. Raises ValueError when a name is described twice."""
    found: dict[str, Column] = {}
    for stage in STAGES:
        for value in vars(import_module(f"warehouse.columns.{stage}")).values():
            if isinstance(value, Column):
                if value.name in found and found[value.name] is not value:
                    raise ValueError(f"column {value.name} is described twice; keep one, in its stage's file")
                found[value.name] = value
    return found
