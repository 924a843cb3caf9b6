"""What every table looks like: grain, columns, key. One file per stage; ``warehouse/registry.py`` finds them."""
