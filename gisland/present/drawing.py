"""A sheet of rectangles, bands and texts, drawn by matplotlib without its global state."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gisland.present.fonts import Font, drawable, fonts_for, quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMS = ("svg", "png")
DPI = 144  # of a picture in pixels; a unit of the sheet is 1/72 inch
SALT = "gisland"  # names inside an SVG follow from it and from what they name
SETTINGS: Any = {
    "svg.hashsalt": SALT,
    "svg.fonttype": "path",  # the page has no fonts, and none of the readers' may be asked for
    "text.parse_math": False,  # a dollar in a name is a dollar
    "path.simplify": False,
}
SVG_TELLS: Any = dict.fromkeys(("Date", "Creator", "Format", "Type"))  # nothing
PNG_TELLS: Any = {"Software": None}
ALIGNED = {"start": "left", "middle": "center", "end": "right"}


@dataclass(frozen=True)
class Box:
    """A rectangle, its upper left corner first; `edge` is the color of its outline."""

    x: float
    y: float
    width: float
    height: float
    color: str
    edge: str = "none"


@dataclass(frozen=True)
class Band:
    """A band from one upright line to another: x, top and height at either end."""

    x0: float
    y0: float
    x1: float
    y1: float
    thick: float
    color: str
    opacity: float


@dataclass(frozen=True)
class Label:
    """One line of text; `y` is its middle, `anchor` start, middle or end."""

    x: float
    y: float
    text: str
    size: float = 11.0
    color: str = "#1c2730"
    anchor: str = "start"


Shape = Box | Band | Label


@dataclass(frozen=True)
class Drawing:
    """Shapes in the order in which they are drawn, y running down.

    Parameters
    ----------
    width, height
        Size in points.
    shapes
        What is drawn.
    """

    width: float
    height: float
    shapes: Sequence[Shape] = field(default_factory=tuple)

    def texts(self) -> list[str]:
        """All texts of the drawing.

        Returns
        -------
        list of str
            In the order in which they are drawn.
        """
        return [s.text for s in self.shapes if isinstance(s, Label)]


def rendered(drawing: Drawing, *, form: str) -> bytes:
    """A drawing as an SVG file with texts as outlines, or as a PNG file.

    Parameters
    ----------
    drawing
        What to draw. Characters that no font has become question marks.
    form
        ``svg`` or ``png``.

    Returns
    -------
    bytes
        The same for the same input and the same font; without date.

    Raises
    ------
    NoFontError
        If Chinese text is to be drawn and there is no font for it.
    ValueError
        For another form.

    Examples
    --------
    >>> rendered(Drawing(40, 20, [Label(2, 10, "a")]), form="png")[1:4]
    b'PNG'
    """
    if form not in FORMS:
        raise ValueError(f"form is {form!r}; use one of {', '.join(FORMS)}")
    fonts = fonts_for(drawing.texts())
    with quiet():
        import matplotlib as mpl  # noqa: PLC0415 - heavy
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
        from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415
        from matplotlib.figure import Figure  # noqa: PLC0415

        with mpl.rc_context():
            mpl.rcdefaults()  # nobody's own settings
            mpl.rcParams.update(SETTINGS)
            figure = Figure(figsize=(drawing.width / 72, drawing.height / 72), dpi=72)
            axes = figure.add_axes((0, 0, 1, 1))
            axes.set_axis_off()
            axes.set_xlim(0, drawing.width)
            axes.set_ylim(drawing.height, 0)
            for shape in drawing.shapes:
                if isinstance(shape, Label):
                    font, text = drawable(fonts, shape.text)
                    _write(axes, shape, text=text, font=font)
                else:
                    axes.add_artist(_patch(shape))
            written = io.BytesIO()
            canvas = FigureCanvasSVG if form == "svg" else FigureCanvasAgg
            canvas(figure)
            plain = SVG_TELLS if form == "svg" else PNG_TELLS
            dpi = 72 if form == "svg" else DPI
            figure.savefig(written, format=form, dpi=dpi, metadata=plain)
    return written.getvalue()


def inline(svg: bytes, *, name: str) -> str:
    """An SVG file as an element of a page.

    What a page must not have is taken out: the head of a file, name spaces, comments, rules of
    style that would hold for the whole page, and names that two pictures could share.

    Parameters
    ----------
    svg
        From `rendered`.
    name
        Begins the names inside the picture; other than those of other pictures of the page.

    Returns
    -------
    str
        Markup. Texts are outlines in it, so that it holds nothing of the data.

    Examples
    --------
    >>> inline(rendered(Drawing(40, 20), form="svg"), name="a")[:31]
    '<svg viewBox="0 0 40 20" stroke'
    """
    text = svg.decode("utf-8")
    size = re.search(r'viewBox="([^"]*)"', text)
    body = text[text.index("<svg") :]
    body = body[body.index(">") + 1 : body.rindex("</svg>")]
    body = re.sub(
        r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", "", body, flags=re.DOTALL
    )
    body = re.sub(r' id="([^"]*)"', lambda m: _named(m, body), body)
    names = {n: f"{name}-{i}" for i, n in enumerate(re.findall(r' id="([^"]*)"', body))}
    body = re.sub(r' id="([^"]*)"', lambda m: f' id="{names[m[1]]}"', body)
    body = re.sub(r'xlink:href="#([^"]*)"', lambda m: f'href="#{names[m[1]]}"', body)
    body = re.sub(r"translate\([^)]*\)", _shorter, body)
    body = re.sub(r"<defs>\s*</defs>", "", body)
    body = re.sub(r"\s+", " ", body).replace("> <", "><")
    box = size.group(1) if size else ""
    return f'<svg viewBox="{box}" stroke-linejoin="round">{body}</svg>'


def _named(found: re.Match[str], body: str) -> str:
    """Names that something refers to; the others go."""
    return found[0] if f'"#{found[1]}"' in body else ""


def _shorter(found: re.Match[str]) -> str:
    """Places to a hundredth of a point."""
    return re.sub(r"\d+\.\d{3,}", lambda m: f"{float(m[0]):.2f}", found[0])


def _write(axes: Any, label: Label, *, text: str, font: Font) -> None:  # noqa: ANN401 - matplotlib
    axes.text(
        label.x,
        label.y,
        text,
        fontproperties=font.properties(size=label.size),
        color=label.color,
        ha=ALIGNED[label.anchor],
        va="center_baseline",
        clip_on=False,
    )


def _patch(shape: Box | Band) -> Any:  # noqa: ANN401 - matplotlib
    from matplotlib.patches import PathPatch, Rectangle  # noqa: PLC0415 - heavy
    from matplotlib.path import Path  # noqa: PLC0415

    if isinstance(shape, Box):
        corner, size = (shape.x, shape.y), (shape.width, shape.height)
        patch: Any = Rectangle(corner, *size, facecolor=shape.color, edgecolor=shape.edge)
        patch.set_linewidth(0.0 if shape.edge == "none" else 0.8)
    else:
        s, middle = shape, (shape.x0 + shape.x1) / 2
        points = [(s.x0, s.y0), (middle, s.y0), (middle, s.y1), (s.x1, s.y1)]
        points += [(s.x1, s.y1 + s.thick), (middle, s.y1 + s.thick)]
        points += [(middle, s.y0 + s.thick), (s.x0, s.y0 + s.thick), (s.x0, s.y0)]
        codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
        patch = PathPatch(Path(points, codes), facecolor=s.color, alpha=s.opacity, linewidth=0.0)
        patch.set_edgecolor("none")
    patch.set_clip_on(False)
    return patch
