"""Every column once, in one file per stage; ``warehouse/registry.py`` finds them."""
