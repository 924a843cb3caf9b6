"""Stage support: on how many providers or holders a cell rests, and which cells are left out."""
