"""Stage vintages: every advice beside the others and beside what came out."""
