"""What every table looks like: grain, columns, key. One file per stage; the registry finds them."""
