"""Why a parcel was or was not merged into a site, in sentences with numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import shapely

from gisland.base.useclasses import FREE_USE_CLASSES
from gisland.present.aboutplan import decided, linked, proof
from gisland.present.abouttests import verdict_lines
from gisland.present.facts import NOT_PASSED, Row, plain_rows, reason, reasons, unverified
from gisland.present.lists import listed, share_test
from gisland.present.wording import (
    MISSING,
    SYMBOLS,
    area_both,
    comparison,
    is_missing,
    label,
    number,
    shortened,
    visible,
)

if TYPE_CHECKING:
    from gisland.present.about import About
    from gisland.present.plaintext import Block

CENTS = 100
FORGIVEN = 1e-6  # of a hundredth of a square metre, as the plan forgives it
ORDER = ("absorbed", "eligible", "ineligible")
KINDS = "kind_"  # tests of the kinds of scraps begin so
MANY = 20  # scraps of a site that are listed


def conclusion(about: About, tests: list[Row]) -> list[Block]:
    """What became of the parcel, and why, in plain sentences.

    Parameters
    ----------
    about
        The parcel.
    tests
        From `abouttests.all_tests`.

    Returns
    -------
    list
        Blocks.

    Examples
    --------
    >>> import pandas as pd
    >>> from gisland.present.about import About
    >>> from gisland.present.style import catalog
    >>> lots = pd.DataFrame({"parcel_id": ["a"], "verdict": ["none"], "reasons": ["no_geometry"]})
    >>> about = About("a", {"parcels": lots}, {}, catalog("en"))
    >>> conclusion(about, [])[0][1][0][1]
    'Not considered for merging: the parcel has no geometry, so that it was not analyzed.'
    """
    verdict = visible(about.row.get("verdict"))
    pairs = _in_order(about.rows("plan", "parcel_id"))
    if verdict == "site":
        return [_list(_of_site(about))]
    if not pairs:
        return [_list([_none(about), *decided(about)])]
    told: list[str] = []
    for pair in pairs:
        told += [*_pair(pair, about, tests), *_advisory(pair, about, tests)]
    return [_list([*told, *decided(about)])]


def _list(lines: list[str]) -> Block:
    return ["list", [["-", line] for line in lines]]


def _in_order(pairs: list[Row]) -> list[Row]:
    rank = {v: n for n, v in enumerate(ORDER)}
    return sorted(pairs, key=lambda p: (rank.get(p["verdict"], 9), visible(p["site_id"])))


def _site(about: About, site_id: object) -> Row:
    found = about.rows("sites", "site_id", value=visible(site_id))
    return found[0] if found else {}


def _of_site(about: About) -> list[str]:
    site = _site(about, about.row.get("site_id"))
    absorbed, texts = listed(site.get("absorbed_ids")), about.texts
    lines = [about.say("is_site", site=shortened(about.row.get("site_id")))]
    if site:
        lines.append(
            about.say(
                "site",
                site=shortened(site["site_id"]),
                own=len(listed(site.get("parcel_ids"))),
                before=area_both(texts, site.get("area_before_m2")),
                n=len(absorbed),
                scraps=area_both(texts, site.get("scrap_area_m2")),
                share=comparison(texts, share_test(site)) or about.share(site.get("scrap_share")),
            )
        )
    return lines


def _pair(pair: Row, about: About, tests: list[Row]) -> list[str]:
    """Sentences on one site that the parcel was considered for."""
    site, texts = _site(about, pair["site_id"]), about.texts
    name = shortened(pair["site_id"])
    code = visible(pair.get("reasons")).split(";")[0]
    but = _but_verify(pair, about, tests)
    if pair["verdict"] == "absorbed":
        lines = [
            about.say(
                "absorbed",
                site=name,
                kind=label(texts, "scrap_kind", pair.get("scrap_kind")),
                area=area_both(texts, pair.get("area_m2")),
                border=about.metres(pair.get("border_m")),
                but=but,
            )
        ]
        share = comparison(texts, share_test(site))
        return [*lines, about.say("share_after", site=name, share=share)] if share else lines
    if code.startswith("taken_by:"):
        other = shortened(code.partition(":")[2])
        return [about.say("taken_by", site=name, other=other, but=but)]
    if pair["verdict"] == "eligible":
        lines = [about.say("not_chosen", site=name, why=_why_idle(code, texts), but=but)]
        if code == "cap_full" and site:
            lines += _over_cap(pair, site, about)
        elif code == "count_full" and site:
            lines.append(about.say("count_full", site=name, chosen=_chosen(site, about)[0]))
        elif code == "total_full" and site:
            lines += _over_total(pair, site, about)
        proved = proof(about, code) if site.get("optimal") else ""
        return [*lines, proved] if proved else lines
    towards = [t for t in tests if t["subject"] == pair["site_id"] and t["mode"] != "advisory"]
    bare = [t | {"subject": ""} for t in towards]  # the sentence names the site once
    why = reasons(pair.get("reasons"), bare, texts=texts)
    return [about.say("refused", site=name, why=w) for w in why[:1]] + [
        about.say("refused_too", site=name, why=w) for w in why[1:]
    ]


def _but_verify(pair: Row, about: About, tests: list[Row]) -> str:
    """Binding tests towards the site that could not be made, to end a sentence with."""
    names = unverified([t for t in tests if t["subject"] == pair["site_id"]], texts=about.texts)
    return about.say("but_verify", names=about.texts["explain.names"].join(names)) if names else ""


def _advisory(pair: Row, about: About, tests: list[Row]) -> list[str]:
    """Advisory tests not passed: nobody was refused for them, but a board will ask."""
    told = [
        t | {"subject": ""}
        for t in tests
        if t["subject"] == pair["site_id"]
        and t["mode"] == "advisory"
        and t["outcome"] in NOT_PASSED
    ]
    site = shortened(pair["site_id"])
    keys = {"fail": "advised", "missing": "advised_open"}
    return [
        about.say(keys[t["outcome"]], site=site, why=reason(t, texts=about.texts)) for t in told
    ]


def _why_idle(code: str, texts: Any) -> str:  # noqa: ANN401 - the catalog
    stem, _, site = code.partition(":")
    idle = texts.get(f"explain.idle.{stem}")
    return idle.format(site=shortened(site)) if idle else label(texts, "reason", code)


def _over_cap(pair: Row, site: Row, about: About) -> list[str]:
    """The cap in square metres, who was chosen within it, and what that leaves."""
    budget, texts = _budget_m2(site), about.texts
    chosen, chosen_m2 = _chosen(site, about)
    asks = comparison(texts, share_test(site) | {"value": None})
    if budget is None or not asks:
        return []
    left = max(budget - chosen_m2, 0.0)
    return [
        about.say(
            "budget",
            site=shortened(site["site_id"]),
            before=about.m2(site.get("area_before_m2")),
            operator=SYMBOLS.get(visible(site.get("cap_operator")), ""),
            cap=about.share(site.get("cap")),
            of=label(texts, "denominator", site.get("share_denominator")),
            budget=about.m2(budget),
        ),
        about.say("chosen", chosen=chosen, sum=about.m2(chosen_m2), left=about.m2(left)),
        about.say("too_large", area=about.m2(pair.get("area_m2")), left=about.m2(left)),
    ]


def _over_total(pair: Row, site: Row, about: About) -> list[str]:
    """The cap on the total area, who was chosen within it, and what that leaves."""
    records = about.run.get("rules", {}).get("records", [])
    rule: Row = next((r for r in records if r.get("id") == "scrap.total_cap"), {})
    limit = rule.get("value")
    chosen, chosen_m2 = _chosen(site, about)
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        return []
    left = about.m2(max(limit - chosen_m2, 0.0))
    operator = SYMBOLS.get(visible(rule.get("operator")), "")
    name = shortened(site["site_id"])
    return [
        about.say("total_full", site=name, operator=operator, limit=about.m2(limit)),
        about.say("chosen", chosen=chosen, sum=about.m2(chosen_m2), left=left),
        about.say("too_large", area=about.m2(pair.get("area_m2")), left=left),
    ]


def _budget_m2(site: Row) -> float | None:
    """Largest area of scraps that the cap allows a site, down to the hundredth."""
    kind = visible(site.get("share_denominator"))
    cap: Any = site.get("cap")
    base: Any = site.get("boundary_area_m2" if kind == "boundary" else "area_before_m2")
    if is_missing(cap) or is_missing(base):
        return None
    factor = cap / (1 - cap) if kind == "including" and cap < 1 else cap
    whole = base * factor * CENTS
    strict = visible(site.get("cap_operator")) == "<"
    kept = math.ceil(whole - FORGIVEN) - 1 if strict else math.floor(whole + FORGIVEN)
    return max(kept, 0) / CENTS


def _chosen(site: Row, about: About) -> tuple[str, float]:
    """The scraps that a site absorbs, each with its area, and the sum."""
    rows = about.rows("plan", "site_id", value=visible(site["site_id"]))
    taken = sorted(
        (r for r in rows if r["verdict"] == "absorbed"), key=lambda r: visible(r["parcel_id"])
    )
    told = [
        about.texts["report.detail"].format(
            name=shortened(r["parcel_id"]), detail=about.m2(r.get("area_m2"))
        )
        for r in taken
    ]
    more = [about.say("and_more", n=len(told) - MANY)] if len(told) > MANY else []
    areas = [float(r["area_m2"]) for r in taken if not is_missing(r.get("area_m2"))]
    return about.joined([*told[:MANY], *more]) or about.texts["report.none"], math.fsum(areas)


def _none(about: About) -> str:
    """Why a parcel was considered for no site."""
    row, parcels = about.row, about.frame("parcels")
    if visible(row.get("reasons")) == "no_geometry":
        return about.say("none.invalid_geometry" if _drawn(about) else "none.no_geometry")
    if is_missing(about.run.get("sites_from")) or ("sites" in about.tables and _no_site(about)):
        return about.say("none.no_sites")
    if visible(row.get("use_class")) in FREE_USE_CLASSES:
        use = label(about.texts, "use_class", row.get("use_class"))
        return about.say("none.free", use=use)
    touched = [b for b in about.rows("borders", "focal") if _host(b["neighbor"], about)]
    least = about.run.get("parameters", {}).get("min_border_m")
    if not touched or "verdict" not in parcels:
        return about.say("none.not_adjacent")
    longest = max(touched, key=lambda b: (b["border_m"], visible(b["neighbor"])))
    site, border = _host(longest["neighbor"], about), about.metres(longest["border_m"])
    if not is_missing(least) and round(longest["border_m"], 2) < round(float(least), 2):
        return about.say("none.too_short", site=site, border=border, least=about.metres(least))
    return about.say("none.developable", site=site, border=border)


def _no_site(about: About) -> bool:
    """Whether the run found no site at all, as its record tells."""
    return about.run.get("counts", {}).get("sites", 1) == 0


def _drawn(about: About) -> bool:
    frame = about.frame("parcels")
    if "geometry" not in frame:
        return False
    shapes = frame.loc[frame["parcel_id"] == about.parcel_id, "geometry"].to_numpy()
    return len(shapes) > 0 and shapes[0] is not None and not shapely.is_empty(shapes[0])


def _host(parcel_id: object, about: About) -> str:
    """Site that a neighbor is part of; empty where it is none's."""
    rows = about.rows("parcels", "parcel_id", value=visible(parcel_id))
    own = rows[0] if rows else {}
    return shortened(own.get("site_id")) if visible(own.get("verdict")) == "site" else ""


