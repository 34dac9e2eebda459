"""Sites XM01 to XM05: scraps that are absorbed, and one refused for each condition."""

from __future__ import annotations

from sample_district.plants import (
    COLLECTIVE,
    FRONT,
    GREEN,
    INDUSTRY,
    LOT,
    SHOP,
    SPECIAL,
    WIDTH,
    Cluster,
    carve,
    hosts,
    plain,
    poly,
    rectangle,
    scrap,
)


def _all_absorbed() -> Cluster:
    """XM01: two corner scraps on the avenue, one sandwiched, one interlocking; all fit."""
    pair = {"XM01": "absorbed"}
    lots = hosts(
        "XM01",
        {
            "A-w": poly((0, 0), (112, 0), (118, 150), (0, 150)),
            "A-e1": poly((112, 0), (230, 0), (230, 84), (115, 75)),
            "A-e2": poly((115, 75), (230, 84), (230, 150), (118, 150)),
        },
        shut_in=("A-e2",),
    )
    scraps = [
        scrap("A1", poly((0, 0), (58, 0), (0, 19)), "corner", pairs=pair, fails=(LOT, WIDTH)),
        scrap(
            "A2",
            poly((230, 0), (230, 21), (170, 0)),
            "corner",
            pairs=pair,
            fails=(LOT, WIDTH),
            owner="@A-e1",
            use=INDUSTRY,
        ),
        scrap(
            "A3",
            rectangle(108, 92, 121, 150),
            "sandwiched",
            pairs=pair,
            fails=(FRONT, LOT, WIDTH),
        ),
        scrap(
            "A4",
            rectangle(0, 70, 26, 112),
            "interlocking",
            pairs=pair,
            fails=(FRONT, LOT),
            use=GREEN,
        ),
    ]
    return Cluster(230, 150, carve(lots, scraps))


def _behind_a_row() -> Cluster:
    """XM02: behind a row of shops' lots, with adjacent scraps, a hole, a strip and a notch."""
    pair = {"XM02": "absorbed"}
    lots = hosts(
        "XM02",
        {
            "B-w": poly((0, 46), (150, 46), (146, 172), (0, 172)),
            "B-e1": poly((150, 46), (300, 46), (300, 109), (148, 109)),
            "B-e2": poly((148, 109), (300, 109), (300, 172), (146, 172)),
        },
        shut_in=("B-w", "B-e1", "B-e2"),
    )
    row = plain(
        {
            "B-p1": rectangle(0, 0, 96, 46),
            "B-p2": rectangle(117, 0, 205, 46),
            "B-p3": rectangle(220, 0, 300, 46),
        }
    )
    deep = (FRONT, LOT, WIDTH)
    scraps = [
        scrap("B1", rectangle(96, 0, 117, 46), "adjacent", pairs=pair, fails=(LOT,)),
        scrap(
            "B2",
            rectangle(205, 0, 220, 46),
            "adjacent",
            pairs=pair,
            fails=(LOT, WIDTH),
            use=GREEN,
        ),
        scrap("B3", rectangle(246, 103, 300, 115), "sandwiched", pairs=pair, fails=deep),
        scrap(
            "B4",
            poly((84, 96), (114, 93), (117, 110), (86, 113)),
            "sandwiched",
            pairs=pair,
            fails=deep,
            owner="@B-w",
            use=INDUSTRY,
        ),
        scrap(
            "B5",
            rectangle(40, 150, 80, 172),
            "interlocking",
            pairs=pair,
            fails=(FRONT, LOT),
            use=SPECIAL,
        ),
    ]
    return Cluster(300, 172, carve(lots + row, scraps))


