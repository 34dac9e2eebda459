"""Output on consoles of any code page: never an error, and as few question marks as may be."""

from __future__ import annotations

import codecs
import re
import shutil
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

from gisland.base.phrases import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HANDLER = "gisland-plain"
PLAIN = dict(
    zip("²³×·÷−–—≈•‘’“”（），。、：；％\u00a0\u202f", "23x./---~*''\"\"(),.,:;%  ", strict=True)
)
PLAIN |= {"…": "...", "±": "+/-", "→": "->", "←": "<-", "≥": ">=", "≤": "<=", "≠": "!="}


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that a code page lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(PLAIN.get(letter, "?") for letter in lacking), error.end


def soften(streams: Iterable[IO[str] | None]) -> None:
    """Let streams write what their code page lacks in plain marks instead of failing.

    Parameters
    ----------
    streams
        Such as standard output; None, which stands for none, is left alone.

    Examples
    --------
    >>> import io
    >>> page = io.TextIOWrapper(io.BytesIO(), encoding="cp936")
    >>> soften([page, None])
    >>> print("1 m² → 地…", file=page, flush=True)
    >>> page.buffer.getvalue().decode("cp936").rstrip()
    '1 m2 → 地…'
    """
    codecs.register_error(HANDLER, _plainly)
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=HANDLER)


def json_for(value: object, stream: IO[str] | None = None) -> str:
    r"""A value as JSON that survives the code page of a stream.

    Parameters
    ----------
    value
        See `gisland.base.phrases.json_text`.
    stream
        Where it is written; by default standard output.

    Returns
    -------
    str
        Letters of any language as they are on a Unicode stream; else escaped, so that no program
        that reads it needs to know the code page.

    Examples
    --------
    >>> import io
    >>> json_for("地", io.TextIOWrapper(io.BytesIO(), encoding="cp437"))
    '"\\u5730"'
    """
    encoding = getattr(sys.stdout if stream is None else stream, "encoding", None) or "utf-8"
    return json_text(value, escaped=not encoding.lower().startswith("utf"))


def called(words: Sequence[str] | None = None) -> str:
    """How the command line was called, to be called again by copying what it says.

    Parameters
    ----------
    words
        Of the command line, its program first; by default those of this process.

    Returns
    -------
    str
        ``gisland`` where the shell finds that command, else what was typed or its equal.

    Examples
    --------
    >>> called(["pytest"])
    'gisland'
    """
    first = Path((words or sys.argv or [""])[0])
    if shutil.which("gisland") is None:
        if first.name == "__main__.py":
            return f"{quoted_path(sys.executable)} -m gisland"
        if first.stem == "gisland":
            return quoted_path(first)
    return "gisland"


def quoted_path(path: object) -> str:
    """A path as it can be pasted into a shell.

    Parameters
    ----------
    path
        Any path.

    Returns
    -------
    str
        With quotation marks where a shell wants them.

    Examples
    --------
    >>> quoted_path("out/demo"), quoted_path("my maps")
    ('out/demo', '"my maps"')
    """
    return str(path) if re.fullmatch(r"[\w./\\:~+-]+", str(path)) else f'"{path}"'
