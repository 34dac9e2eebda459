"""Made-up holders of land."""

from __future__ import annotations

from sample_district.geometry import unit

GOVERNMENT = "江城区人民政府"
_FIRST = (
    *("华兴", "永泰", "金洪", "瑞丰", "德隆", "恒昌", "宏图", "天工", "鼎盛", "远大", "汇通"),
    *("福临", "同益", "中联", "江汉", "楚天", "长江", "东湖", "龙腾", "双环", "三力", "四维"),
    *("五洲", "新锐", "启明", "镕锋", "堃泰", "博纳", "精诚", "立信", "泰和", "佳源"),
)
_TRADE = (
    *("机械", "电子", "纺织", "印务", "包装", "塑胶", "模具", "轴承", "仪表", "阀门"),
    *("铸造", "食品", "物流", "建材", "电缆", "化工", "制冷", "汽配", "家具", "五金"),
)
_FORM = ("有限公司", "有限公司", "股份有限公司", "厂")
_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = (
    *("建国", "志强", "桂兰", "秀英", "春梅", "德明", "国华", "海燕"),
    *("永福", "金凤", "小军", "玉珍", "文斌", "立新", "红霞"),
)


def company(n: int) -> str:
    """The n-th company, all different."""
    count = len(_FIRST) * len(_TRADE)
    k = (n * 277 + 41) % count  # 277 shares no factor with 640: every pair comes once
    form = _FORM[int(unit("form", n) * len(_FORM))]
    return f"江城{_FIRST[k // len(_TRADE)]}{_TRADE[k % len(_TRADE)]}{form}"


def villager(n: int) -> str:
    """The n-th villager, all different."""
    count = len(_FAMILY) * len(_GIVEN)
    k = (n * 71 + 13) % count
    return f"{_FAMILY[k // len(_GIVEN)]}{_GIVEN[k % len(_GIVEN)]}"
