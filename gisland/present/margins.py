"""Heads and feet of the printed pages, as strings of a style sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gisland.present.wording import MISSING, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Texts = Mapping[str, str]

LONG, SHORT = 40, 24  # characters of a project's and of a site's name in a margin


def css_string(text: str) -> str:
    r"""Text as the inside of a string of a style sheet; nothing in it can end the string.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        ASCII letters and digits as they are, everything else by its number.

    Examples
    --------
    >>> css_string('a"</style>')
    'a\\22 \\3c \\2f style\\3e '
    """
    return "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in text)


def margins(run: Mapping[str, Any], *, sites: Iterable[str], texts: Texts) -> dict[str, Any]:
    r"""What the margins of printed pages tell.

    Parameters
    ----------
    run
        The run's record.
    sites
        Ids of the sites that have a sheet.
    texts
        Catalog of one language.

    Returns
    -------
    dict
        ``project``, ``foot``, ``page`` (text before, between and after the two numbers) and
        ``sites``, pairs of the heads of a sheet and of its annex; all through `css_string`.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> told = margins({"project": "East"}, sites=["S1"], texts=catalog("en"))
    >>> told["project"], told["sites"][0][0]
    ('East', 'Site\\20 S1')
    """
    rules = run.get("rules", {})
    foot = texts["sheet.foot"].format(
        as_of=shortened(run.get("as_of"), longest=SHORT) or MISSING,
        rules=shortened(rules.get("title") or rules.get("name"), longest=SHORT) or MISSING,
        fingerprint=shortened(rules.get("fingerprint"), longest=SHORT) or MISSING,
    )
    heads = [texts["report.site_title"].format(id=shortened(s, longest=SHORT)) for s in sites]
    return {
        "project": css_string(shortened(run.get("project"), longest=LONG) or MISSING),
        "foot": css_string(foot),
        "page": [css_string(texts[f"sheet.page.{k}"]) for k in ("before", "between", "after")],
        "sites": [
            (css_string(head), css_string(texts["sheet.annex"].format(title=head)))
            for head in heads
        ],
    }
