"""Parcels by density: FAR, coverage and tax per mu before, after and their difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisland.base.schema import MERGED_ROLES
from gisland.base.surfaceclasses import change_legend, class_numbers, legend
from gisland.base.surfaces import MEASURES, WHEN
from gisland.present import style
from gisland.present.classwords import class_labels, class_unit
from gisland.present.mapfeatures import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gisland.base.surfaceclasses import Legend

    Floats = NDArray[np.float64]

OWN = {"far": "far", "coverage": "coverage", "tax_per_mu": "tax_yuan_per_mu"}  # of the parcels
UNITS = {"far": "ratio", "coverage": "share", "tax_per_mu": "yuan/mu"}


@dataclass(frozen=True)
class Theme:
    """One way to color a layer besides its kinds.

    Parameters
    ----------
    id
        A plain word, such as ``far_before``.
    name
        Heading of the legend, with unit and denominator.
    group
        What is measured.
    option
        Its name among those of the group.
    listed
        Name of the layer while it is colored so.
    kinds
        All classes, also those that no feature is in; the last one is of what is not known.
    codes
        Number of the class of each feature.
    notes
        What a reader of the legend must know.
    both
        Heading where before and after stand side by side.
    """

    id: str
    name: str
    group: str
    option: str
    listed: str
    kinds: tuple[Kind, ...]
    codes: NDArray[np.int64]
    notes: tuple[str, ...]
    both: str = ""


def parcel_themes(
    parcels: pd.DataFrame, tables: Mapping[str, pd.DataFrame], *, texts: Mapping[str, str]
) -> tuple[Theme, ...]:
    """Themes of the parcels by density.

    After, all parcels that merge to a site have the value of that site, and all others their own.

    Parameters
    ----------
    parcels
        The rows drawn, with ``verdict`` and, where known, the densities and ``site_id``.
    tables
        Result tables by name: ``indicators`` or ``sites`` tell what sites have after.
    texts
        The catalog.

    Returns
    -------
    tuple of Theme
        By measure: before, after and difference; without a site only before. A measure of which
        nothing is known is left out.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> lots = pd.DataFrame({"verdict": ["site", "none"], "site_id": ["S", None], "far": [1, None]})
    >>> sites = pd.DataFrame({"site_id": ["S"], "far_after": [2.5]})
    >>> made = parcel_themes(lots, {"sites": sites}, texts=catalog("en"))
    >>> [theme.id for theme in made], made[1].codes.tolist()
    (['far_before', 'far_after', 'far_difference'], [4, 6])
    """
    made: list[Theme] = []
    merged = parcels["verdict"].isin(MERGED_ROLES).to_numpy()
    site = (
        parcels["site_id"] if "site_id" in parcels else pd.Series(None, parcels.index)
    ).to_numpy()
    for measure in MEASURES:
        values = {"before": _numbers(parcels, OWN[measure])}
        if merged.any():
            of_site = pd.Series(site).map(_after(tables, measure)).to_numpy(dtype="float64")
            values["after"] = np.where(merged, of_site, values["before"])
            values["difference"] = values["after"] - values["before"]
        if not all(np.isnan(v).all() for v in values.values()):
            made += _themes(measure, values, texts=texts)
    return tuple(made)


def use_themes(parcels: pd.DataFrame, *, texts: Mapping[str, str]) -> tuple[Theme, ...]:
    """Theme of the parcels by what their land is used for: quiet, to see lines above it.

    Parameters
    ----------
    parcels
        The rows drawn.
    texts
        The catalog.

    Returns
    -------
    tuple of Theme
        One, ``use``, with classes of industrial, logistics, other and unknown use; none where no
        use is known.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> lots = pd.DataFrame({"use_class": ["industrial", "green", None]})
    >>> (theme,) = use_themes(lots, texts=catalog("en"))
    >>> [theme.kinds[code].label for code in theme.codes]
    ['industrial', 'other use', 'use not known']
    """
    if "use_class" not in parcels or parcels["use_class"].isna().all():
        return ()
    uses = [use for use in style.GROUND_USES if use != "other"]
    names = {use: texts[f"use_class.{use}"] for use in uses}
    labels = [*names.values(), texts["map.theme.use_other"]]
    looks = list(style.GROUND_USES.values())
    if parcels["use_class"].isna().any():
        labels.append(texts["map.theme.use_unknown"])
        looks.append(style.NO_DATA)
    place = {use: number for number, use in enumerate(uses)}
    codes = parcels["use_class"].map(place).fillna(len(uses))
    codes = codes.mask(parcels["use_class"].isna(), len(uses) + 1)
    return (
        Theme(
            id="use",
            name=texts["map.theme.use"],
            group=texts["map.theme.use_group"],
            option=texts["map.theme.use_option"],
            listed=texts["map.theme.use_listed"],
            kinds=tuple(Kind(label, look) for label, look in zip(labels, looks, strict=True)),
            codes=np.asarray(codes, dtype=np.int64),
            notes=(texts["map.theme.counts"],),
        ),
    )


def _numbers(frame: pd.DataFrame, column: str) -> Floats:
    if column not in frame:
        return np.full(len(frame), np.nan)
    numbers = pd.to_numeric(frame[column], errors="coerce")  # text is no amount
    values = numbers.to_numpy(dtype="float64", na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def _after(tables: Mapping[str, pd.DataFrame], measure: str) -> dict[object, float]:
    """What each site has after: its indicator, or else what the table of sites tells."""
    sites, indicators = tables.get("sites"), tables.get("indicators")
    found: dict[object, float] = {}
    if sites is not None:
        found = dict(zip(sites["site_id"], _numbers(sites, f"{measure}_after"), strict=True))
    if indicators is not None:
        of = indicators[indicators["indicator"] == measure]
        of = of[of["subject"].str.startswith("site:")]
        names = of["subject"].str.removeprefix("site:")
        found |= dict(zip(names, _numbers(of, "after"), strict=True))
    return found


def _themes(measure: str, values: Mapping[str, Floats], *, texts: Mapping[str, str]) -> list[Theme]:
    amounts = legend(measure, (v for when, v in values.items() if when != "difference"))
    changes = change_legend(measure, (v for when, v in values.items() if when == "difference"))
    found = {when: changes if when == "difference" else amounts for when in WHEN}
    return [_theme((measure, when), v, found[when], texts=texts) for when, v in values.items()]


def _theme(
    what: tuple[str, str], values: Floats, classes: Legend, *, texts: Mapping[str, str]
) -> Theme:
    measure, when = what
    changed = when == "difference"
    unit = class_unit(UNITS[measure], changed=changed, texts=texts)
    named = {"measure": texts[f"measure.{measure}"], "when": texts[f"surface.{when}"]}
    over = texts[f"map.theme.over.{measure}"]
    head = texts["map.theme.head_unit" if unit else "map.theme.head"]
    labels = class_labels(classes, UNITS[measure], changed=changed, texts=texts)
    looks = zip(labels, classes.colors, strict=True)
    notes = ["map.theme.counts"] if when == "before" else ["map.theme.after", "map.theme.counts"]
    if when != "before" and measure == "far":
        notes.insert(1, "map.theme.after_far")
    number = class_numbers(values, classes).astype(np.int64)
    return Theme(
        id=f"{measure}_{when}",
        name=head.format(**named, over=over, unit=unit),
        group=named["measure"],
        option=named["when"],
        listed=texts["map.theme.parcels"].format(**named),
        kinds=(
            *(Kind(label, style.classed(color)) for label, color in looks),
            Kind(texts["map.theme.no_data"], style.NO_DATA),
        ),
        codes=np.where(number == 0, len(labels), number - 1),
        notes=tuple(texts[note] for note in notes),
        both=head.format(**named | {"when": texts["map.theme.both"]}, over=over, unit=unit),
    )
