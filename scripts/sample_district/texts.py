"""Project file and rule set of the sample district."""

from __future__ import annotations

PROJECT = """\
# Project file of the sample district. Paths are relative to this file.

[project]
name = "江城区示范工业片区"
rules = "rules.toml"
crs = "EPSG:4547"
language = "zh"
as_of = 2026-01-01

[layers.parcels]
path = "parcels.shp" # GBK without a .cpg: the encoding is found out

[layers.parcels.fields]
parcel_id = "ZDDM"
owner = "QLRMC"
tenure = "QSXZ"
use_code = "DLBM"
recorded_area_m2 = "ZDMJ"
floor_area_m2 = "JZMJ"
counted_floor_area_m2 = "JRMJ"
green_m2 = "LDMJ"
tax_yuan = "SS"
output_yuan = "CZ"
jobs = "CYRS"
status = "GSZT"
plan_year = "GXNF"

[layers.parcels.units]
recorded_area_m2 = "mu"
tax_yuan = "wan_yuan"
output_yuan = "wan_yuan"

[layers.parcels.classes] # codes of the land survey (三调); M0 is a local addition
"05H1" = "commercial"
"0508" = "logistics"
"0601" = "industrial"
"M0" = "industrial"
"0701" = "residential"
"0702" = "residential"
"08H1" = "public"
"08H2" = "public"
"0809" = "utility"
"0810" = "green"
"09" = "other"
"1001" = "transport"
"1004" = "transport"
"1107" = "water"
"1201" = "reserve"

[layers.buildings]
path = "buildings.gpkg"

[layers.buildings.fields]
building_id = "JZBH"
floors = "CS"
height_m = "GD"

[layers.zoning]
path = "zoning.gpkg"

[layers.zoning.fields]
zone_id = "zone_id"
planned_use = "planned_use"
far_min = "far_min"
far_max = "far_max"
coverage_max = "coverage_max"
green_min = "green_min"
green_max = "green_max"
height_max_m = "height_max_m"

[layers.zoning.classes]
"一类物流仓储用地" = "logistics"
"中小学用地" = "public"
"二类城镇住宅用地" = "residential"
"二类工业用地" = "industrial"
"公园绿地" = "green"
"商业用地" = "commercial"
"新型产业用地" = "industrial"

[layers.zoning_overlay] # goes before the zones where it has a condition
path = "zoning_overlay.gpkg"

[layers.zoning_overlay.fields]
overlay_id = "DJBH"
coverage_max = "JZMD"
height_max_m = "JZXG"

[layers.zoning_overlay.units]
coverage_max = "percent"

[layers.planning_units]
path = "planning_units.gpkg"

[layers.planning_units.fields]
unit_id = "DYBH"

[layers.roads]
path = "roads.gpkg"

[layers.roads.fields]
road_id = "DLBH"
width_m = "LMKD"

[layers.block_lines]
path = "block_lines.gpkg"

[layers.block_lines.fields]
block_id = "QKBH"
level = "JB"

[layers.block_changes] # a proposal: land that goes into the lines, or out
path = "block_changes.gpkg"

[layers.block_changes.fields]
change_id = "BDBH"
change = "BDLX"
block_id = "QKBH"

[layers.parks] # one knows its developable and built-up land, of the other it is reckoned
path = "parks.gpkg"

[layers.parks.fields]
park_id = "YQBH"
name = "YQMC"
developable_m2 = "KKF"
built_m2 = "YJC"

[layers.parks.units]
developable_m2 = "mu"
built_m2 = "mu"

[layers.sites]
path = "sites.gpkg"

[layers.sites.fields]
site_id = "XMBH"

[layers.exclusions.red_line]
path = "red_line.gpkg"

[sites]
from = "layer"

[plan] # the plan again under other caps
sweep_caps = [0.05, 0.08, 0.1, 0.12, 0.15]
sweep_areas_m2 = [1000, 2000, 3000]

[parameters]
tolerance_m = 0.05
min_border_m = 1.0
corridor_m = 27.0 # wider than all streets but the canal, the avenue and 创业大道
zone_unit_m2 = 18000.0
block_from = "parcels"
block_hole_m2 = 7700.0
block_neck_m = 36.0
block_level_by = ["size", "parks"]
"""

_HEAD = """\
# Rule set of the sample district: made up, so that most tests have something to say.

[ruleset]
name = "sample-district"
title = "示范片区虚构规则"
jurisdiction = "江城区（虚构）"
vintage = 2026
extends = "tianjin-2024"
"""

