"""Benchmarks run their peers as programs by path: a path that moved shows only after ten minutes of measuring."""

import pytest

from scripts.bench import forecasts, lag


@pytest.mark.parametrize("program", [lag.PEER_SCRIPT, forecasts.PEER], ids=lambda path: path.stem)
def test_the_program_of_a_peer_is_there(program):
    assert program.is_file()
