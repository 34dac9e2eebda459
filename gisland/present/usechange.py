"""The use matrix: land of each class before, and what it is after."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.base.schema import NOT_CLASSIFIED
from gisland.base.units import m2_to_mu
from gisland.base.useclasses import USE_CLASSES
from gisland.present.wording import is_missing, label, number, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    Texts = Mapping[str, str]

BASES = ("merged", "planned")
KEYS = {"subject", "basis", "use_before", "use_after", "area_m2"}


def matrix_rows(matrix: pd.DataFrame, *, subject: str, basis: str) -> dict[tuple[str, str], float]:
    """Areas in mu by class before and class after.

    Parameters
    ----------
    matrix
        The table ``use_matrix``.
    subject
        Such as ``overall``.
    basis
        ``merged`` or ``planned``.

    Returns
    -------
    dict
        Without empty ones; empty where the table has none of the subject on this basis.

    Examples
    --------
    >>> row = {"subject": "overall", "basis": "merged", "area_m2": 2000.0}
    >>> table = pd.DataFrame([row | {"use_before": "industrial", "use_after": "green"}])
    >>> matrix_rows(table, subject="overall", basis="merged")
    {('industrial', 'green'): 3.0}
    """
    if not set(matrix) >= KEYS:
        return {}
    own = matrix[(matrix["subject"] == subject) & (matrix["basis"] == basis)]
    found: dict[tuple[str, str], float] = {}
    for row in own[["use_before", "use_after", "area_m2"]].to_dict("records"):
        area = row["area_m2"]
        if not is_missing(area) and math.isfinite(area) and area > 0:
            pair = (
                visible(row["use_before"]) or NOT_CLASSIFIED,
                visible(row["use_after"]) or NOT_CLASSIFIED,
            )
            found[pair] = found.get(pair, 0.0) + m2_to_mu(area)
    return found


def classes(mu: Mapping[tuple[str, str], float], *, side: int) -> dict[str, float]:
    """Classes on one side with their areas, in the order in which planners list them.

    Parameters
    ----------
    mu
        From `matrix_rows`.
    side
        0: before; 1: after.

    Returns
    -------
    dict
        Area in mu by class.

    Examples
    --------
    >>> classes({("industrial", "green"): 3.0}, side=1)
    {'green': 3.0}
    """
    sums: dict[str, float] = {}
    for pair, area in mu.items():
        sums[pair[side]] = sums.get(pair[side], 0.0) + area
    order = {code: n for n, code in enumerate((*USE_CLASSES, NOT_CLASSIFIED))}
    return {c: sums[c] for c in sorted(sums, key=lambda c: (order.get(c, len(order)), c))}


def use_tables(matrix: pd.DataFrame, *, subject: str, texts: Texts) -> list[dict[str, Any]]:
    """The matrix of a subject on each basis, with the sums of rows and columns, as texts.

    Parameters
    ----------
    matrix
        The table ``use_matrix``.
    subject
        Such as ``overall``.
    texts
        Catalog of one language.

    Returns
    -------
    list of dict
        ``basis``, ``title``, ``heads``; ``rows``: dicts of ``head`` and ``cells``, a cell being
        a dict of ``area``, ``share`` and ``kind`` (``same``, ``other``, ``sum`` or empty).

    Examples
    --------
    >>> use_tables(pd.DataFrame(), subject="overall", texts={})
    []
    """
    found = []
    for basis in BASES:
        mu = matrix_rows(matrix, subject=subject, basis=basis)
        if not mu:
            continue
        total = sum(mu.values())
        before, after = classes(mu, side=0), classes(mu, side=1)
        rows = [
            {
                "head": label(texts, "use_class", b),
                "cells": [
                    *(_cell(mu.get((b, a)), total, "same" if a == b else "other") for a in after),
                    _cell(area, total, "sum"),
                ],
            }
            for b, area in before.items()
        ]
        sums = [_cell(v, total, "sum") for v in (*after.values(), total)]
        rows.append({"head": texts["report.total"], "cells": sums})
        heads = [*(label(texts, "use_class", a) for a in after), texts["report.total"]]
        title = texts[f"use_basis.{basis}"]
        found.append({"basis": basis, "title": title, "heads": heads, "rows": rows})
    return found


def _cell(mu: float | None, total: float, kind: str) -> dict[str, str]:
    if mu is None:
        return {"area": "", "share": "", "kind": ""}
    return {"area": number(mu, unit="mu"), "share": number(mu / total, unit="share"), "kind": kind}
