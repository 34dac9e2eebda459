"""Land-use codes and words of several standards: their use classes and their equivalents."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pandas as pd

from gisland.base.errors import FieldError, did_you_mean
from gisland.base.useclasses import USE_CLASSES
from gisland.layers.fields.codelists import PLANNING, Code, code_lists, known_by, packaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

READ = ("code", "rows", "use_class", "code_list", "reason")
CROSSWALK = (
    *("code", "rows", "title", "code_list", "target", "target_title"),
    *("candidates", "common", "reason"),
)
# Families of lists in which the same codes mean different things.
RIVALS = (("land_sea", "land_use"), ("urban", "plu", "taiwan"))
NUMBER, LETTER = re.compile(r"\d\d"), re.compile(r"\d?[A-Z]")  # what codes of these begin with
MIN_DIGITS = 4  # a column of shorter numbers alone says nothing about its standard
Readings = dict[str, dict[str, Code]]  # by code and list


def vocabulary(name: str) -> dict[str, str]:
    """Packaged words and codes for the values of another column.

    Parameters
    ----------
    name
        ``tenure``, ``level`` or ``change``.

    Returns
    -------
    dict of str to str
        Source text to canonical value.

    Examples
    --------
    >>> vocabulary("tenure")["集体"], vocabulary("level")["二级"]
    ('collective', '2')
    """
    return {key: str(value) for key, value in packaged()[name]["values"].items()}


def use_classes(codes: pd.Series, *, classes: Mapping[str, str]) -> tuple[pd.Series, pd.DataFrame]:
    """Use class of each row, and how each distinct code was read.

    The project's own classes come first, by exact text. The four-digit numbers of the planning
    list of 2023 (land_sea) contradict those of GB/T 21010 and of the land survey (land_use):
    0601 is a farm road in one and industry in the other. Which of the two is meant is decided
    on the whole column, by the codes that only one of them has. Where none or both have such
    codes, only numbers that mean the same in both are read; the others stay missing with the
    reason ``ambiguous``. So does a column of which a list knows less than half of the codes, or
    of two-digit numbers alone: it is likely written in another standard altogether.

    Parameters
    ----------
    codes
        Codes or words; missing values are allowed.
    classes
        Source text to use class, from the project file.

    Returns
    -------
    pandas.Series
        Text, named ``use_class``, on the index of `codes`; missing where nothing is known.
    pandas.DataFrame
        One row per distinct code, sorted: ``code``, ``rows`` (count), ``use_class``,
        ``code_list`` (what it was read by), and for those not read the ``reason``: ``unknown``,
        ``mixed`` (several classes in one code) or ``ambiguous``.

    Examples
    --------
    >>> codes = pd.Series(["0601", "0701", "05H1", "M0", "??", None])
    >>> uses, crosswalk = use_classes(codes, classes={})
    >>> uses.tolist()
    ['industrial', 'residential', 'commercial', 'industrial', nan, nan]
    >>> crosswalk.loc[crosswalk["use_class"].isna(), ["code", "rows", "reason"]].values.tolist()
    [['??', 1, 'unknown']]
    >>> use_classes(pd.Series(["0601", "0701"]), classes={})[0].tolist()
    [nan, 'residential']
    """
    own = {key.strip(): value for key, value in classes.items()}
    counts = _counts(codes)
    readings = _readings(code for code in counts if code not in own)
    families = _families(readings)
    rows = [
        (code, count, own[code], "project", None)
        if code in own
        else (code, count, *_read(_plain(code), readings[_plain(code)], families))
        for code, count in counts.items()
    ]
    kinds = dict.fromkeys(READ, "str") | {"rows": "int64"}
    read = pd.DataFrame(rows, columns=list(READ)).astype(kinds)
    uses = codes.astype("str").str.strip().map(read.set_index("code")["use_class"])
    return uses.astype("str").rename("use_class"), read


def deciding_codes(crosswalk: pd.DataFrame) -> dict[str, list[str]]:
    """Codes that decided in which standard a column is written.

    Parameters
    ----------
    crosswalk
        Second result of ``use_classes``.

    Returns
    -------
    dict of str to list of str
        By family, sorted, the codes that only this family has; families without such codes are
        left out, as are those none of whose codes has a rival.

    Examples
    --------
    >>> deciding_codes(use_classes(pd.Series(["0601", "1401"]), classes={})[1])
    {'land_sea': ['1401']}
    """
    theirs = crosswalk.loc[crosswalk["code_list"].ne("project"), "code"]
    readings = _readings(theirs)
    found: dict[str, list[str]] = {}
    for rivals in RIVALS:
        known = [_families_of(by_list) & set(rivals) for by_list in readings.values()]
        if any(len(families) > 1 for families in known):
            found |= _only_in(readings, rivals)
    return found


def crosswalk(codes: pd.Series, *, to: str = PLANNING) -> pd.DataFrame:
    """Equivalents of use codes in another list.

    The standard of the codes is found out as in ``use_classes``. Where a use is divided in the
    other list no code is chosen: the candidates are named, and what they have in common. A part
    of a listed code has the equivalents of the whole.

    Parameters
    ----------
    codes
        Codes or words; missing values are allowed.
    to
        Name of the list: ``land_sea_2023`` or ``plu_cnig``.

    Returns
    -------
    pandas.DataFrame
        One row per distinct code, sorted: ``code``, ``rows`` (count), ``title``, ``code_list``
        (what it was read by), ``target`` and ``target_title`` where there is one equivalent,
        else ``candidates`` (joined by ``;``), the code ``common`` to these, if any, and the
        ``reason``: ``one_to_many``, ``no_equivalent``, ``ambiguous`` (may be of several
        standards) or ``unknown``.

    Raises
    ------
    FieldError
        If no list has equivalents in `to`.

    Examples
    --------
    >>> found = crosswalk(pd.Series(["0601", "05H1", "M1"]))
    >>> found[["code", "target", "target_title"]].dropna().values.tolist()
    [['0601', '1001', '工业用地'], ['M1', '100101', '一类工业用地']]
    >>> found.loc[found["code"] == "05H1", ["candidates", "common", "reason"]].values.tolist()
    [['0901;0902;0903;0904', '09', 'one_to_many']]
    """
    targets = sorted({table.equivalent for table in code_lists().values()} - {""})
    if to not in targets:
        raise FieldError(f"no code list has equivalents in {to!r}", do=did_you_mean(to, targets))
    counts = _counts(codes)
    readings = _readings(counts)
    families = _families(readings)
    rows = [
        (code, count, *_equivalent(readings[_plain(code)], families, to=to))
        for code, count in counts.items()
    ]
    kinds = dict.fromkeys(CROSSWALK, "str") | {"rows": "int64"}
    return pd.DataFrame(rows, columns=list(CROSSWALK)).astype(kinds)


def _equivalent(
    by_list: Mapping[str, Code], families: tuple[str, ...], *, to: str
) -> tuple[str | None, ...]:
    """Title, list, target, its title, candidates, what they have in common, reason."""
    possible = _possible(by_list, families)
    found = possible or by_list
    titles = " | ".join(dict.fromkeys(code.title for code in found.values())) or None
    head = (titles, ", ".join(found) or None)
    if not possible:
        return (*head, None, None, None, None, "ambiguous" if by_list else "unknown")
    lists = code_lists()
    codes = sorted(
        {t for name, code in possible.items() if lists[name].equivalent == to for t in code.to}
    )
    if not codes:
        return (*head, None, None, None, None, "no_equivalent")
    known = lists[to].codes
    if len(codes) == 1:
        return (*head, codes[0], known[codes[0].upper()].title, None, None, None)
    of_several = len({lists[name].family for name in possible} - {"words"}) > 1
    shared = [c for c in known if all(code.startswith(c) for code in codes)]
    common = max(shared, key=len, default=None)
    reason = "ambiguous" if of_several else "one_to_many"
    return (*head, None, None, ";".join(codes), common, reason)


def _counts(codes: pd.Series) -> dict[str, int]:
    """Rows of each distinct code, sorted by code."""
    texts = codes.astype("str").str.strip()
    counts = texts[texts.ne("")].value_counts().sort_index()
    return {str(code): int(count) for code, count in counts.items()}


def _plain(code: str) -> str:
    """Full-width letters and digits made plain, upper case, no blanks around."""
    return unicodedata.normalize("NFKC", code).strip().upper()


def _readings(codes: Iterable[str]) -> Readings:
    return {plain: known_by(plain) for plain in sorted({_plain(code) for code in codes})}


def _families_of(by_list: Mapping[str, Code]) -> set[str]:
    return {code_lists()[name].family for name in by_list}


def _only_in(readings: Readings, rivals: tuple[str, ...]) -> dict[str, list[str]]:
    """Codes that only one family of all has, for the rivals that have some."""
    found: dict[str, list[str]] = {}
    for code, by_list in readings.items():
        families = _families_of(by_list)
        if len(families) == 1 and families <= set(rivals):
            found.setdefault(families.pop(), []).append(code)
    return dict(sorted(found.items()))


def _families(readings: Readings) -> tuple[str, ...]:
    """Families of lists that the column may be written in; those of words always may."""
    families = ["words"]
    for rivals, begins in zip(RIVALS, (NUMBER, LETTER), strict=True):
        codes = [c for c in readings if begins.match(c) and c.lower() not in USE_CLASSES]
        known = [c for c in codes if _families_of(readings[c]) & set(rivals)]
        telling = begins is LETTER or any(len(code) >= MIN_DIGITS for code in known)
        # At least half of the codes must be known: else it is another standard.
        if telling and 2 * len(known) >= len(codes):
            deciding = tuple(_only_in(readings, rivals))
            families += deciding if len(deciding) == 1 else rivals
    return tuple(families)


def _possible(by_list: Mapping[str, Code], families: tuple[str, ...]) -> dict[str, Code]:
    return {name: code for name, code in by_list.items() if code_lists()[name].family in families}


def _read(
    code: str, by_list: Mapping[str, Code], families: tuple[str, ...]
) -> tuple[str | None, str | None, str | None]:
    """Use class, code list and reason of a code that the project does not name."""
    if code.lower() in USE_CLASSES:
        return code.lower(), "use_class", None
    possible = _possible(by_list, families)
    if not possible:
        return None, ", ".join(by_list) or None, "ambiguous" if by_list else "unknown"
    uses = {known.use for known in possible.values()}
    name = ", ".join(possible)
    if len(uses) > 1:
        return None, name, "ambiguous"
    use = uses.pop()
    return (use, name, None) if use else (None, name, "mixed")
