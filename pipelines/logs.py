"""What a run says while it works: one plain line per stage instead of Dagster's debug lines."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dagster as dg

Listener = Callable[[str, str], None]
_listeners: list[Listener] = []


def _to_stderr(stage: str, text: str) -> None:
    logging.getLogger("wlz").info("%s: %s", stage, text)


class _StageLines(logging.Handler):
    """Turns Dagster's records into (stage, text): started, done in x s, or a line an asset logged."""

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_event", None)
        meta = getattr(record, "dagster_meta", None) or {}
        stage = meta.get("step_key") or "run"
        if event is None and record.levelno >= logging.INFO:
            self._tell(stage, str(meta.get("orig_message") or record.getMessage()))
        elif event is None:
            return
        elif event.event_type_value == "STEP_START":
            self._tell(stage, "started")
        elif event.event_type_value == "STEP_SUCCESS":
            self._tell(stage, f"done in {event.step_success_data.duration_ms / 1000:.1f} s")

    def _tell(self, stage: str, text: str) -> None:
        for listener in _listeners or [_to_stderr]:
            listener(stage, text)


def is_of_use(record: logging.LogRecord) -> bool:
    """Whether a line of Dagster's own log helps somebody: not that a rule had nothing to judge, once per later step."""
    return "emitted no result" not in record.getMessage()


logging.getLogger("dagster._core.execution.plan.active").addFilter(is_of_use)


@dg.logger(None, description="One line per stage")
def stage_lines(init_context: dg.InitLoggerContext) -> logging.Logger:
    """The logger of the code location."""
    logger = logging.Logger("wlz.stages", level=logging.DEBUG)
    logger.addHandler(_StageLines())
    return logger


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Sends stage lines to ``listener`` while the block runs."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
