"""Lists of ids and names, cut where they would fill a page, and the parcels of a site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gisland.present.isolation import isolated
from gisland.present.wording import MISSING, number, shortened, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

MANY = 12  # names listed before "and more"


def listed(ids: object) -> list[str]:
    """The ids of a ``;``-joined list.

    Parameters
    ----------
    ids
        Text, or missing.

    Returns
    -------
    list of str
        Empty for a missing or empty text.

    Examples
    --------
    >>> listed("a;b"), listed(None)
    (['a', 'b'], [])
    """
    text = visible(ids)
    return text.split(";") if text else []


def some(
    names: list[str],
    *,
    texts: Mapping[str, str],
    more: str = "report.and_more",
    many: int = MANY,
) -> str:
    """The first names of a list, and how many there are in all.

    Parameters
    ----------
    names
        Names or ids.
    texts
        Catalog of one language.
    more
        Key of the text for lists that are cut.
    many
        Names that are listed at most.

    Returns
    -------
    str
        At most `many` names; ``—`` for an empty list.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> some(["a", "b"], texts=catalog("en")), some([], texts=catalog("en"))
    ('a; b', '—')
    """
    names_apart = [isolated(shortened(name)) for name in names[:many]]
    shown = shortened(texts["report.list"].join(names_apart)) or MISSING
    if len(names) <= many:
        return shown
    return texts[more].format(shown=shown, n=len(names))


def some_ids(ids: object, *, texts: Mapping[str, str], many: int = MANY) -> str:
    """The first parcel ids of a ``;``-joined list, and how many there are in all.

    Parameters
    ----------
    ids
        Text, or missing.
    texts
        Catalog of one language.
    many
        Ids that are listed at most.

    Returns
    -------
    str
        ``—`` for an empty list.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> some_ids("a;b", texts=catalog("en"))
    'a; b'
    """
    return some(listed(ids), texts=texts, more="report.and_more_parcels", many=many)


def parcel_counts(site: Mapping[Any, Any], *, texts: Mapping[str, str]) -> tuple[str, str]:
    """Numbers of parcels of a site before, own ones and scraps told apart, and after.

    Parameters
    ----------
    site
        One row of the sites table.
    texts
        Catalog of one language.

    Returns
    -------
    tuple of str
        Such as ``own 3 + scraps 4`` and ``1``.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> site = {"parcel_ids": "a;b", "absorbed_ids": "c", "parcels_after": 1}
    >>> parcel_counts(site, texts=catalog("en"))
    ('own 2 + scraps 1', '1')
    """
    own, scraps = (len(listed(site.get(k))) for k in ("parcel_ids", "absorbed_ids"))
    before = texts["report.own_and_scraps"].format(own=own, scraps=scraps) if own else MISSING
    return before, number(site.get("parcels_after"), unit="count")


def share_test(site: Mapping[Any, Any]) -> dict[str, Any]:
    """The scrap share of a site with its cap, as `wording.comparison` reads a test.

    Parameters
    ----------
    site
        One row of the sites table.

    Returns
    -------
    dict
        ``value``, ``limit``, ``operator``, ``unit``, ``denominator``; missing ones are None.

    Examples
    --------
    >>> share_test({"scrap_share": 0.05, "cap": 0.1})["limit"]
    0.1
    """
    return {
        "value": site.get("scrap_share"),
        "limit": site.get("cap"),
        "operator": site.get("cap_operator"),
        "unit": "share",
        "denominator": site.get("share_denominator"),
    }
