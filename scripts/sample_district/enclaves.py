"""Enclaves of owner and tenure, and fragments, away from all sites."""

from __future__ import annotations

from sample_district.plants import (
    COLLECTIVE,
    FRONT,
    LOT,
    STATE,
    WIDTH,
    Cluster,
    Plant,
    carve,
    plain,
    poly,
    rectangle,
)


def _owner_one() -> Cluster:
    """One lot in a hole of another's, and one in another's bay on the street."""
    lots = plain(
        {"K-q1": rectangle(0, 0, 110, 130), "K-q2": rectangle(110, 0, 210, 130)}, steady=True
    )
    inner = poly((40, 60), (86, 57), (88, 92), (42, 95))
    found = [
        Plant("K1", inner, owner="@K1", fails=(FRONT,), case="owner_strict", steady=True),
        Plant("K2", rectangle(146, 0, 174, 62), owner="@K2", case="owner_nearly", steady=True),
    ]
    return Cluster(210, 130, carve(lots, found))


def _owner_two() -> Cluster:
    """Two lots of one owner, held by two lots of another."""
    outer = "@L-q"
    lots = [
        Plant("L-q1", poly((0, 0), (97, 0), (100, 125), (0, 125)), owner=outer, steady=True),
        Plant("L-q2", poly((97, 0), (200, 0), (200, 125), (100, 125)), owner=outer, steady=True),
    ]
    pair = [
        Plant("L1", rectangle(70, 0, 96, 70), owner="@L", case="owner_nearly", steady=True),
        Plant("L2", rectangle(96, 0, 124, 70), owner="@L", case="owner_nearly", steady=True),
    ]
    return Cluster(200, 125, carve(lots, pair))


def _tenure_one() -> Cluster:
    """Collective land inside state land: one lot shut in, one with a street front."""
    lots = plain(
        {
            "M-l": poly((0, 0), (60, 0), (60, 86), (106, 86), (106, 130), (0, 130)),
            "M-b": rectangle(60, 0, 106, 50),
            "M-m": rectangle(106, 0, 200, 130),
            "M-r": poly((226, 0), (285, 0), (285, 130), (200, 130), (200, 64), (226, 64)),
        },
        steady=True,
    )
    found = [
        Plant(
            "M1",
            rectangle(60, 50, 106, 86),
            owner="@M1",
            tenure=COLLECTIVE,
            fails=(FRONT,),
            case="tenure_strict",
            steady=True,
        ),
        Plant(
            "M2",
            rectangle(200, 0, 226, 64),
            owner="@M2",
            tenure=COLLECTIVE,
            case="tenure_nearly",
            steady=True,
        ),
    ]
    return Cluster(285, 130, (*lots, *found))


def _tenure_two() -> Cluster:
    """Two collective lots of different owners, together inside state land."""
    lots = plain(
        {
            "N-l": poly((0, 0), (70, 0), (70, 72), (122, 72), (122, 120), (0, 120)),
            "N-r": rectangle(122, 0, 180, 120),
        },
        steady=True,
    )
    more = {"tenure": COLLECTIVE, "case": "tenure_nearly", "steady": True}
    shapes = {"N1": rectangle(70, 0, 95, 72), "N2": rectangle(95, 0, 122, 72)}
    return Cluster(180, 120, (*lots, *plain(shapes, **more)))


def _tenure_three() -> Cluster:
    """State land inside collective land."""
    lots = plain(
        {
            "O-l": poly((0, 0), (38, 0), (38, 66), (64, 66), (64, 110), (0, 110)),
            "O-r": rectangle(64, 0, 104, 110),
        },
        tenure=COLLECTIVE,
        steady=True,
    )
    found = Plant(
        "O1",
        rectangle(38, 0, 64, 66),
        owner="@O1",
        tenure=STATE,
        case="tenure_nearly",
        steady=True,
    )
    return Cluster(104, 110, (*lots, found))


def _fragments() -> Cluster:
    """One fragment for each reason alone; no site is near."""
    lots = plain(
        {
            "R-a": poly((0, 0), (60, 0), (60, 34), (80, 34), (80, 130), (0, 130)),
            "R-b": poly((88, 0), (130, 0), (130, 130), (80, 130), (80, 34), (88, 34)),
            "R-c": poly((145, 0), (200, 0), (200, 62), (180, 62), (180, 130), (145, 130)),
            "R-d": poly(
                (200, 0),
                (260, 0),
                (260, 130),
                (180, 130),
                (180, 102),
                (226, 102),
                (226, 62),
                (200, 62),
            ),
        }
    )
    found = [
        Plant("R1", rectangle(60, 0, 88, 34), owner="@R1", fails=(LOT,), case="fragment"),
        Plant("R2", rectangle(130, 0, 145, 130), owner="@R2", fails=(WIDTH,), case="fragment"),
        Plant("R3", rectangle(180, 62, 226, 102), owner="@R3", fails=(FRONT,), case="fragment"),
    ]
    return Cluster(260, 130, (*lots, *found))


ENCLAVES = {
    (0, 2): _owner_one(),
    (1, 2): _owner_two(),
    (1, 3): _tenure_one(),
    (0, 3): _tenure_two(),
    (0, 1): _tenure_three(),
    (5, 2): _fragments(),
}
