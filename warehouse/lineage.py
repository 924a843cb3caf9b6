"""Which lake tables a mart is made of, read from its own SELECT: lineage is not written down a second time."""

import re

from warehouse.contract import Table
from warehouse.publish import mart_sql

_COMMENT = re.compile(r"--[^\n]*")
_LAKE = re.compile(r"\blake\.(\w+)")


def lake_tables_of(mart: Table) -> list[str]:
    """Names of the lake tables a mart selects from, sorted; none for one that is filled otherwise."""
    if mart.name == "example_queries":
        return []
    return sorted(set(_LAKE.findall(_COMMENT.sub("", mart_sql(mart.name)))))
