"""Enclaves in words: what they are found by, their values, their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisland.present.lists import listed
from gisland.present.wording import MISSING, is_missing, named, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

BY_ATTRIBUTE = {  # sections that name the values of what enclaves are found by
    "tenure": "tenure",
    "use_class": "use_class",
    "planned_use": "use_class",
    "planned_use_class": "use_class",
    "status": "status",
}

TRUTHS = ("True", "False")


def attribute_name(attribute: object, *, texts: Mapping[str, str]) -> str:
    """What enclaves are found by; a column that has no name of its own is shown as it is.

    Parameters
    ----------
    attribute
        Name of a column of the parcels.
    texts
        Catalog of one language.

    Returns
    -------
    str
        ``—`` for a missing name.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> [attribute_name(n, texts=catalog("zh")) for n in ("tenure", "industry", "village")]
    ['权属性质', '行业代码', 'village']
    """
    name = texts.get(f"attribute.{visible(attribute)}")
    return named(texts, "column", attribute) if name is None else name


def values_of(attribute: object, joined: object, *, texts: Mapping[str, str]) -> list[str]:
    """Values of what enclaves are found by, in words where they are codes.

    Parameters
    ----------
    attribute
        Name of a column of the parcels.
    joined
        Values joined by ``;``.
    texts
        Catalog of one language.

    Returns
    -------
    list of str
        Owners and values of other columns as they are.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> values_of("tenure", "state;collective", texts=catalog("en"))
    ['state-owned', 'collective']
    """
    return [_value(attribute, v, texts=texts) for v in listed(joined)]


def _value(attribute: object, value: str, *, texts: Mapping[str, str]) -> str:
    """One value in words; truth values are yes and no, but an owner may have any name."""
    section = BY_ATTRIBUTE.get(visible(attribute), "")
    if section:
        return named(texts, section, value)
    told = value in TRUTHS and visible(attribute) != "owner"
    return texts[f"bool.{value.lower()}"] if told else value


def analysis_name(analysis: object, *, texts: Mapping[str, str]) -> str:
    """Display name of an analysis; enclaves may be found by any column.

    Parameters
    ----------
    analysis
        As the run's record tells it.
    texts
        Catalog of one language.

    Returns
    -------
    str
        ``—`` for a missing name.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> analysis_name("enclaves_industry", texts=catalog("en"))
    'enclaves by industry code'
    """
    stem, by, column = visible(analysis).partition("enclaves_")
    if stem or not by or f"analysis.{analysis}" in texts:
        return named(texts, "analysis", analysis)
    return texts["analysis.enclaves_by"].format(name=attribute_name(column, texts=texts))


def worded_enclaves(enclaves: pd.DataFrame, *, texts: Mapping[str, str]) -> pd.DataFrame:
    """Enclaves with codes and ids in words.

    Parameters
    ----------
    enclaves
        The enclaves table.
    texts
        Catalog of one language.

    Returns
    -------
    pandas.DataFrame
        A copy with other columns ``attribute``, ``value``, ``surrounded_by``, ``enclave_id`` and
        ``inside_of``; owners stay.

    Examples
    --------
    >>> import pandas as pd
    >>> from gisland.present.style import catalog
    >>> table = pd.DataFrame({"attribute": ["tenure"], "value": ["state"]})
    >>> worded_enclaves(table, texts=catalog("en"))["value"].tolist()
    ['state-owned']
    """
    changed = enclaves.copy()
    by = enclaves["attribute"].tolist()
    for column in [c for c in ("value", "surrounded_by") if c in enclaves]:
        cells = zip(by, enclaves[column].tolist(), strict=True)
        changed[column] = [
            v if is_missing(v) else texts["report.list"].join(values_of(a, v, texts=texts))
            for a, v in cells
        ]
    changed["attribute"] = [attribute_name(a, texts=texts) for a in by]
    for column in [c for c in ("enclave_id", "inside_of") if c in enclaves]:
        told = [None if is_missing(v) else enclave_text(v, texts=texts) for v in enclaves[column]]
        changed[column] = pd.Series(told, index=enclaves.index, dtype="object")
    return changed


def enclave_text(value: object, *, texts: Mapping[str, str]) -> str:
    """What an enclave is an enclave of, or the id of one, with attribute and tenure in words.

    Parameters
    ----------
    value
        Such as ``owner:Smith``, ``tenure:state``, ``tenure:P01``; several joined by ``;``.
    texts
        Catalog of one language.

    Returns
    -------
    str
        ``—`` where there is nothing.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> enclave_text("tenure:state", texts=catalog("en"))
    'tenure (state-owned)'
    """
    if is_missing(value):
        return MISSING
    parts = []
    for text in visible(value).split(";"):
        attribute, colon, rest = text.partition(":")
        known = texts.get(f"attribute.{attribute}") or texts.get(f"column.{attribute}")
        if not colon or (known is None and rest not in TRUTHS):
            parts.append(text)
            continue
        name, rest = attribute_name(attribute, texts=texts), _value(attribute, rest, texts=texts)
        parts.append(texts["report.detail"].format(name=name, detail=rest))
    return texts["report.list"].join(parts)