def merging(about: About, tests: list[Row]) -> list[Block]:
    """Each site that the parcel was considered for, with every test and the other scraps there.

    Parameters
    ----------
    about
        The parcel.
    tests
        From `abouttests.all_tests`.

    Returns
    -------
    list
        Blocks; none for a parcel that no site comes near.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> merging(About("a", {}, {}, {}), [])
    []
    """
    blocks: list[Block] = []
    kinds = [t for t in tests if visible(t["test"]).startswith(KINDS)]
    if kinds:
        blocks += [["text", about.say("kinds")], verdict_lines(kinds, about=about)]
    pairs = _in_order(about.rows("plan", "parcel_id"))
    for pair in pairs:
        towards = [t for t in tests if t["subject"] == pair["site_id"]]
        head = [_pair_head(pair, about), linked(pair, about)]
        blocks += [["text", text] for text in head if text]
        if towards:
            blocks.append(verdict_lines(towards, about=about))
        blocks += _rivals(pair["site_id"], about)
    if not pairs and visible(about.row.get("verdict")) == "site":
        blocks += _rivals(about.row.get("site_id"), about)
    return blocks


def _pair_head(pair: Row, about: About) -> str:
    shares = {k: about.share(pair.get(f"{k}_share")) for k in ("site", "sites", "free", "other")}
    return about.say(
        "pair",
        name=shortened(pair["site_id"]),
        verdict=label(about.texts, "verdict", pair["verdict"]),
        kind=label(about.texts, "scrap_kind", pair.get("scrap_kind")),
        border=about.metres(pair.get("border_m")),
        **shares,
    )


