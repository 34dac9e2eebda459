"""Classes of densities in words, the same for surfaces and for parcels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisland.base.surfaceclasses import Legend


def class_unit(unit: str, *, changed: bool, texts: Mapping[str, str]) -> str:
    """Unit of classes as their heading names it.

    Parameters
    ----------
    unit
        ``ratio``, ``share`` or ``yuan/mu``.
    changed
        Whether the classes are of differences.
    texts
        The catalog.

    Returns
    -------
    str
        Empty where the numbers speak for themselves.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> class_unit("share", changed=True, texts=catalog("en"))
    'percentage points'
    """
    if unit == "yuan/mu":
        return texts["unit.yuan/mu"]
    return texts["surface.points"] if unit == "share" and changed else ""


def class_labels(
    legend: Legend, unit: str, *, changed: bool, texts: Mapping[str, str]
) -> list[str]:
    """What each class holds, in words; the middle one of differences is named.

    Parameters
    ----------
    legend
        The classes.
    unit
        ``ratio``, ``share`` or ``yuan/mu``.
    changed
        Whether the classes are of differences.
    texts
        The catalog.

    Returns
    -------
    list of str
        One more than the breaks.

    Examples
    --------
    >>> from gisland.base.surfaceclasses import Legend
    >>> from gisland.present.style import catalog
    >>> two = Legend((0.1, 0.2), ("#ffffff", "#888888", "#000000"))
    >>> class_labels(two, "share", changed=False, texts=catalog("en"))
    ['below 10%', '10% to 20%', '20% and more']
    """
    bounds = [_bound(b, unit, changed=changed) for b in legend.breaks]
    lows, highs = ["", *bounds], [*bounds, ""]
    kinds = ["below", *["between"] * (len(bounds) - 1), "above"]
    if changed:
        kinds[len(bounds) // 2] = "steady"
    return [
        texts[f"surface.{kind}"].format(low=low, high=high)
        for kind, low, high in zip(kinds, lows, highs, strict=True)
    ]


def _bound(value: float, unit: str, *, changed: bool) -> str:
    """A break as a reader writes it."""
    sign = "+" if changed else ""
    if unit == "yuan/mu":
        told = f"{value:{sign},.0f}"
    elif unit == "share":
        told = f"{100 * value:{sign}.6g}" + ("" if sign else "%")
    else:
        told = f"{value:{sign}.6g}"
    return told.replace("-", "−")
