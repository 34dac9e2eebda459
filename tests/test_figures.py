"""Figures: honest bars, flows that sum up, the same bytes, fonts found or told, nothing of data."""

from __future__ import annotations

import itertools
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import small_results
from gisland.base.errors import TableError
from gisland.present import fonts
from gisland.present.bars import bars
from gisland.present.drawing import Band, Box, Drawing, Label, inline, rendered
from gisland.present.figures import before_after_figure, report_figures, use_figure
from gisland.present.fonts import VARIABLE, NoFontError, fonts_for
from gisland.present.sheets import report
from gisland.present.style import AFTER, BEFORE, catalog
from gisland.present.usechange import classes, matrix_rows, use_tables
from gisland.present.useflow import flow

EN, ZH = catalog("en"), catalog("zh")


def chinese() -> bool:
    try:
        return bool(fonts_for(["地"]))
    except NoFontError:
        return False


needs_chinese = pytest.mark.skipif(not chinese(), reason="no font with Chinese characters")


def row(name: str, before: float | None, after: float | None, **more: object) -> dict[str, object]:
    plain = {"subject": "overall", "indicator": name, "before": before, "after": after}
    return plain | {"unit": "ratio", "denominator": "land_area"} | more


def drawn_bars(*rows: dict[str, object], texts: object = EN) -> Drawing:
    found = bars(pd.DataFrame(list(rows)), subject="overall", texts=texts)  # type: ignore[arg-type]
    assert found is not None
    return found


def lengths(drawing: Drawing, color: str) -> list[float]:
    return [s.width for s in drawing.shapes if isinstance(s, Box) and s.color == color]


def test_bars_are_as_long_as_their_values_from_zero() -> None:
    drawing = drawn_bars(row("far", 0.5, 2.0), row("coverage", 0.6, 0.3, unit="share"))
    before, after = lengths(drawing, BEFORE), lengths(drawing, AFTER)
    assert before[0] / after[0] == pytest.approx(0.25)
    assert before[1] / after[1] == pytest.approx(2.0)
    assert after[0] == pytest.approx(before[1])  # each panel has its own scale
    assert {"0.50", "2.00", "60.00%", "30.00%"} <= set(drawing.texts())


def test_a_missing_value_has_no_bar_and_tells_how_many_parcels_lack_it() -> None:
    drawing = drawn_bars(row("far", 0.5, None, missing_after=3))
    assert lengths(drawing, AFTER) == []
    assert "3 parcels lack it" in drawing.texts()
    assert EN["figure.no_value"] in drawn_bars(row("far", None, 1.0)).texts()


def test_nothing_is_drawn_of_values_that_are_not_finite() -> None:
    drawing = drawn_bars(row("far", float("inf"), 1.0))
    assert lengths(drawing, BEFORE) == []
    assert len(lengths(drawn_bars(row("far", 0.0, 0.0)), AFTER)) == 1


def test_units_and_denominators_are_told_once() -> None:
    told = drawn_bars(
        row("land_area_mu", 54.0, 55.8, unit="mu", denominator=None),
        row("tax_per_mu", 5.0, 6.0, unit="yuan/mu", denominator="land_area_mu")
        | {"denominator_before": 54.0, "denominator_after": 55.8},
    ).texts()
    assert "land area (mu)" in told
    assert "tax per mu (yuan/mu)" in told
    assert "of land area 54.000 → 55.800 mu" in told


def test_panels_take_the_first_indicator_that_is_there() -> None:
    told = drawn_bars(row("output_per_mu", 1.0, 2.0), row("tax_per_mu", 1.0, 2.0)).texts()
    assert any("output" in t for t in told)
    assert not any("tax" in t for t in told)


@needs_chinese
def test_what_has_no_data_is_named_below_the_bars() -> None:
    found = report_figures(small_results.tables(), texts=ZH)
    assert found["bars"]["note"].endswith("数据不全、未绘：绿地率。")


def bands(drawing: Drawing) -> list[Band]:
    return [s for s in drawing.shapes if isinstance(s, Band)]


