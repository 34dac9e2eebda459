"""What a split of parcels came to, in words: for its table of parts, and for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.present.plaintext import cells, padded, plain
from gisland.present.wording import area_both, comparison, is_missing, label, named_list

if TYPE_CHECKING:
    from collections.abc import Mapping


def verdict_words(verdicts: pd.DataFrame, *, texts: Mapping[str, str]) -> pd.Series:
    """All tests of each part in one text.

    Parameters
    ----------
    verdicts
        Verdict rows of parts.
    texts
        Catalog of one language.

    Returns
    -------
    pandas.Series
        Text by parcel id.

    Examples
    --------
    >>> from gisland.base.verdicts import verdict_frame
    >>> from gisland.present.style import catalog
    >>> numbers = {"value": 1800.0, "limit": 2000.0, "operator": ">=", "unit": "m2"}
    >>> row = verdict_frame(pd.Index(["p-1"]), test="min_lot", outcome="fail", **numbers)
    >>> verdict_words(row, texts=catalog("en"))["p-1"]
    'minimum lot area: fail, 1,800.00 m² (requires ≥ 2,000.00 m²)'
    """
    told = [(row["parcel_id"], _verdict(row, texts)) for row in verdicts.to_dict("records")]
    frame = pd.DataFrame(told, columns=["parcel_id", "text"], dtype="str")
    joined: pd.Series = frame.groupby("parcel_id")["text"].agg(texts["report.list"].join)
    return joined.astype("str")


def _verdict(row: Mapping[Any, Any], texts: Mapping[str, str]) -> str:
    measured = comparison(texts, row)
    key = "split.measured" if measured else "split.outcome"
    return texts[key].format(
        test=label(texts, "test", row["test"]),
        outcome=label(texts, "outcome", row["outcome"]),
        measured=measured,
    )


def split_lines(
    parents: pd.DataFrame,
    parts: pd.DataFrame,
    verdicts: pd.DataFrame,
    *,
    left: pd.DataFrame,
    texts: Mapping[str, str],
) -> list[str]:
    """What a split came to, for print: each parcel with its parts, and why it is not legal.

    Parameters
    ----------
    parents
        ``parcel_id``, ``area_m2``, ``legal``, ``undecided``.
    parts
        By part id: ``parent_id``, ``planned_use``, ``area_m2``.
    verdicts
        Verdict rows of both.
    left
        ``parcel_id`` and ``reason`` of parcels that could not be split.
    texts
        Catalog of one language.

    Returns
    -------
    list of str
        Lines for a terminal.

    Examples
    --------
    >>> from gisland.base.verdicts import verdict_frame
    >>> from gisland.present.style import catalog
    >>> lots = {"parcel_id": ["p"], "area_m2": [9000.0], "legal": [True], "undecided": [""]}
    >>> parts = pd.DataFrame({"parent_id": ["p"], "planned_use": ["M1"], "area_m2": [9000.0]})
    >>> none = verdict_frame(pd.Index([], dtype="str"))
    >>> left = pd.DataFrame({"parcel_id": [], "reason": []})
    >>> for line in split_lines(
    ...     pd.DataFrame(lots), parts.set_axis(["p-1"]), none, left=left, texts=catalog("en")
    ... ):
    ...     print(line)
    p: 9,000.00 m² (13.500 mu), legal
      p-1  M1  9,000.00 m² (13.500 mu)
    """
    lines: list[str] = []
    for parent in parents.to_dict("records"):
        own = parts[parts["parent_id"] == parent["parcel_id"]]
        lines.append(_parent_line(parent, texts))
        lines += _failures(verdicts, parent["parcel_id"], texts=texts)
        rows = [_part_cells(str(i), part, texts) for i, part in own.iterrows()]
        widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
        for part_id, row in zip(own.index, rows, strict=True):
            shown = [
                padded(cell, w, right=k > 1)
                for k, (cell, w) in enumerate(zip(row, widths, strict=True))
            ]
            lines.append("  " + "  ".join(shown).rstrip())
            lines += _failures(verdicts, str(part_id), texts=texts)
    if parents.empty:
        lines.append(texts["split.none"])
    lines += [
        texts["split.left"].format(
            parcel=plain(str(row["parcel_id"])), reason=label(texts, "reason", row["reason"])
        )
        for row in left.to_dict("records")
    ]
    return lines


def _parent_line(parent: Mapping[Any, Any], texts: Mapping[str, str]) -> str:
    legal = parent["legal"]
    if is_missing(legal):
        word = texts["split.undecided"].format(tests=named_list(texts, "test", parent["undecided"]))
    else:
        word = texts["split.legal" if legal else "split.not_legal"]
    return texts["split.parcel"].format(
        parcel=plain(str(parent["parcel_id"])),
        area=area_both(texts, parent["area_m2"]),
        legal=word,
    )


def _part_cells(part_id: str, row: pd.Series, texts: Mapping[str, str]) -> list[str]:
    use = row["planned_use"]
    named = texts["split.no_use"] if is_missing(use) else label(texts, "use_class", use)
    return [plain(part_id), plain(named), area_both(texts, row["area_m2"])]


def _failures(verdicts: pd.DataFrame, parcel_id: str, *, texts: Mapping[str, str]) -> list[str]:
    """Tests in force that a part or a line fails, and those that could not be made."""
    rows = verdicts[(verdicts["parcel_id"] == parcel_id) & (verdicts["mode"] == "on")]
    rows = rows[(rows["test"] != "independent") & rows["outcome"].isin(["fail", "missing"])]
    return [f"    {_verdict(row, texts)}" for row in rows.to_dict("records")]
