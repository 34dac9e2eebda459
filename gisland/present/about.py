"""One parcel with the tables that tell of it, and the texts they are told in."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.base.rulespecs import SHAPE_UNITS
from gisland.present.facts import UNITS, Row, fields, plain_rows
from gisland.present.lists import listed
from gisland.present.wording import MISSING, is_missing, shortened, visible, with_unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Texts = Mapping[str, str]

SUFFIXES = {"_m2": "m2", "_m": "m", "_yuan": "yuan", "_mu": "mu", "_share": "share"}
RATIOS = (
    *(column for column, unit in SHAPE_UNITS.items() if unit == "ratio"),
    *("planned_far_min", "planned_far_max"),
)


@dataclass(frozen=True)
class About:
    """A parcel, the result tables with the rows about it, the run's record and a catalog.

    Attributes
    ----------
    parcel_id
        Its id.
    tables
        Result tables by name, whole or cut to what concerns the parcel; with ``borders`` of it.
    run
        The run's record; may be empty.
    texts
        Catalog of one language.
    rule_names
        Where each rule stands in the rule book (`rulebook.rulebook`).
    """

    parcel_id: str
    tables: Mapping[str, pd.DataFrame]
    run: Mapping[str, Any]
    texts: Texts
    rule_names: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    @cached_property
    def row(self) -> Row:
        """The parcel's own row, geometry left out."""
        found = self.rows("parcels", "parcel_id")
        return found[0] if found else {}

    @property
    def analyzed(self) -> bool:
        """Whether the parcel has geometry that a run could use."""
        return visible(self.row.get("reasons")) != "no_geometry"

    def frame(self, table: str) -> pd.DataFrame:
        """A table, empty where the run did not write it."""
        return self.tables.get(table, pd.DataFrame())

    def rows(self, table: str, *columns: str, value: str | None = None) -> list[Row]:
        """Rows in which one of the columns holds the parcel's id, or a given value."""
        frame, wanted = self.frame(table), self.parcel_id if value is None else value
        held = pd.Series(data=False, index=frame.index)
        for column in columns:
            if column in frame:
                held |= (frame[column] == wanted).fillna(value=False)
        return plain_rows(frame[held.to_numpy(dtype=bool)])

    def lists(self, table: str, column: str) -> list[Row]:
        """Rows with the parcel in a ``;``-joined list."""
        frame = self.frame(table)
        if column not in frame:
            return []
        held = [self.parcel_id in listed(v) for v in frame[column]]
        return plain_rows(frame[held])

    def say(self, key: str, **places: object) -> str:
        """A text of the catalog's section ``explain`` with values in its places."""
        text = self.texts[f"explain.{key}"]
        return text.format(**{k: visible(v) for k, v in places.items()})

    def joined(self, parts: Iterable[str]) -> str:
        """Texts as a list of one line."""
        return self.texts["report.list"].join(p for p in parts if p)

    def m2(self, value: object) -> str:
        """An area in square metres."""
        return with_unit(self.texts, value, unit="m2")

    def metres(self, value: object) -> str:
        """A length in metres."""
        return with_unit(self.texts, value, unit="m")

    def share(self, value: object) -> str:
        """A share as a percentage."""
        return with_unit(self.texts, value, unit="share")


def column_name(column: str, *, texts: Texts) -> str:
    """Name of a column without the unit in brackets, which stands with the value.

    Parameters
    ----------
    column
        A column of the parcels.
    texts
        Catalog of one language.

    Returns
    -------
    str
        Columns that pass through from the layer keep their own name.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> column_name("tax_yuan", texts=catalog("en")), column_name("XMBH", texts=catalog("en"))
    ('tax', 'XMBH')
    """
    name = texts.get(f"column.{column}", shortened(column))
    return re.sub(r"[ ]?[（(](m²?|元|yuan|亩|mu)[)）]$", "", name)


def value_text(column: str, value: object, *, texts: Texts) -> str:
    """Value of a column with its unit, or the name of its code.

    Parameters
    ----------
    column
        A column of the parcels.
    value
        A cell.
    texts
        Catalog of one language.

    Returns
    -------
    str
        ``—`` where it is missing.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> value_text("floor_area_m2", 3144.6, texts=catalog("en"))
    '3,144.60 m²'
    >>> value_text("tenure", "state", texts=catalog("en"))
    'state-owned'
    """
    if is_missing(value):
        return MISSING
    if isinstance(value, dt.date):  # a timestamp is one, too
        return value.strftime("%Y-%m-%d")
    unit = "ratio" if column in RATIOS else UNITS.get(column)
    if unit is None:
        unit = next((u for end, u in SUFFIXES.items() if column.endswith(end)), None)
    if unit is not None and not isinstance(value, str):
        return with_unit(texts, value, unit=unit)
    if isinstance(value, float) and not isinstance(value, bool):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    told = fields({column: value}, (column,), texts=texts)[1]
    return shortened(told[0][1]) if told else MISSING


def lines(columns: Iterable[str], about: About) -> list[list[str]]:
    """Names and values of the columns in which the parcel has any.

    Parameters
    ----------
    columns
        Columns of the parcels.
    about
        The parcel.

    Returns
    -------
    list of list of str
        For a block ``rows``.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> lots = pd.DataFrame({"parcel_id": ["a"], "width_m": [8.0], "far": [None]})
    >>> lines(("width_m", "far"), About("a", {"parcels": lots}, {}, catalog("en")))
    [['width', '8.00 m']]
    """
    return [
        [column_name(c, texts=about.texts), value_text(c, about.row[c], texts=about.texts)]
        for c in columns
        if not is_missing(about.row.get(c))
    ]
