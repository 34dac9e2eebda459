"""The page of words: Chinese and English, what they mean, and where gisland uses them."""

from __future__ import annotations

from gisland.base.parameters import Parameters
from gisland.base.rulefiles import rule_set_names
from gisland.base.rulespecs import SPECS
from gisland.layers.writing.contract import GIVEN, TABLES
from gisland.present.glossary import glossary_terms
from pages.text import MADE, code, md, table

HEAD = """# Glossary · 词汇表

The words of gisland, as planners and programs use them. In Python `gl.glossary()` gives the same
table. 本表列出 gisland 所用词汇及其出现之处。

"""


def glossary_page() -> str:
    """The page as Markdown."""
    heads = ("中文", "English", "meaning", "含义", "where")
    rows = []
    for term in glossary_terms():
        where = ", ".join(place(name) for name in term["where"])
        words = (md(term["zh"]), md(term["en"]), md(term["meaning_en"]), md(term["meaning_zh"]))
        rows += [(*words, where)]
    return "".join([MADE, HEAD, table(heads, rows)])


def place(name: str) -> str:
    """Link to where a table, column, rule, rule set or parameter is told; an error if nowhere."""
    stem, _, column = name.partition(".")
    if name in SPECS:
        return f"[{code(name)}](rules/README.md)"
    if stem in TABLES and (not column or column in {*TABLES[stem].columns, *_given(stem)}):
        return f"[{code(name)}](tables.md#{stem})"
    if name in rule_set_names():
        return f"[{code(name)}](rules/{name}.md)"
    if hasattr(Parameters, name):
        return f"[{code(name)}](parameters.md)"
    if name == "run.json":
        return code(name)
    raise KeyError(name)


def _given(table_name: str) -> tuple[str, ...]:
    return tuple(GIVEN) if table_name == "parcels" else ()
