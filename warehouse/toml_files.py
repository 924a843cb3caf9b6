"""Files of settings, read: TOML in a regular file of a size that people write. What they may say stands elsewhere."""

import pickle
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from warehouse.regular_files import tell_odd
from wlz.words.faults import Spoken


class SettingsError(Spoken, ValueError):
    """A file or folder of settings that cannot be used. The message says what was found and what to do."""


def read_toml(path: Path, where: str) -> dict[str, Any]:
    """What a file says. Raises SettingsError, which calls it `where`, for what is no file, or no TOML."""
    if odd := tell_odd(path):
        raise SettingsError(f"{where}: found {odd}, expected a file of settings. Next: put the file itself there")
    try:
        said: dict[str, Any] = pickle.loads(_parse(path.read_text(encoding="utf-8")))
        return said
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{where}: not readable as TOML ({error}). Next: mend the file") from None
    except (RecursionError, OSError) as error:
        cause = "brackets in brackets without end" if isinstance(error, RecursionError) else error.strerror
        raise SettingsError(f"{where}: not readable ({cause}). Next: mend the file") from None


@lru_cache(maxsize=32)
def _parse(text: str) -> bytes:
    """Kept by text: a run asks for the same files hundreds of times, and a changed file is another text.

    Pickled, as everybody who asks gets a copy of their own: unpickling is six times as fast as copying.
    """
    return pickle.dumps(tomllib.loads(text))
