"""Words of columns that hold one of a few values: which value each of them tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisland.base.names import plain_word
from gisland.layers.fields.parcelcode import tenure_words
from gisland.layers.fields.uses import vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd


def change_words(texts: pd.Series) -> dict[str, str]:
    """What each distinct text says of an area: that it goes into the block lines, or out.

    Parameters
    ----------
    texts
        Texts such as ``调入`` and ``Out``; missing values are allowed.

    Returns
    -------
    dict of str to str
        Only texts that are known.

    Examples
    --------
    >>> import pandas as pd
    >>> change_words(pd.Series(["调入", "划出", "Out", "保留", None]))
    {'调入': 'in', '划出': 'out', 'Out': 'out'}
    """
    known = {plain_word(word): value for word, value in vocabulary("change").items()}
    read = {text: known.get(plain_word(text)) for text in texts.dropna().unique()}
    return {text: value for text, value in read.items() if value is not None}


LISTED: dict[str, Callable[[pd.Series], dict[str, str]]] = {
    "tenure": tenure_words,
    "change": change_words,
}
