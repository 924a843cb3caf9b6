"""Resources from the environment: where the data folder is."""

from assets.context import Warehouse
from warehouse.settings import data_folder


def make_warehouse() -> Warehouse:
    """The warehouse below ``WLZ_DATA``; the landing zone is its folder ``deliveries``."""
    return Warehouse(data_dir=str(data_folder()))
