"""What a stage that stops tells Dagster: the sentence of an error that people can mend, not the place in the code."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import ParamSpec, TypeVar

import dagster as dg

from wlz.words.faults import Spoken

KIND = "kind"  # of the error, in the metadata of the failure: alerts tell it instead of the words
_Given = ParamSpec("_Given")
_Yielded = TypeVar("_Yielded")


def speaking(compute: Callable[_Given, Iterator[_Yielded]]) -> Callable[_Given, Iterator[_Yielded]]:
    """The function of a step, of which a Spoken or a fault of the disk becomes a Dagster failure with its words.

    Anything else is a fault of ours and keeps its trace.
    """

    @wraps(compute)
    def spoken(*given: _Given.args, **named: _Given.kwargs) -> Iterator[_Yielded]:
        try:
            yield from compute(*given, **named)
        except (Spoken, OSError) as error:
            raise dg.Failure(
                description=str(error),
                metadata={KIND: type(error).__name__},
                allow_retries=not isinstance(error, Spoken),  # data do not mend themselves
            ) from None

    return spoken