SOURCE = """\
section = ""
quotation = ""
source = "示范片区虚构，不是任何地方的规定"
status = "general knowledge"
note = ""
"""

SCRAPS = """\
scrap.share_cap | 0.10 share <= | including | 并入的零星用地不超过项目总用地的 10%
scrap.area_cap | 2000 m2 < | | 单宗零星用地小于 3 亩
scrap.not_developable | | | 零星用地难以独立开发
scrap.same_tenure | | | 与项目用地权属性质一致
scrap.same_owner | ["江城区土地储备中心"] owner | | 与项目用地权利人一致，或已由土地储备中心收储
scrap.same_use | ["reserve","green","other"] use_class | | 与项目用地用途一致，或为空闲、绿地
scrap.forbidden_planned_use | ["二类城镇住宅用地","residential"] use | | 规划用途不是住宅
scrap.exclusion | 0 m2 <= | | 不占用生态保护红线
scrap.far_not_above | | | 规划容积率不高于项目用地
"""

FRAGMENTS = """\
fragment.min_lot.default | 1200 m2 >= | | 最小独立建设用地面积
fragment.min_lot.industrial | 1200 m2 >= | | 工业用地最小面积
fragment.min_lot.residential | 300 m2 >= | | 居住用地最小面积
fragment.min_width.default | 20 m >= | | 最小独立建设用地宽度
fragment.min_width.industrial | 20 m >= | | 工业用地最小宽度
fragment.min_width.residential | 10 m >= | | 居住用地最小宽度
fragment.min_frontage.default | 6 m >= | | 最小临路边长
fragment.min_frontage.residential | 4 m >= | | 居住用地最小临路边长
"""

LOW_USE = """\
low_use.far.industrial | 0.4 ratio >= | land area | 工业用地容积率下限
low_use.coverage.industrial | 0.2 share >= | land area | 工业用地建筑密度下限
low_use.tax.industrial | 30000 yuan/mu >= | land area | 工业用地亩均税收下限
low_use.status | ["闲置","停产","空置"] status | | 视为闲置的利用状况
"""

BLOCK_LINES = """\
block_line.industrial_share | 0.60 share >= | classified land in the block | 单个区块线内工业用地占比
block_line.total_industrial_share | 0.60 share >= | classified land in all blocks | 全部区块线内工业用地占比
block_line.m0_share | 0.20 share <= | industrial land in all blocks | 新型产业用地（M0）占工业用地比例
block_line.m0_share_of_block | 0.10 share <= | land of the block | 新型产业用地（M0）占单个区块的比例
"""  # noqa: E501 - one rule a line

M0_CAP_M2, INDUSTRY_FLOOR = 10_000, 0.46
CONVERSIONS = f"""\
conversion.m0_cap | {M0_CAP_M2} m2 <= | | 每年新增新型产业用地（M0）上限：15 亩
conversion.industry_floor | {INDUSTRY_FLOOR} share >= | land of all conversions | 年度计划中“工改工”的比例下限
"""  # noqa: E501 - one rule a line


def _record(line: str) -> str:
    """One rule of a set, from a line: id | value unit operator | denominator | title."""
    rule_id, number, denominator, title = (part.strip() for part in line.split("|"))
    value, unit, operator = (*number.split(), "", "", "")[:3]
    lines = [f"\n[rule.{rule_id}]", 'mode = "on"', f"value = {value}" if value else ""]
    texts = {"unit": unit, "operator": operator, "denominator": denominator, "title": title}
    lines += [f'{key} = "{text}"' for key, text in texts.items() if text]
    return "\n".join(filter(None, lines)) + "\n" + SOURCE


def _off(rule_id: str, unit: str) -> str:
    """Roads and canals need no area, width or frontage of a building lot."""
    line = f"{rule_id} | 0 {unit} >= | | 道路与水域不作要求"
    return _record(line).replace('mode = "on"', 'mode = "off"')


def _rules() -> str:
    on = (SCRAPS + FRAGMENTS + LOW_USE + BLOCK_LINES + CONVERSIONS).splitlines()
    off = [
        (f"fragment.{test}.{use}", unit)
        for test, unit in (("min_lot", "m2"), ("min_width", "m"), ("min_frontage", "m"))
        for use in ("transport", "water")
    ]
    return _HEAD + "".join([*map(_record, on), *(_off(*o) for o in off)])


RULES = _rules()
