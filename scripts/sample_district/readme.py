"""The page that goes with the sample district."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sample_district.clusters import clusters
from sample_district.outlines import outlines
from sample_district.shut_in import shut_in

if TYPE_CHECKING:
    from sample_district.district import District

HEAD = """\
# Sample district (江城区示范工业片区)

A made-up industrial district of {count} parcels, {area:.2f} km², in EPSG:4547 (CGCS2000, 3-degree
Gauss-Krüger, central meridian 114° E, no zone prefix). Nothing in it is real. Made by
`python scripts/make_sample.py`, the same bytes at every run; do not edit the files by hand.

| file | what |
|---|---|
| `parcels.shp` | parcels. The `.dbf` is GBK, without a `.cpg` and with language byte 0: nothing in the files says so |
| `buildings.gpkg` | {buildings} footprints: `CS` storeys, `GD` height in m; three stand across a parcel boundary |
| `zoning.gpkg` | planning zones: `planned_use`, `far_min`, `far_max`, `coverage_max`, `green_min`, `green_max`, `height_max_m` |
| `zoning_overlay.gpkg` | one zone of limited height and coverage (`JZXG` m, `JZMD` %) over part of a block, through `XM12` |
| `planning_units.gpkg` | four planning units: `DYBH` |
| `block_lines.gpkg` | three industrial block lines: `QKBH` id, `JB` level |
| `block_changes.gpkg` | a proposal for them: `BDBH` id, `BDLX` in or out, `QKBH` the block line meant |
| `parks.gpkg` | two parks: `YQBH` id, `YQMC` name, `KKF` developable and `YJC` built-up land in **mu**, of one only |
| `red_line.gpkg` | ecological red line: the western canal and a wetland |
| `roads.gpkg` | centre lines: `DLMC` name, `LMKD` width in m |
| `sites.gpkg` | outlines of twelve redevelopment projects `XM01` to `XM12`, drawn up to 0.5 m off the parcels |
| `gisland.toml`, `rules.toml` | project file, and a made-up rule set that switches most tests on |
| `truth.csv` | what must be found |

Parcel fields: `ZDDM` 19-character code, `QLRMC` owner, `QSXZ` tenure, `DLBM` use (land survey codes,
and `M0`), `ZDMJ` recorded area in **mu**, `JZMJ` floor area and `JRMJ` counted floor area in m²
(storeys over 8 m count twice), `LDMJ` green area in m², `SS` tax and `CZ` output of the year in 10 000
yuan, `CYRS` jobs (not counted on public land), `GSZT` status, `XMBH` project,
`GXNF` year of the renewal plan (eight lots).

## How it is drawn

Streets are gaps between blocks; the avenue (工业大道), the canal and the railway are parcels. Lots
were cut one by one, so that a long side faces several short ones and few vertices match. About a
quarter of the lots had one vertex moved by 1 to 3 cm, nearly all of them inwards, which leaves
hairline gaps; four in the south-west were moved outwards and overlap their neighbors (six overlaps
above 0.01 m²). Two parcels have a recorded area 9 and 12 % off the drawn one
(`420190003006GB00001`, `420190004006GB00001`). The outline of `XM02` leaves out a fifth of one of
its parcels, that of `XM03` takes in a third of a scrap: membership goes by half the area.

## What is planted

The column "name" is the name used in `scripts/sample_district`, where each case is drawn.

"""  # noqa: E501 - table rows cannot be wrapped

TAIL = """
Everything else is meant to be quiet: no other parcel that borders a site is small, narrow or
without a street, no other parcel is a fragment, an enclave or low-use land. A parcel of a site
behind another one has no street front of its own: those are fragments (`min_frontage`), most are
shut in by several owners as well (see enclaves), and all are listed in `truth.csv`.

- **Greedy is wrong** (`XM07`): G1 is the largest scrap with the longest border. It leaves no room
  for G2 and G3, which together are larger and fit. The optimum is unique.
- **Wanted by two, area decides** (`XM08`, `XM09`): H2 borders `XM08` more, but `XM08` has room for
  one scrap only and H1 can go nowhere else: H2 goes to `XM09`.
- **Wanted by two, border decides** (`XM10`, `XM11`): both have room for I2; the longer border is
  with `XM11`. I1 borders `XM10` by 30 m and `XM11` by 0.5 m, which is less than `min_border_m`.
- **Enclaves**: shares are 1.0 (`strict`) or 0.78 to 0.86 (`nearly`); two of them consist of two
  parcels, and one is surrounded by two parcels of one owner. Not planted as such: {joint} patches
  of one owner, scraps and lots behind other lots, are shut in by several others together
  (`jointly`). They touch no street, but for one that has 2 m of it. Of tenure there are none.
- **No groups**: where scraps lie beside each other, they are no longer small together.
- **Low use**: six works on both sides of a street make one zone; one lies alone and is too small.
- **Block lines**: `QK1-01` (level 1) and `QK2-01` (level 2) hold, `QK1-02` (level 1) falls short of
  60 % industrial land; `QK2-01` cuts through lots at its eastern end. Eight lots of `QK1-01` are
  M0: 12 % of its land, above the 10 % for one block, but all blocks keep far below 20 %.