@pytest.mark.parametrize("basis", ["merged", "planned"])
def test_a_flow_sums_up_on_either_side(basis: str) -> None:
    drawing = flow(small_results.use_matrix(), subject="overall", basis=basis, texts=EN)
    assert drawing is not None
    found = bands(drawing)
    boxes = [s for s in drawing.shapes if isinstance(s, Box)]
    left = sum(b.height for b in boxes if b.x < drawing.width / 2)
    right = sum(b.height for b in boxes if b.x > drawing.width / 2)
    assert left == pytest.approx(right)
    assert sum(b.thick for b in found) == pytest.approx(left)
    assert "145.950 mu · 85.95%" in drawing.texts()
    assert EN["figure.total"].format(area="169.800") in drawing.texts()
    for box in boxes:  # the bands of a class fill it, none lies outside
        own = [b for b in found if (b.x0 if box.x < 300 else b.x1) in (box.x, box.x + box.width)]
        inside = [
            b
            for b in own
            if box.y - 1e-6 <= (b.y0 if box.x < 300 else b.y1) <= box.y + box.height + 1e-6
        ]
        assert sum(b.thick for b in inside) == pytest.approx(box.height)
        tops = sorted((b.y0 if box.x < 300 else b.y1, b.thick) for b in inside)
        for (y, thick), (following, _) in itertools.pairwise(tops):
            assert y + thick == pytest.approx(following)


def test_labels_of_a_flow_do_not_lie_over_each_other() -> None:
    names = ["industrial", "logistics", "green", "water", "farm", "other"]
    rows = [
        {"subject": "s", "basis": "merged", "use_before": a, "use_after": "public"}
        | {"area_m2": 1e6 if a == "industrial" else 1.0}
        for a in names
    ]
    drawing = flow(pd.DataFrame(rows), subject="s", basis="merged", texts=EN)
    assert drawing is not None
    at = sorted(
        s.y for s in drawing.shapes if isinstance(s, Label) and s.anchor == "end" and s.y > 20
    )
    assert min(b - a for a, b in itertools.pairwise(at)) > 10
    assert at[-1] < drawing.height - 20


def test_the_matrix_sums_up_and_keeps_the_order_of_classes() -> None:
    matrix = small_results.use_matrix().sample(frac=1, random_state=7)
    mu = matrix_rows(matrix, subject="overall", basis="planned")
    assert sum(mu.values()) == pytest.approx(169.8)
    assert list(classes(mu, side=1)) == [
        *("industrial", "logistics", "commercial", "transport", "green", "not_classified"),
    ]
    planned = use_tables(matrix, subject="overall", texts=EN)[1]
    assert planned["rows"][-1]["cells"][-1] == {
        "area": "169.800",
        "share": "100.00%",
        "kind": "sum",
    }
    assert [c["kind"] for c in planned["rows"][1]["cells"]][:3] == ["", "same", ""]


def test_missing_and_unknown_classes_are_kept() -> None:
    rows = [("industrial", None, 600.0), (None, "x$y", 400.0), ("farm", "farm", None)]
    frame = pd.DataFrame(rows, columns=["use_before", "use_after", "area_m2"])
    mu = matrix_rows(frame.assign(subject="s", basis="merged"), subject="s", basis="merged")
    assert set(mu) == {("industrial", "not_classified"), ("not_classified", "x$y")}


@needs_chinese
@pytest.mark.parametrize("form", ["svg", "png"])
def test_the_same_bytes_twice(form: str) -> None:
    files = [
        before_after_figure(small_results.indicators(), subject="site:S1", form=form)
        for _ in range(2)
    ]
    files += [use_figure(small_results.use_matrix(), form=form) for _ in range(2)]
    assert files[0] == files[1] != files[2] == files[3]
    assert b"matplotlib.org" not in files[0]
    assert not re.search(rb"20\d\d-\d\d-\d\dT", files[0])


def test_pictures_in_a_page_ask_for_nothing_and_share_no_names() -> None:
    drawing = Drawing(60, 20, [Label(2, 10, "a <b> $x$"), Band(0, 0, 9, 9, 2, "#ff0000", 0.5)])
    one, other = (inline(rendered(drawing, form="svg"), name=n) for n in ("one", "two"))
    assert not re.search(r"<style|<!--|<metadata|xmlns|url\(|https?:|<b>|\$", one)
    ids, used = re.findall(r' id="([^"]*)"', one), re.findall(r'href="#([^"]*)"', one)
    assert set(ids) == set(used)
    assert len(ids) == len(set(ids)) > 0
    assert not set(ids) & set(re.findall(r' id="([^"]*)"', other))