def _rivals(site_id: object, about: About) -> list[Block]:
    """All scraps considered for a site, so that it is seen who was preferred."""
    rows = _in_order(about.rows("plan", "site_id", value=visible(site_id)))
    others = [r for r in rows if r["parcel_id"] != about.parcel_id]
    if not others:
        return []
    texts = about.texts
    lines = [
        [
            shortened(r["parcel_id"]),
            number(r.get("area_m2"), unit="m2"),
            label(texts, "verdict", r["verdict"]),
            about.joined(_words(r.get("reasons"), about)) or MISSING,
        ]
        for r in others[:MANY]
    ]
    heads = [texts[f"column.{c}"] for c in ("parcel_id", "area_m2", "verdict", "reasons")]
    key = "rivals" if len(others) < len(rows) else "guests"
    title = about.say(key, site=shortened(site_id), n=len(others))
    more = [["text", about.say("and_more", n=len(others) - MANY)]] if len(others) > MANY else []
    return [["text", title], ["table", heads, lines, [1]], *more]


def _words(joined: object, about: About) -> list[str]:
    """Reasons of a scrap whose tests are not at hand, in words."""
    texts = about.texts
    missing = [c.partition(":")[2] for c in listed(joined) if c.startswith("missing:")]
    known = ";".join(c for c in listed(joined) if not c.startswith("missing:"))
    undecided = [{"test": t, "outcome": "missing", "subject": ""} for t in missing]
    return [*reasons(known, [], texts=texts), *(reason(t, texts=texts) for t in undecided)]


def rival_rows(about: About) -> list[Row]:
    """The plan's rows of the parcel and of the sites it was considered for.

    Parameters
    ----------
    about
        The parcel.

    Returns
    -------
    list of dict
        In the order of the table.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> rival_rows(About("a", {}, {}, {}))
    []
    """
    own = {visible(p["site_id"]) for p in about.rows("plan", "parcel_id")}
    own.add(visible(about.row.get("site_id")))
    plan = about.frame("plan")
    return plain_rows(plan[plan["site_id"].isin(own)]) if len(plan) else []
