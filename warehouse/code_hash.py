"""The code that makes numbers as one hash: tokens of Python and words of SQL, the same on every supported Python.

Comments, docstrings, blank lines and the width of indentation are in it nowhere: they move no figure. Neither are the
simulation, pages, tests, the command line and what starts a run. The syntax tree will not do: dumped as text it differs
between Pythons. Imports the standard library only, so that any Python can run it by itself.
"""

import hashlib
import io
import os
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("wlz", "warehouse", "expectations", "assets")
MARTS = "warehouse/marts"
KEPT, KEPT_TREES = "code_hash.txt", 8
_LEFT_OUT = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER}
_INDENTATION = {tokenize.INDENT: "→", tokenize.DEDENT: "←"}
# From Python 3.12 on an f-string is many tokens, from 3.14 on a t-string too; before, it was one.
_OPENS = {getattr(tokenize, name) for name in ("FSTRING_START", "TSTRING_START") if hasattr(tokenize, name)}
_CLOSES = {getattr(tokenize, name) for name in ("FSTRING_END", "TSTRING_END") if hasattr(tokenize, name)}
_SQL_WORD = re.compile(r"""'(?:[^']|'')*'|"[^"]*"|--[^\n]*|/\*.*?\*/|\w+|\S""", re.DOTALL)


def code_files(root: Path = ROOT) -> list[Path]:
    """Every file that makes numbers, in order: Python of four packages, and the SELECTs of the marts."""
    python = (path for package in PACKAGES for path in (root / package).rglob("*.py"))
    return sorted([*python, *(root / MARTS).rglob("*.sql")])


def read_code(root: Path = ROOT) -> dict[str, bytes]:
    """Every file that makes numbers by its name below the root, in order."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in code_files(root)}


def hash_code(root: Path = ROOT) -> str:
    """SHA-256 over the name and the words of every file that makes numbers.

    Kept beside the compiled Python of this module, under the hash of the files as they are: reading words takes a
    second, and every command wants the answer. Where it cannot be kept it is computed again.
    """
    read = read_code(root)
    whole = hashlib.sha256(Path(__file__).read_bytes())
    for name, content in read.items():
        whole.update(f"\0{name}\0{len(content)}\0".encode() + content)
    kept = Path(__file__).parent / "__pycache__" / KEPT
    known = _read_kept(kept).get(whole.hexdigest())
    return known or _keep(kept, whole.hexdigest(), hash_words(read))


def hash_words(read: Mapping[str, bytes]) -> str:
    """SHA-256 over names and words of files by their name."""
    digest = hashlib.sha256()
    for name, content in read.items():
        text = content.decode("utf-8").replace("\r\n", "\n")
        words = sql_words(text) if name.endswith(".sql") else python_words(text)
        digest.update("\0".join([name, *words, ""]).encode())
    return digest.hexdigest()


def _read_kept(kept: Path) -> dict[str, str]:
    """Hash of words by hash of files, of the last trees; nothing where it cannot be read."""
    try:
        return dict(line.split() for line in kept.read_text(encoding="ascii").splitlines())
    except (OSError, ValueError):
        return {}


def _keep(kept: Path, whole: str, words: str) -> str:
    """Adds a tree, the newest last, in one step; passes the hash of its words on."""
    trees = [*_read_kept(kept).items(), (whole, words)][-KEPT_TREES:]
    beside = kept.with_name(f"{kept.name}.{os.getpid()}")
    try:
        beside.write_text("".join(f"{one} {other}\n" for one, other in trees), encoding="ascii")
        beside.replace(kept)
    except OSError:  # a folder of programs nobody may write to
        with suppress(OSError):
            beside.unlink()
    return words


def python_words(source: str) -> list[str]:
    """Tokens of a module by statement, without those that do nothing; an f-string is one token, as it is written.

    >>> python_words("def f(a):  # adds" + chr(10) + "  return a + 1")
    ['def', 'f', '(', 'a', ')', ':', '¶', '→', 'return', 'a', '+', '1', '¶', '←']
    """
    words: list[str] = []
    statement: list[tuple[int, str]] = []
    for kind, text in _whole_strings(source):
        if kind in _INDENTATION:
            words.append(_INDENTATION[kind])
        elif kind == tokenize.NEWLINE:
            if any(kind != tokenize.STRING for kind, _ in statement):  # a string alone is a docstring
                words += [*(text for _, text in statement), "¶"]
            statement = []
        elif kind not in _LEFT_OUT:
            statement.append((kind, text))
    return words


def sql_words(sql: str) -> list[str]:
    """Words, signs and quoted texts of a SELECT, without comments and layout.

    >>> sql_words("select a -- the first" + chr(10) + "from b where c = '--'")
    ['select', 'a', 'from', 'b', 'where', 'c', '=', "'--'"]
    """
    return [word for word in _SQL_WORD.findall(sql) if not word.startswith(("--", "/*"))]


def _whole_strings(source: str) -> Iterator[tuple[int, str]]:
    """Kind and text of every token, with f-strings put together again from the source."""
    lines, depth, begun = io.StringIO(source).readlines(), 0, (0, 0)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in _OPENS:
            begun = begun if depth else token.start
            depth += 1
        elif token.type in _CLOSES:
            depth -= 1
            if not depth:
                yield tokenize.STRING, _between(lines, begun, token.end)
        elif not depth:
            yield token.type, token.string


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    """Source text from one place (line from 1, column from 0) to another."""
    if start[0] == end[0]:
        return lines[start[0] - 1][start[1] : end[1]]
    middle: Iterable[str] = lines[start[0] : end[0] - 1]
    return "".join([lines[start[0] - 1][start[1] :], *middle, lines[end[0] - 1][: end[1]]])
