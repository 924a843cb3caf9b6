"""What stands under a name, before it is opened: only regular files are read, and none larger than can be.

A link would lead elsewhere, a pipe would be waited for, a device read without end.
"""

import os
import stat
from pathlib import Path

LARGEST_SETTINGS_BYTES = 10**7  # files of settings are written by hand, control files hold a few totals
_ENTRIES = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a link to another place",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def tell_odd(path: Path, largest_bytes: int = LARGEST_SETTINGS_BYTES) -> str | None:
    """What stands there instead of a file that can be read, in words; None for such a file. Nothing is opened."""
    try:
        found = path.lstat()
    except OSError as error:
        return f"nothing ({error.strerror})"
    if not stat.S_ISREG(found.st_mode):
        return _ENTRIES.get(stat.S_IFMT(found.st_mode), "no regular file")
    if found.st_size > largest_bytes:
        return f"a file of {found.st_size:,} bytes, and at most {largest_bytes:,} are read"
    return None if os.access(path, os.R_OK) else "a file that may not be read"
