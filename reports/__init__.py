"""How people SEE it: reads published marts only."""