- **Delineation**: streets up to `corridor_m` = 27 m join works, the canal, the avenue and
  创业大道 (28 m and more) part them, which gives six blocks `B01` to `B06`; `B04` lies in a
  park as well, `B05` is too small for level 1. Outside are {no_seed} works without a patch of 1 ha
  (`no_seed`), {too_small} in a piece of 1.2 ha (`too_small`) and {narrow} narrower than 36 m
  (`narrow`). Holes up to `block_hole_m2` = 7700 m² are taken in, among them most scraps; two lots
  in larger holes are not (`420190002005GB00009`, `420190005006GB00011`), nor is what lies in a bay
  of the outer edge. Limits a little higher or lower draw the same blocks.
- **Changes of the lines**: `TZ-01` adds a cell of works to `QK1-02`, `TZ-02` takes a strip with
  parts of six lots out of `QK2-01`, `TZ-03` lies within `QK1-01` already and has no effect. The
  total grows, there are as many blocks as before, and they are larger and more compact.
- **Conversions**: in `QK1-01` and `QK2-01` three lots are planned as M0 (one is M0 already), one
  as shops, one as flats. They and three others have a year of the renewal plan. 2026 has more new
  M0 than the made-up 15 mu and less than 46 % renewed as industry, 2027 keeps both rules. Works
  without a year count as `unknown`, among them those of sites, those that turn from logistics to
  industry, and all of `QK1-02`, which is planned as flats and shops.
- **Parks**: `YQ-01` says itself that 43 % of its developable land is built up, below 60 %, and 57 %
  is still to be built on, above 50 %; `YQ-02` says nothing, nearly all of it is built up. Less than
  80 % of the works lie in the two.
- **Units and projects**: the zone of low-use land is large enough for two units of 1.8 ha, with
  two works and four. Every project lies in one planning unit, but `XM03`, which `GH-03` and
  `GH-04` share.

## truth.csv

`parcel_id`, `site_id`, `case`, `field`, `expected`. `field` is `table.column` of the results:

| field | row is found by |
|---|---|
| `parcels.*` | `parcel_id` |
| `plan.*` | `parcel_id` and `site_id`: every pair that is considered |
| `sites.*` | `site_id` |
| `enclaves.<attribute>.<column>` | the attribute, and `parcel_id` in its `parcel_ids` |
| `zones.parcel_ids` | the zone that holds `parcel_id`; empty: in no zone |
| `findings.<code>` | a finding of that code about `parcel_id` |
| `block_lines.*` | block id, in the column `site_id`; `overall` is the total; of the lines given |
| `block_candidates.*` | block id, of the blocks that are kept |
| `block_parcels.<lines>.parcel_ids` | block id: lots inside, without roads and water |
| `block_parcels.<lines>.taken_ids` | block id: those of other use, which lay in holes |
| `block_parcels.<lines>.cut_ids` | block id: parcels of which 1 to 99 % lie inside |
| `block_parcels.<lines>.outside_ids` | all works that lie outside, at least in part |
| `block_parcels.<lines>.reason` | `parcel_id`: why works lie outside |
| `block_changes.*` | id of the change |
| `block_balance.<indicator>.*` | block id, and `overall` |
| `conversions.kind` | `parcel_id` |
| `conversion_totals.area_m2` | year/kind |
| `control_verdicts.<topic>.<test>` | outcome for the subject |
| `parks.*` | park id |
| `zone_units.parcel_ids` | the unit of a zone that holds `parcel_id` |
| `hierarchy.project.*` | `site_id` |

Lists are joined by `;` and sorted; those of `surrounded_by` begin with the longest border, and
equally long ones may change places. The plan's own words for a scrap that is eligible but not taken
are not part of the truth. Subjects other than sites stand in the column `site_id`, too. Areas are
sums of plane areas of the drawn polygons in m².
Rows of `plan.verdict`, `parcels.scrap_kind`, `parcels.fragment_reasons`, `parcels.low_use`,
`enclaves.*`, `block_parcels.*` and `conversions.*` are complete: what has no row there must not be
found. So are the rows of `control_verdicts` that fail.
"""


def readme(district: District) -> str:
    """Text of README.md."""
    area = sum(p.polygon.area for p in district.parcels) / 1e6
    head = HEAD.format(count=len(district.parcels), area=area, buildings=len(district.buildings))
    joint = sum(1 for _ in shut_in(district, lambda p: p.owner))
    outside = Counter(outlines(district).outside.values())
    tail = TAIL.format(joint=joint, **outside)
    return head + "\n".join(_table(district)) + "\n" + tail


def _table(district: District) -> list[str]:
    lines = ["| parcel | name | kind | fails | with | outcome |", "|---|---|---|---|---|---|"]
    names = sorted(p.name for c in clusters().values() for p in c.plants if p.kind or p.case)
    for name in names:
        parcel = district.by_name[name]
        plant = parcel.lot.plant
        if plant is None or plant.site:
            continue
        kind = plant.kind or plant.case
        fails = ", ".join(sorted(plant.fails)) or "none"
        pairs = plant.pairs or {"": ""}
        lines += [
            f"| `{parcel.zddm}` | {name} | {kind} | {fails} | {site} | {told} |"
            for site, told in pairs.items()
        ]
    return lines
