"""Which tables and columns there are: every ``Table`` in ``tables/``, every ``Column`` in ``columns/``.

Found by walking the two packages, so that a stage exists once its files exist; there is no second list. A module of
``tables/`` names the one it comes ``AFTER`` in the order of the data.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from warehouse import columns, tables
from warehouse.contract import Column, ContractError, Table

MARTS_MODULE = "marts"  # of tables/: the marts of many stages; every other module is a stage


def stages() -> list[str]:
    """The stage words that have tables, in the order of the data."""
    return [name for name in _ordered_modules() if name != MARTS_MODULE]


def deliveries() -> dict[str, Table]:
    """Kind → its table, as delivered."""
    return _of_layer("delivery")


def lake() -> dict[str, Table]:
    """Name → table of the lake, in the order of the data."""
    return _of_layer("lake")


def table_named(name: str) -> Table:
    """The lake table called ``name``. Raises ContractError when there is none."""
    found = lake().get(name)
    if found is None:
        raise ContractError(f"no lake table {name}; there are {', '.join(lake())}")
    return found


def marts() -> dict[str, Table]:
    """Name → published mart."""
    return _of_layer("mart")


def all_tables() -> list[Table]:
    """Every contract table: deliveries, lake, marts."""
    return [*deliveries().values(), *lake().values(), *marts().values()]


def all_columns() -> dict[str, Column]:
    """Column name → Column over all stages. Raises ValueError when a name is described twice."""
    found: dict[str, Column] = {}
    for module in _modules(columns).values():
        for value in vars(module).values():
            if isinstance(value, Column) and found.setdefault(value.name, value) is not value:
                raise ValueError(f"column {value.name} is described twice; keep one, in its stage's file")
    return found


def _of_layer(layer: str) -> dict[str, Table]:
    """Tables of a layer by name. Raises ValueError when two tables of a layer share a name."""
    found: dict[str, Table] = {}
    for module in _ordered_modules().values():
        for value in vars(module).values():
            if isinstance(value, Table) and value.layer == layer and found.setdefault(value.name, value) is not value:
                raise ValueError(f"two tables of the layer {layer} are called {value.name}; rename one of them")
    return found


def _ordered_modules() -> dict[str, ModuleType]:
    """Modules of ``tables/``, each behind the one it comes ``AFTER``; beside each other in order of name."""
    modules = _modules(tables)
    return {name: modules[name] for name in sorted(modules, key=lambda name: (len(list(_before(name, modules))), name))}


def _before(name: str, modules: dict[str, ModuleType]) -> Iterator[str]:
    """The modules before one, nearest first. Raises ValueError when it comes after one that is not there, or itself."""
    seen = [name]
    while name := modules[name].AFTER:
        if name not in modules or name in seen:
            raise ValueError(f"tables/{seen[-1]}.py comes AFTER {name!r}; name a module of warehouse/tables before it")
        seen.append(name)
        yield name


def _modules(package: ModuleType) -> dict[str, ModuleType]:
    """Name → module of a package, imported."""
    names = sorted(module.name for module in iter_modules(package.__path__))
    return {name: import_module(f"{package.__name__}.{name}") for name in names}
