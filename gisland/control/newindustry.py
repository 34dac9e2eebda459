"""New-type industrial land (M0): told by the words that the rule set lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisland.base.names import is_word

if TYPE_CHECKING:
    import pandas as pd

    from gisland.base.rules import RuleSet

M0_USES = "block_line.m0_uses"


def is_m0(codes: pd.Series, *, rules: RuleSet) -> pd.Series:
    """Whether a use code or text stands for M0.

    The national code list has no code for it: places extend it, and the rule set names what they
    write.

    Parameters
    ----------
    codes
        Use codes or texts; missing ones are allowed. Whole texts are compared after Unicode's
        NFKC, without case.
    rules
        The rule set; where its ``block_line.m0_uses`` is off, nothing is M0.

    Returns
    -------
    pandas.Series
        Bool, on the index of `codes`; False where the code is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from gisland.base.rules import load_rules
    >>> is_m0(pd.Series(["Ｍ０", "m0", "M1", None]), rules=load_rules("common")).tolist()
    [True, True, False, False]
    """
    rule = rules[M0_USES]
    words = rule.texts if rule.mode != "off" else ()
    return is_word(codes, words).fillna(value=False).astype("bool")
