"""Map, report and ledger of block lines from empty, hostile and incomplete tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import small_blocks
from gisland.present.ledger import ledger
from gisland.present.sheets import report
from gisland.present.webmap import web_map

if TYPE_CHECKING:
    from collections.abc import Mapping

SCRIPT = "<script>alert(1)</script>"


def pages(tables: Mapping[str, pd.DataFrame]) -> str:
    """Report and map; the ledger is made, too."""
    run = small_blocks.run()
    assert ledger(tables, run=run, language="en")
    return report(tables, run=run, language="en") + web_map(tables, run=run, language="en")


def test_empty_tables_are_told_as_empty() -> None:
    text = pages({k: v.iloc[:0] for k, v in small_blocks.tables().items()})
    assert "This analysis was not run." in text


@pytest.mark.parametrize("text", [SCRIPT, "{{ 7 * 7 }}", "=1+1"])
def test_text_in_place_of_every_code_is_text(text: str) -> None:
    tables = small_blocks.tables()
    for name, frame in tables.items():
        columns = frame.columns.drop("geometry", errors="ignore")
        texts = [c for c in columns if not pd.api.types.is_numeric_dtype(frame[c])]
        tables[name] = frame.assign(**dict.fromkeys(texts, text))
    assert SCRIPT not in pages(tables)


@pytest.mark.parametrize("name", list(small_blocks.tables()))
def test_any_table_may_be_missing(name: str) -> None:
    assert pages({k: v for k, v in small_blocks.tables().items() if k != name})
