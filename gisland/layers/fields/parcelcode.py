"""Cadastral parcel codes: tenure and level that their letters tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.phrases import count_of
from gisland.layers.fields.uses import vocabulary
from gisland.layers.findings import SHOWN, finding

if TYPE_CHECKING:
    from gisland.layers.findings import Finding
    from gisland.layers.source import Source

TENURE = {"G": "state", "J": "collective", "Z": "undetermined"}
LEVEL = {
    "A": "collective_ownership",
    "B": "surface",
    "S": "above",
    "X": "below",
    "C": "homestead",
    "W": "disputed",
    "Y": "other",
}
STACKED = ("above", "below")
MOSTLY = 0.5  # a column of ids is one of parcel codes if more of them are
_CODE = r"[0-9]{12}(?P<tenure>[GJZ])(?P<level>[A-Z])[0-9]{5}(?:[WFLQ][0-9]{8})?"
_FEATURE = re.compile(rf"([GJZ])[{''.join(LEVEL)}]")


def read_parcel_codes(ids: pd.Index) -> pd.DataFrame:
    """Tenure and level that the 19-character code of each parcel tells.

    The code has 6 digits of the county, 3 of the cadastral district, 3 of its part, 2 letters
    and 5 digits of the number. The first letter tells who owns the land (G state, J collective,
    Z undetermined), the second what the parcel is (A collective ownership, B right to use the
    surface, S above, X below ground, C homestead, W disputed, Y other). The code of a property unit
    has W, F, L or Q and 8 digits more. Source: https://360docs.net/doc/657554573.html.

    Parameters
    ----------
    ids
        Ids of parcels; missing ones are allowed.

    Returns
    -------
    pandas.DataFrame
        On `ids`: ``is_code`` (bool), ``tenure`` and ``level``, which are missing where the id is no
        such code, and ``level`` also where its letter is another one.

    Examples
    --------
    >>> ids = pd.Index(["360702001001GB00001", "360702001001JX00002F00010001", "7"])
    >>> read_parcel_codes(ids).reset_index(drop=True).values.tolist()
    [[True, 'state', 'surface'], [True, 'collective', 'below'], [False, nan, nan]]
    """
    texts = pd.Series(ids, dtype="str").str.upper()
    alike = texts[texts.str.fullmatch(_CODE).fillna(value=False).astype(bool)]
    letters = alike.str.extract(rf"^{_CODE}$").reindex(texts.index)
    table = pd.DataFrame(
        {
            "is_code": letters["tenure"].notna(),
            "tenure": letters["tenure"].map(TENURE).astype("str"),
            "level": letters["level"].map(LEVEL).astype("str"),
        }
    )
    return table.set_axis(ids)


def tenure_words(texts: pd.Series) -> dict[str, str]:
    """Tenure that each distinct text tells: a packaged word or code, or the letters of a code.

    Parameters
    ----------
    texts
        Texts such as ``国有``, ``20`` and ``GB``; missing values are allowed.

    Returns
    -------
    dict of str to str
        Only texts that are known.

    Examples
    --------
    >>> tenure_words(pd.Series(["国有", "jc", "租赁", None]))
    {'国有': 'state', 'jc': 'collective'}
    """
    known = vocabulary("tenure")
    read = {t: known.get(t, known.get(t.upper())) for t in texts.dropna().unique()}
    letters = {t: _FEATURE.fullmatch(t.upper()) for t, tenure in read.items() if tenure is None}
    feature = {t: TENURE[found[1]] for t, found in letters.items() if found}
    return {t: tenure for t, tenure in (read | feature).items() if tenure is not None}


def code_facts(
    ids: pd.Index, tenure: pd.Series | None, *, source: Source
) -> tuple[pd.Series | None, list[Finding]]:
    """Tenure of parcels, taken from their codes if no column tells it, and what the codes say.

    Parameters
    ----------
    ids
        Ids of the parcels.
    tenure
        Mapped tenure in the same order, if there is one.
    source
        Declaration of the layer.

    Returns
    -------
    pandas.Series or None
        Tenure read from the codes, by position; None if ids are no codes or tenure is mapped.
    list of dict
        ``tenure_from_code``, ``tenure_contradicts_code``, ``malformed_code``, ``stacked_level``.

    Examples
    --------
    >>> from gisland.layers.source import Source
    >>> ids = pd.Index(["360702001001GB00001", "360702001001JS00002"])
    >>> tenure, findings = code_facts(ids, None, source=Source("parcels", ""))
    >>> tenure.tolist(), [f["code"] for f in findings]
    (['state', 'collective'], ['tenure_from_code', 'stacked_level'])
    """
    codes = read_parcel_codes(ids).reset_index(drop=True)
    given = pd.Series(ids.notna())
    if not codes["is_code"].sum() > MOSTLY * given.sum():
        return None, []
    name = source.name
    levels = codes["level"].isin(STACKED)
    told = [
        *_listed(
            ids[given & ~codes["is_code"]],
            "malformed_code",
            f"{name}: ids that are no parcel codes, while the others are",
            source=source,
        ),
        *_listed(
            ids[levels],
            "stacked_level",
            f"{name}: parcels above or below ground by their codes, which lie on others",
            source=source,
            severity="info",
        ),
    ]
    if tenure is None:
        message = f"{name}: no tenure is mapped; it is taken from the parcel codes"
        rows = codes["is_code"].sum()
        taken = finding(
            "tenure_from_code", message, in_=source, severity="info", value=rows, unit="rows"
        )
        return codes["tenure"], [taken, *told]
    mapped = tenure.reset_index(drop=True)
    against = mapped.notna() & codes["is_code"] & mapped.ne(codes["tenure"])
    message = f"{name}: tenure contradicts the letter of the parcel code"
    return None, [
        *_listed(ids[against], "tenure_contradicts_code", message, source=source),
        *told,
    ]


def _listed(
    ids: pd.Index, code: str, message: str, *, source: Source, severity: str = "warning"
) -> list[Finding]:
    if ids.empty:
        return []
    shown = ", ".join(sorted(ids)[:SHOWN])
    text = f"{message}: {count_of(len(ids), 'parcel')}, such as {shown}"
    return [finding(code, text, in_=source, severity=severity, value=len(ids), unit="rows")]
