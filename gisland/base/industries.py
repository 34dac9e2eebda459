"""Industry codes of GB/T 4754 (国民经济行业分类), compared by their digits."""

from __future__ import annotations

import numbers
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# Division, group or class, such as C26, 261, 2614; the letter of the section says nothing more.
CODE = re.compile(r"[A-T]?([0-9]{2,4})")


def industry_digits(text: object) -> str:
    """Digits of an industry code, without the letter of its section.

    Parameters
    ----------
    text
        Such as ``C26``, ``2614`` or ``26``, also the number 26; full-width signs, small letters
        and blanks around are allowed.

    Returns
    -------
    str
        Two to four digits; empty for anything else, such as a section alone or a name.

    Examples
    --------
    >>> [industry_digits(t) for t in ("C26", " ｃ２６１４", 2614, "C", "化工", "26-28", None)]
    ['26', '2614', '2614', '', '', '', '']
    """
    if isinstance(text, numbers.Real) and float(text).is_integer():
        text = str(int(float(text)))
    if not isinstance(text, str):
        return ""
    found = CODE.fullmatch(unicodedata.normalize("NFKC", text).strip().upper())
    return found[1] if found else ""


def digits_of(industry: pd.Series) -> pd.Series:
    """Digits of the industry codes of a column.

    Parameters
    ----------
    industry
        Texts, or whole numbers; missing ones are allowed.

    Returns
    -------
    pandas.Series
        As `industry_digits` gives them, on the index of `industry`.

    Examples
    --------
    >>> import pandas as pd
    >>> digits_of(pd.Series(["C26", None])).tolist()
    ['26', '']
    """
    import pandas as pd  # noqa: PLC0415 - heavy; lists of rule sets need codes alone

    places, texts = pd.factorize(industry)
    read = pd.array([*(industry_digits(t) for t in texts), ""], dtype="str")  # -1: missing
    return pd.Series(read.take(places), index=industry.index, dtype="str")