@pytest.mark.parametrize("text", ["$a_b$ \\frac{1}{2}", "a\x00b\x07", "😀 <script>", "%s {x}"])
def test_any_text_of_the_data_is_drawn_as_text(text: str) -> None:
    rows = [{"use_before": text, "use_after": "industrial", "area_m2": 900.0}]
    frame = pd.DataFrame(rows).assign(subject="overall", basis="merged")
    file = use_figure(frame, language="en")
    assert b"<script" not in inline(file, name="a").encode()
    page = report({"use_matrix": frame}, run={}, language="en")
    assert "<script" not in page


def test_english_figures_need_no_chinese_font(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "FAMILIES", ())
    assert before_after_figure(small_results.indicators(), language="en")
    with pytest.raises(NoFontError, match=r"no font with Chinese characters.*fonts-noto-cjk"):
        before_after_figure(small_results.indicators(), language="zh")


@pytest.mark.parametrize(
    ("language", "told"),
    [("zh", "未绘图：本机没有中文字体。可安装 Noto Sans CJK SC、"), ("en", "no data")],
)
def test_a_report_without_fonts_says_which_would_do(
    language: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "FAMILIES", ())
    page = report(small_results.tables(), run=small_results.run(), language=language)
    assert (told in page) == (language == "zh")
    assert ('aria-label="改造前后主要指标"' in page) is False
    assert "GISLAND_FONT" in page or language == "en"


def test_a_font_may_be_named_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    (plain,) = fonts_for(["a"])
    monkeypatch.setenv(VARIABLE, plain.file)
    assert fonts_for(["地"])[0].file == plain.file
    monkeypatch.setenv(VARIABLE, "/no/such.ttf")
    with pytest.raises(NoFontError, match=r"names '/no/such\.ttf', which is no font file"):
        fonts_for(["a"])
    page = report(small_results.tables(), run=small_results.run(), language="zh")
    assert "环境变量 GISLAND_FONT 指定的 /no/such.ttf 不是可读的字体文件" in page


@needs_chinese
def test_chinese_is_drawn_in_the_chinese_font_without_boxes() -> None:
    found = fonts_for(["用地 FAR"])
    assert found[0].family in fonts.FAMILIES
    assert fonts.drawable(found, "用地面积（m²）→—·≤")[1] == "用地面积（m²）→—·≤"


def test_subjects_that_are_not_there_are_refused() -> None:
    with pytest.raises(TableError, match="nothing to draw for 'site:X'"):
        before_after_figure(small_results.indicators(), subject="site:X")
    with pytest.raises(TableError, match="no land of 'site:S2' on the basis 'planned'"):
        use_figure(small_results.use_matrix(), subject="site:S2", basis="planned")
    with pytest.raises(ValueError, match="form is 'gif'"):
        use_figure(small_results.use_matrix(), form="gif")


def test_tables_without_the_new_columns_are_drawn() -> None:
    old = small_results.indicators()[
        ["subject", "indicator", "before", "after", "delta", "unit", "denominator"]
    ]
    assert before_after_figure(old, language="en")
    assert report_figures({"indicators": old.iloc[:0]}, texts=EN) == {"bars": None, "flows": {}}


def test_drawing_leaves_the_settings_of_matplotlib_alone() -> None:
    import matplotlib as mpl  # noqa: PLC0415

    logger = logging.getLogger("matplotlib")
    before = (dict(mpl.rcParams), logger.level)
    before_after_figure(small_results.indicators(), language="en")
    assert (dict(mpl.rcParams), logger.level) == before


def test_a_missing_home_is_no_reason_to_speak(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from gisland.present.drawing import Drawing, Label, rendered\n"
        "assert rendered(Drawing(40, 20, [Label(2, 10, 'a')]), form='svg')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    root = Path(__file__).resolve().parents[1]
    blocked = tmp_path / "file"
    blocked.write_text("no folder", "utf-8")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "MPL"))}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=kept | {"HOME": str(blocked / "home"), "PYTHONPATH": str(root)},
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
