"""What the plan could do otherwise with one parcel, and what was decided beforehand about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gisland.base.planchoices import decision_met
from gisland.present.alternatives import alternative_name, decision_text, effect, of_site
from gisland.present.lists import listed
from gisland.present.wording import is_missing, label, shortened, visible

if TYPE_CHECKING:
    from gisland.present.about import About
    from gisland.present.facts import Row
    from gisland.present.plaintext import Block

DECIDED = ("decided_out", "decided_elsewhere")


def decided(about: About) -> list[str]:
    """Decisions and lists that name the parcel, and what the decisions changed for it.

    Parameters
    ----------
    about
        The parcel.

    Returns
    -------
    list of str
        Sentences; none where nothing names it.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> from gisland.present.style import catalog
    >>> decided(About("a", {}, {"plan": {"decisions": {"a": "out"}}}, catalog("en")))
    ['Decided beforehand: to stay out.']
    """
    asked, told = _asked(about), []
    decision = (asked.get("decisions") or {}).get(about.parcel_id)
    if decision:
        words = decision_text(decision, texts=about.texts)
        told.append(about.say("decided", decision=words))
    for row in about.rows("differences", "parcel_id")[:1]:
        without, with_ = (
            shortened(row.get(k)) or about.say("outside") for k in ("site_without", "site_with")
        )
        change = label(about.texts, "change", row.get("change"))
        told.append(about.say("decided_change", without=without, with_=with_, change=change))
        site = row.get("site_with")
        if decision and not decision_met(decision, None if is_missing(site) else str(site)):
            told.append(about.say("decided_unmet"))
    lists = ("required", "protected")
    return told + [about.say(f"is_{k}") for k in lists if about.parcel_id in (asked.get(k) or ())]


def _asked(about: About) -> dict[str, Any]:
    """What was asked of the plan; empty in records that do not tell."""
    return dict(about.run.get("plan") or {})


def proof(about: About, code: str) -> str:
    """What it means that the plan is proved, in the words of what it was asked for.

    Parameters
    ----------
    about
        The parcel.
    code
        Why it was not chosen.

    Returns
    -------
    str
        Empty where it was decided beforehand: nothing was left to prove.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> from gisland.present.style import catalog
    >>> proof(About("a", {}, {"plan": {"objective": "count"}}, catalog("en")), "cap_full")[:60]
    'The plan is proved optimal: no combination absorbs more scra'
    """
    asked = _asked(about)
    if code.split(":", maxsplit=1)[0] in DECIDED:
        return ""
    if asked.get("decisions") or asked.get("required"):
        return about.say("proved_given")
    return about.say("proved_count" if asked.get("objective") == "count" else "proved")


def linked(pair: Row, about: About) -> str:
    """How a scrap that adjoins no site reaches it; empty for one that adjoins it.

    Parameters
    ----------
    pair
        Row of the plan.
    about
        The parcel.

    Returns
    -------
    str
        A sentence.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> from gisland.present.style import catalog
    >>> about = About("a", {}, {}, catalog("en"))
    >>> linked({"site_id": "S", "links": 0}, about)
    ''
    >>> linked({"site_id": "S", "links": 2, "link_m": 12.0}, about)[:60]
    'It does not adjoin S itself: scraps between, at least: 2; le'
    """
    links = pair.get("links")
    if is_missing(links) or not links:
        return ""
    return about.say(
        "linked",
        site=shortened(pair["site_id"]),
        n=int(links),
        length=about.metres(pair.get("link_m")),
    )


def alternatives(about: About) -> list[Block]:
    """Alternatives that change what becomes of a scrap, or those of the parcel's site.

    Parameters
    ----------
    about
        The parcel.

    Returns
    -------
    list
        Blocks; none where alternatives were not worked out, or the plan is not about the parcel.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> alternatives(About("a", {}, {}, {}))
    []
    """
    frame = about.tables.get("alternatives")
    if frame is None:
        return []
    if visible(about.row.get("verdict")) == "site":
        lines = [_told(row, about) for row in of_site(frame, about.row.get("site_id"))]
    else:
        pairs = about.rows("plan", "parcel_id")
        sites = sorted({visible(p["site_id"]) for p in pairs})
        lines = [t for site in sites for t in _towards(site, about)]
        if pairs and not lines:
            lines = [about.say("no_alternative")]
    return [["list", [["-", line] for line in lines]]] if lines else []


def _told(row: Row, about: About) -> str:
    texts = about.texts
    name = shortened(alternative_name(row, texts=texts))
    return about.say("alternative", alternative=name, effect=effect(row, texts=texts))


def _towards(site_id: str, about: About) -> list[str]:
    """Alternatives in which a site takes the parcel, or leaves it."""
    told = []
    for row in of_site(about.frame("alternatives"), site_id):
        for key, column in (("would_join", "added_ids"), ("would_leave", "removed_ids")):
            if about.parcel_id in listed(row.get(column)):
                name = shortened(alternative_name(row, texts=about.texts))
                told.append(about.say(key, alternative=name, site=shortened(site_id)))
    return told
