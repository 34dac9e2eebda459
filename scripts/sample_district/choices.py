"""Sites XM06 to XM12: caps that force a choice, scraps wanted by two sites, wedges."""

from __future__ import annotations

from sample_district.plants import (
    FRONT,
    GREEN,
    INDUSTRY,
    LOT,
    WIDTH,
    Cluster,
    carve,
    hosts,
    plain,
    poly,
    rectangle,
    scrap,
)


def _small_site() -> Cluster:
    """XM06: a small site; one scrap alone is over the cap, a smaller one fits."""
    lots = hosts("XM06", {"F-a": rectangle(0, 0, 150, 72)})
    scraps = [
        scrap(
            "F1",
            poly((0, 0), (140, 0), (0, 19)),
            "corner",
            pairs={"XM06": "share_cap"},
            fails=(WIDTH,),
        ),
        scrap(
            "F2",
            rectangle(90, 56, 120, 72),
            "interlocking",
            pairs={"XM06": "absorbed"},
            fails=(FRONT, LOT, WIDTH),
        ),
    ]
    return Cluster(150, 72, carve(lots, scraps))


def _greedy_is_wrong() -> Cluster:
    """XM07: the largest scrap with the longest border leaves no room for the two better ones."""
    lots = hosts(
        "XM07",
        {
            "G-w": poly((0, 0), (100, 0), (101, 115), (0, 115)),
            "G-e": poly((100, 0), (190, 0), (190, 115), (101, 115)),
        },
        shut_in=("G-e",),
    )
    scraps = [
        scrap(
            "G1",
            rectangle(92, 40.5, 108.5, 115),
            "sandwiched",
            pairs={"XM07": "eligible"},
            fails=(FRONT, WIDTH),
        ),
        scrap(
            "G2",
            rectangle(0, 50, 22.3, 94),
            "interlocking",
            pairs={"XM07": "absorbed"},
            fails=(FRONT, LOT),
        ),
        scrap(
            "G3",
            poly((190, 0), (190, 21.8), (102, 0)),
            "corner",
            pairs={"XM07": "absorbed"},
            fails=(LOT, WIDTH),
            use=GREEN,
        ),
    ]
    return Cluster(190, 115, carve(lots, scraps))


def _wanted_by_two() -> Cluster:
    """XM08, XM09: both want H2; XM08 must leave it, though its border with it is longer."""
    lots = hosts("XM08", {"H-w": rectangle(0, 0, 113, 106)})
    lots += hosts(
        "XM09",
        {
            "H-e1": poly((113, 0), (176, 0), (173, 106), (113, 106)),
            "H-e2": poly((176, 0), (232, 0), (232, 106), (173, 106)),
        },
    )
    scraps = [
        scrap(
            "H1",
            poly((0, 0), (80, 0), (0, 21)),
            "corner",
            pairs={"XM08": "absorbed"},
            fails=(LOT, WIDTH),
        ),
        scrap(
            "H2",
            rectangle(100, 0, 113, 70),
            "sandwiched",
            pairs={"XM08": "eligible", "XM09": "absorbed"},
            fails=(LOT, WIDTH),
        ),
    ]
    return Cluster(232, 106, carve(lots, scraps))


def _longer_border() -> Cluster:
    """XM10, XM11: both have room for I2, XM11 has the longer border; I1 touches XM11 by 0.5 m."""
    lots = hosts("XM10", {"I-w": rectangle(0, 36, 160, 160)}, shut_in=("I-w",))
    lots += hosts(
        "XM11",
        {
            "I-e1": poly((160, 36), (226, 36), (228, 160), (160, 160)),
            "I-e2": poly((226, 36), (290, 36), (290, 160), (228, 160)),
        },
        shut_in=("I-e1", "I-e2"),
    )
    row = plain({"I-p1": rectangle(0, 0, 130, 36), "I-p2": rectangle(160.5, 0, 290, 36)})
    scraps = [
        scrap(
            "I1",
            rectangle(130, 0, 160.5, 36),
            "adjacent",
            pairs={"XM10": "absorbed", "XM11": "adjacent"},
            fails=(LOT,),
            steady=True,
        ),
        scrap(
            "I2",
            rectangle(160, 98, 174, 160),
            "sandwiched",
            pairs={"XM10": "eligible", "XM11": "absorbed"},
            fails=(FRONT, LOT, WIDTH),
            steady=True,
        ),
    ]
    return Cluster(290, 160, carve(lots + row, scraps))


def _wedges() -> Cluster:
    """XM12: three scraps in one bay of the street front, and one in a hole."""
    pair = {"XM12": "absorbed"}
    lots = hosts(
        "XM12",
        {
            "J-w": poly((0, 0), (140, 0), (137, 150), (0, 150)),
            "J-e": poly((140, 0), (260, 0), (260, 150), (137, 150)),
        },
    )
    scraps = [
        scrap(
            "J1",
            poly((92, 0), (122, 0), (123, 26), (88, 26)),
            "interlocking",
            pairs=pair,
            fails=(LOT,),
            owner="@J-w",
            use=INDUSTRY,
        ),
        scrap(
            "J2",
            poly((122, 0), (157, 0), (158, 26), (123, 26)),
            "interlocking",
            pairs=pair,
            fails=(LOT,),
        ),
        scrap(
            "J3",
            poly((157, 0), (190, 0), (193, 26), (158, 26)),
            "interlocking",
            pairs=pair,
            fails=(LOT,),
            use=GREEN,
        ),
        scrap(
            "J4",
            poly((200, 80), (228, 78), (230, 94), (201, 97)),
            "sandwiched",
            pairs=pair,
            fails=(FRONT, LOT, WIDTH),
            owner="@J-e",
        ),
    ]
    return Cluster(260, 150, carve(lots, scraps))


CHOICES = {
    (1, 1): _small_site(),
    (4, 3): _greedy_is_wrong(),
    (5, 4): _wanted_by_two(),
    (4, 2): _longer_border(),
    (4, 4): _wedges(),
}
