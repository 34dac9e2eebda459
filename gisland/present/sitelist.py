"""The sites of a run in a table beside the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gisland.present.facts import plain_rows
from gisland.present.lists import listed
from gisland.present.wording import number, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

AREAS = ("area_before_m2", "area_after_m2", "scrap_area_m2")


def site_list(
    tables: Mapping[str, pd.DataFrame], *, texts: Mapping[str, str]
) -> dict[str, Any] | None:
    """Sites with their area before and after, and the scraps they absorb.

    Parameters
    ----------
    tables
        Result tables by name.
    texts
        The catalog.

    Returns
    -------
    dict or None
        ``heads`` and ``rows``, of which the first cell is the id; None where there is no site.

    Examples
    --------
    >>> import pandas as pd
    >>> from gisland.present.style import catalog
    >>> one = {"site_id": "S1", "area_before_m2": 9.0, "area_after_m2": 9.5, "scrap_area_m2": 0.5}
    >>> one["absorbed_ids"] = "7;8"
    >>> site_list({"sites": pd.DataFrame([one])}, texts=catalog("en"))["rows"]
    [['S1', '9.00', '9.50', '2', '0.50']]
    """
    sites = tables.get("sites")
    if sites is None or sites.empty:
        return None
    before, after, scraps = (texts[f"column.{name}"] for name in AREAS)
    rows = [
        [
            visible(site["site_id"]),
            *(number(site.get(name), unit="m2") for name in AREAS[:2]),
            str(len(listed(site.get("absorbed_ids")))),
            number(site.get(AREAS[2]), unit="m2"),
        ]
        for site in plain_rows(sites.sort_values("site_id", kind="stable"))
    ]
    heads = [texts["column.site_id"], before, after, texts["map.scraps"], scraps]
    return {"heads": heads, "rows": rows}
