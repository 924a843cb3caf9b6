"""When and where it runs: Dagster's code location, the command line, alerts."""

import os

# Panels are many and small: two threads that share such a matrix product wait for each other longer than they compute
# (a letter-scale run takes 8 % less time and a quarter less CPU with one). Numpy reads this when it is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
