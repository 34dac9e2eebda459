"""The use class of each row of a layer, and what to tell about codes that were not read."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from gisland.base.phrases import count_of
from gisland.layers.fields.codelists import WORDS, code_lists
from gisland.layers.fields.uses import deciding_codes, use_classes
from gisland.layers.findings import Finding, finding
from gisland.layers.source import CLASSIFIED

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gisland.layers.source import Source

MAX_CODES = 20  # codes listed in a finding
MAX_DECIDING = 5  # codes named that decided on the list
MIN_WORD = 4  # shorter texts are near to too many words
NEARNESS = 0.8  # ratio of `difflib` from which two spellings may be the same word
UNREAD = {
    "unknown": "in no code list",
    "mixed": "of several classes",
    "ambiguous": "of another standard or of several",
}


def read_use_class(
    texts: pd.Series, *, what: str, source: Source
) -> tuple[pd.Series, list[Finding]]:
    """Use classes of codes or words, with findings on how they were read.

    Parameters
    ----------
    texts
        Codes or words; missing values are allowed.
    what
        Name of the layer and column in messages.
    source
        The layer, with the project's own classes.

    Returns
    -------
    pandas.Series
        Text on the same index; missing where nothing is known.
    list of dict
        One finding for each reason why codes were not read, with every code and its count, the
        most frequent first; one that names the lists used.

    Examples
    --------
    >>> import pandas as pd
    >>> from gisland.layers.source import Source
    >>> source = Source("parcels", "", classes={"RESTAURANT": "commercial"})
    >>> texts = pd.Series(["RESTAURANT", "RESTAURNAT", "??", "??"])
    >>> uses, findings = read_use_class(texts, what="parcels: column 'LU'", source=source)
    >>> uses.tolist()
    ['commercial', nan, nan, nan]
    >>> print(findings[0]["message"])
    parcels: column 'LU': 2 codes on 3 rows are in no code list; name them in \
[layers.parcels.classes]: '??' 2, 'RESTAURNAT' 1 (like 'RESTAURANT')
    """
    uses, read = use_classes(texts, classes=source.classes)
    severity = "warning" if source.kind == "parcels" else "info"  # planned uses count as text too
    findings = []
    for reason, found in UNREAD.items():
        unread = read[read["reason"] == reason]
        if unread.empty:
            continue
        rows = int(unread["rows"].sum())
        are = f"{count_of(len(unread), 'code')} on {count_of(rows, 'row')}"
        are += " is" if len(unread) == 1 else " are"
        where = f"[layers.{source.name}.classes]"
        known = [*source.classes, *code_lists()[WORDS].codes] if reason == "unknown" else []
        message = f"{what}: {are} {found}; name them in {where}: {_listed(unread, known)}"
        findings.append(
            finding(
                f"{reason}_use", message, in_=source, severity=severity, value=rows, unit="rows"
            )
        )
    return uses, [*findings, *_lists_used(read, what=what, source=source)]


def derived_use_class(
    data: Mapping[str, pd.Series], source: Source
) -> tuple[dict[str, pd.Series], list[Finding]]:
    """The use class from the code, unless a class is mapped itself.

    Parameters
    ----------
    data
        Canonical columns by name.
    source
        The layer that they are of.

    Returns
    -------
    dict of str to pandas.Series
        ``use_class``, or nothing where the layer has no codes.
    list of dict
        Findings.

    Examples
    --------
    >>> import pandas as pd
    >>> from gisland.layers.source import Source
    >>> source = Source("parcels", "", fields={"use_code": "DLBM"})
    >>> derived, findings = derived_use_class({"use_code": pd.Series(["0601", "05H1"])}, source)
    >>> derived["use_class"].tolist(), [f["code"] for f in findings]
    (['industrial', 'commercial'], ['use_code_list'])
    """
    code = CLASSIFIED.get(source.kind)
    if code is None or code not in data or "use_class" in data:
        return {}, []
    what = f"{source.name}: column {source.fields[code]!r} (mapped to {code})"
    uses, findings = read_use_class(data[code], what=what, source=source)
    return {"use_class": uses}, findings


def _listed(unread: pd.DataFrame, known: list[str]) -> str:
    """Codes with their counts, the most frequent first, and what they may be misspelt for."""
    frequent = unread.sort_values(["rows", "code"], ascending=[False, True], kind="stable")
    shown = frequent.head(MAX_CODES)
    listed = [
        f"{code!r} {rows}{_like(code, known)}"
        for code, rows in zip(shown["code"], shown["rows"], strict=True)
    ]
    rest = frequent.iloc[MAX_CODES:]
    more = f"{count_of(len(rest), 'more code')}, {count_of(int(rest['rows'].sum()), 'row')}"
    return ", ".join(listed) + (f" and {more}" if len(rest) else "")


def _like(code: str, known: list[str]) -> str:
    """The nearest known spelling; not for numbers, where the neighbour is another use."""
    if len(code) < MIN_WORD or any(char.isdigit() for char in code):
        return ""
    folded = {word.casefold(): word for word in reversed(known)}
    near = difflib.get_close_matches(code.casefold(), folded, n=1, cutoff=NEARNESS)
    return f" (like {folded[near[0]]!r})" if near else ""


def _lists_used(read: pd.DataFrame, *, what: str, source: Source) -> list[Finding]:
    """Which lists read how many codes, and by which codes a standard was told from its rivals."""
    lists = read.loc[read["use_class"].notna(), "code_list"].value_counts().sort_index()
    counts = [(n, int(c)) for n, c in lists.items() if n not in {"project", "use_class"}]
    if not counts:
        return []
    known = code_lists()
    named = ", ".join(
        f"{' or '.join(known[n].short for n in str(names).split(', '))} ({count_of(count, 'code')})"
        for names, count in counts
    )
    only = [
        f"only in {' or '.join(t.short for t in known.values() if t.family == family)}: "
        + ", ".join(codes[:MAX_DECIDING])
        for family, codes in deciding_codes(read).items()
    ]
    message = f"{what}: codes read by {'; '.join([named, *only])}"
    return [finding("use_code_list", message, in_=source, severity="info")]
