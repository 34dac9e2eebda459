"""Fonts of the figures: one that has the characters, or a clear word that there is none."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gisland.base.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

VARIABLE = "GISLAND_FONT"
LATIN = "DejaVu Sans"  # comes with matplotlib
FAMILIES = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN"),
    *("Noto Sans CJK TC", "Noto Sans CJK JP", "Noto Sans CJK HK", "Noto Sans CJK KR"),
    *("Source Han Sans", "Source Han Sans TC", "Microsoft YaHei", "PingFang SC", "PingFang HK"),
    *("Hiragino Sans GB", "Heiti SC", "Heiti TC", "STHeiti", "SimHei", "DengXian"),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "Sarasa Gothic SC"),
    *("Noto Serif CJK SC", "Noto Serif CJK JP", "Songti SC", "STSong", "SimSun", "NSimSun"),
    *("AR PL UMing CN", "AR PL UKai CN", "Microsoft JhengHei", "Arial Unicode MS"),
)
NAMED = ("Noto Sans CJK SC", "Source Han Sans", "Microsoft YaHei", "SimHei", "PingFang SC")
UNKNOWN = "?"  # instead of a character that no font has


class NoFontError(ProjectError):
    """No font on this computer has the characters of a figure; `given`: the file asked for."""

    given: str = ""


@dataclass(frozen=True)
class Font:
    """A font by its file; by its family where the file may hold several."""

    file: str
    family: str = ""

    def properties(self, *, size: float) -> Any:  # noqa: ANN401 - matplotlib
        """As matplotlib's texts take it.

        Parameters
        ----------
        size
            In points.

        Returns
        -------
        matplotlib.font_manager.FontProperties
            Of one font.
        """
        from matplotlib.font_manager import FontProperties  # noqa: PLC0415 - heavy

        if self.family:
            return FontProperties(family=self.family, size=size)
        return FontProperties(fname=self.file, size=size)


def drawable(fonts: tuple[Font, ...], text: str) -> tuple[Font, str]:
    """The font for a text, and the text as that font can draw it.

    Parameters
    ----------
    fonts
        From `fonts_for`.
    text
        One line.

    Returns
    -------
    tuple
        The first font that has all characters, or the first of all, with a question mark for each
        character that it lacks; the text.

    Examples
    --------
    >>> drawable(fonts_for(["a"]), "a" + chr(7))[1]
    'a?'
    """
    for font in fonts:
        if all(ord(c) in _characters(font.file) for c in text):
            return font, text
    known = _characters(fonts[0].file)
    return fonts[0], "".join(c if ord(c) in known else UNKNOWN for c in text)


def fonts_for(texts: Iterable[str]) -> tuple[Font, ...]:
    """Fonts for some texts: the one that comes with matplotlib, and a Chinese one if they need it.

    The file that the environment variable ``GISLAND_FONT`` names comes first; then the first of
    the usual families (`FAMILIES`) that matplotlib's font manager finds.

    Parameters
    ----------
    texts
        All texts of a figure.

    Returns
    -------
    tuple of Font
        The Chinese font first.

    Raises
    ------
    NoFontError
        If Chinese text is to be drawn and no font has it, or ``GISLAND_FONT`` names no font file.

    Examples
    --------
    >>> len(fonts_for(["land area"])) >= 1
    True
    """
    with quiet():
        latin = Font(_file(LATIN), LATIN)
        given = os.environ.get(VARIABLE, "").strip()
        if given:
            return _given(given), latin
        if not any(_is_chinese(c) for text in texts for c in text):
            return (latin,)
        found = _chinese()
    if found is None:
        raise NoFontError(
            f"no font with Chinese characters was found (looked for {', '.join(NAMED)} and others)",
            do=f"install one (Debian, Ubuntu: apt install fonts-noto-cjk; Fedora: dnf install "
            f"google-noto-sans-cjk-fonts), or name a font file in the variable {VARIABLE}",
        )
    return found, latin


@contextmanager
def quiet() -> Iterator[None]:
    """Matplotlib without words on where it keeps its list of fonts.

    Examples
    --------
    >>> with quiet():
    ...     logging.getLogger("matplotlib").isEnabledFor(logging.WARNING)
    False
    """
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _is_chinese(character: str) -> bool:
    """Whether a character is one of the CJK blocks, their marks and their wide forms."""
    return (
        "\u2e80" <= character <= "\u9fff"
        or "\uf900" <= character <= "\uffef"
        or ("\U00020000" <= character <= "\U0003ffff")
    )


def _given(path: str) -> Font:
    """The font file that the environment names."""
    try:
        _characters(path)
    except (OSError, RuntimeError) as error:
        wrong = NoFontError(
            f"{VARIABLE} names {path!r}, which is no font file that can be read",
            do="give the path of a .ttf, .otf or .ttc file",
        )
        wrong.given = path
        raise wrong from error
    return Font(path)


def _chinese() -> Font | None:
    """The first usual family that is there and has Chinese characters."""
    import matplotlib.font_manager as manager  # noqa: PLC0415 - heavy

    there: dict[str, str] = {}
    for entry in sorted(manager.fontManager.ttflist, key=_plainness):
        there.setdefault(entry.name, entry.fname)
    found = [Font(there[name], name) for name in FAMILIES if name in there]
    return next((f for f in found if _is_there(f) and ord("地") in _characters(f.file)), None)


def _is_there(font: Font) -> bool:
    """Whether a font is where matplotlib has found it once."""
    return Path(font.file).is_file()


def _plainness(entry: object) -> tuple[bool, int, str]:
    """Upright fonts of normal weight first; the same one on every run."""
    weight = getattr(entry, "weight", 400)
    number = weight if isinstance(weight, int) else {"normal": 400, "regular": 400}.get(weight, 700)
    style = getattr(entry, "style", "normal")
    return style != "normal", abs(number - 400), str(getattr(entry, "fname", ""))


def _file(family: str) -> str:
    import matplotlib.font_manager as manager  # noqa: PLC0415 - heavy

    return str(manager.fontManager.findfont(family))


@cache
def _characters(file: str) -> frozenset[int]:
    """Code points that a font has."""
    from matplotlib.ft2font import FT2Font  # noqa: PLC0415 - heavy

    return frozenset(FT2Font(file).get_charmap())
