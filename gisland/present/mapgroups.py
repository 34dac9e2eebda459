"""Layers of the map in groups, so that a long list can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GROUPS = {
    "sites": ("parcels", "scraps", "links", "scrap_groups", "sites_before", "sites_after"),
    "blocks": (
        *("block_lines", "block_conflicts", "block_proposed", "block_adjusted"),
        "block_changes",
    ),
    "zones": ("zones", "zone_units", "parks"),
    "enclaves": ("enclaves", "enclaves_jointly"),
    "around": ("project_boundary", "exclusions", "roads", "findings"),
}


def layer_groups(ids: Iterable[str], texts: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Headings of the list of layers, each with the layers below it.

    Parameters
    ----------
    ids
        Of the layers of the map.
    texts
        Catalog of one language.

    Returns
    -------
    list of tuple
        Only groups of which the map has a layer.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> layer_groups(["roads", "parcels"], catalog("en"))
    [('Sites and scraps', ['parcels']), ('Surroundings', ['roads'])]
    """
    there = set(ids)
    found = {name: [one for one in group if one in there] for name, group in GROUPS.items()}
    return [(texts[f"map.group.{name}"], group) for name, group in found.items() if group]
