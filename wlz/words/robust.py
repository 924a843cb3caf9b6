"""How far values usually lie from their middle, such that one odd value does not matter.

Not here: who is odd and what follows from it (the stages), and medians over arrays with gaps that a stage lays out its
own way.
"""

import numpy as np
import numpy.typing as npt

MAD_TO_DEVIATION = 1.4826  # standard deviation of a normal distribution per median absolute deviation


def measure_deviation(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Median of N values without gaps, and their robust deviation: 1.4826 × the median distance to it.

    >>> measure_deviation(np.array([1.0, 2.0, 3.0, 4.0, 100.0]))
    (3.0, 1.4826)
    """
    middle = float(np.median(values))
    return middle, MAD_TO_DEVIATION * float(np.median(np.abs(values - middle)))