def _conditions() -> Cluster:
    """XM03: one scrap refused for tenure, one for its owner, one for its use; one is fine."""
    lots = hosts(
        "XM03",
        {
            "C-w1": poly((0, 0), (128, 0), (130.1, 84), (0, 84)),
            "C-w2": poly((0, 84), (130.1, 84), (132, 160), (0, 160)),
            "C-e": poly((128, 0), (260, 0), (260, 160), (132, 160)),
        },
        shut_in=("C-w2",),
    )
    scraps = [
        scrap(
            "C1",
            poly((0, 0), (64, 0), (0, 22)),
            "corner",
            pairs={"XM03": "same_tenure"},
            fails=(LOT, WIDTH),
            owner="@C-w1",
            tenure=COLLECTIVE,
        ),
        scrap(
            "C2",
            poly((260, 0), (260, 20), (200, 0)),
            "corner",
            pairs={"XM03": "same_owner"},
            fails=(LOT, WIDTH),
            owner="@C2",
            use=INDUSTRY,
        ),
        scrap(
            "C3",
            rectangle(150, 138, 190, 160),
            "interlocking",
            pairs={"XM03": "same_use"},
            fails=(FRONT, LOT),
            owner="@C-e",
            use=SHOP,
        ),
        scrap(
            "C4",
            rectangle(0, 78, 52, 91),
            "sandwiched",
            pairs={"XM03": "absorbed"},
            fails=(FRONT, LOT, WIDTH),
        ),
    ]
    return Cluster(260, 160, carve(lots, scraps))


def _planning() -> Cluster:
    """XM04: refused for FAR, planned use, area, or because it can be developed alone."""
    lots = hosts(
        "XM04",
        {
            "D-w": rectangle(0, 0, 140, 172),
            "D-e1": poly((140, 0), (300, 0), (300, 62), (140, 66)),
            "D-e2": poly((140, 66), (300, 62), (300, 172), (140, 172)),
        },
        shut_in=("D-e2",),
    )
    scraps = [
        scrap(
            "D1",
            poly((0, 0), (75, 0), (0, 50)),
            "corner",
            pairs={"XM04": "not_developable"},
            owner="@D-w",
        ),
        scrap(
            "D2",
            poly((300, 0), (300, 20), (238, 0)),
            "corner",
            pairs={"XM04": "far_not_above"},
            fails=(LOT, WIDTH),
        ),
        scrap(
            "D3",
            rectangle(127, 72, 152, 172),
            "sandwiched",
            pairs={"XM04": "area_cap"},
            fails=(FRONT,),
        ),
        scrap(
            "D4",
            rectangle(278, 90, 300, 130),
            "interlocking",
            pairs={"XM04": "planned_use"},
            fails=(FRONT, LOT),
        ),
        scrap(
            "D5",
            rectangle(0, 100, 22, 138),
            "interlocking",
            pairs={"XM04": "absorbed"},
            fails=(FRONT, LOT),
            use=GREEN,
        ),
    ]
    return Cluster(300, 172, carve(lots, scraps))


def _on_the_canal() -> Cluster:
    """XM05: corner scraps on the canal, one of them partly inside the ecological red line."""
    lots = hosts(
        "XM05",
        {
            "E-w": poly((0, 0), (122, 0), (118, 150), (0, 150)),
            "E-e": poly((122, 0), (240, 0), (240, 150), (118, 150)),
        },
        shut_in=("E-w", "E-e"),
    )
    scraps = [
        scrap(
            "E1",
            poly((0, 0), (66, 0), (0, 21)),
            "corner",
            pairs={"XM05": "exclusion"},
            fails=(FRONT, LOT, WIDTH),
            use=GREEN,
        ),
        scrap(
            "E2",
            poly((240, 0), (240, 20), (182, 0)),
            "corner",
            pairs={"XM05": "absorbed"},
            fails=(FRONT, LOT, WIDTH),
        ),
        scrap(
            "E3",
            rectangle(50, 128, 91, 150),
            "interlocking",
            pairs={"XM05": "absorbed"},
            fails=(FRONT, LOT),
            owner="@E-w",
            use=INDUSTRY,
        ),
    ]
    return Cluster(240, 150, carve(lots, scraps))


SITES = {
    (5, 1): _all_absorbed(),
    (1, 0): _behind_a_row(),
    (5, 3): _conditions(),
    (4, 1): _planning(),
    (3, 1): _on_the_canal(),
}
