"""Pages that carry everything they need: folium and branca without a single request."""

from __future__ import annotations

import base64
import html
import json
import mimetypes
import re
from functools import cache
from importlib import metadata, resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from branca.element import CssLink, Element, Figure, JavascriptLink
from folium import LayerControl

from gisland.base.errors import OutputError
from gisland.present.harmless import make_harmless
from gisland.present.style import LANGUAGE_TAGS

if TYPE_CHECKING:
    from collections.abc import Iterable

# The names under which folium registers its links, and the file of XStatic-Leaflet that replaces
# each; None: not used by gisland's maps (icons, HTML popups) and left out on purpose.
COPIES: MappingProxyType[str, str | None] = MappingProxyType(
    {
        "leaflet": "leaflet.js",
        "leaflet_css": "leaflet.css",
        "jquery": None,
        "bootstrap": None,
        "bootstrap_css": None,
        "awesome_markers": None,
        "awesome_markers_css": None,
        "awesome_markers_font_css": None,
        "awesome_rotate_css": None,
        "glyphicons_css": None,
    }
)
# The browser itself refuses any request, also one that no test has thought of.
IMAGES = "img-src data:"
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline';"
    f" {IMAGES}; base-uri 'none'; form-action 'none'"
)
_LEAFLET = "XStatic-Leaflet"
# What could end the script element or open a comment in it, and what old parsers read as a line.
_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


class Raw(Element):
    """Markup that is written as it is.

    branca compiles the text of its own elements as a Jinja template; text from data must never
    come near that.

    Parameters
    ----------
    markup
        HTML, CSS or JavaScript, already safe for its place.

    Examples
    --------
    >>> Raw("{{ 7 * 7 }}").render()
    '{{ 7 * 7 }}'
    """

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.markup = markup

    def render(self, **_kwargs: Any) -> str:  # noqa: ANN401 - branca's signature
        """Markup, untouched.

        Returns
        -------
        str
            As given.
        """
        return self.markup


class OfflineFigure(Figure):
    """Figure whose page loads nothing: links become inline copies, unknown links are refused.

    Parameters
    ----------
    title
        Title of the page; any text, it is escaped.
    language
        ``zh`` or ``en``.

    Examples
    --------
    >>> import folium
    >>> figure = OfflineFigure(title="A <b>", language="en")
    >>> _ = figure.add_child(folium.Map(location=[30.5, 114.3], tiles=None))
    >>> page = figure.render()
    >>> "<title>A &lt;b&gt;</title>" in page, "<link" in page, "<script src" in page
    (True, False, False)
    """

    def __init__(self, *, title: str, language: str) -> None:
        super().__init__(title=title)
        self.page_title = title
        self.language = language
        self.allow_images(())

    def allow_images(self, sources: Iterable[str]) -> None:
        """Let the page load images from elsewhere, and from nowhere else than named now.

        Parameters
        ----------
        sources
            As in a content security policy: plain origins and keywords, not text from data.
        """
        images = " ".join([IMAGES, *sorted(sources)])
        content = POLICY.replace(IMAGES, images)
        policy = f'<meta http-equiv="Content-Security-Policy" content="{content}">'
        self.header.add_child(Raw(policy), name="policy")

    def render(self, **kwargs: Any) -> str:  # noqa: ANN401 - branca's signature
        """Write the whole page.

        Parameters
        ----------
        **kwargs
            Passed on to the children, as branca does.

        Returns
        -------
        str
            HTML.

        Raises
        ------
        OutputError
            If a child needs a script, style or icon that has no offline copy.
        """
        parts = (self.header, self.html, self.script)
        before = [part._children.copy() for part in parts]  # noqa: SLF001 - branca has no accessor
        try:
            return self._page(**kwargs)
        finally:  # or folium's elements would stand in the page once more each time
            for part, children in zip(parts, before, strict=True):
                part._children = children  # noqa: SLF001 - see above

    def _page(self, **kwargs: Any) -> str:  # noqa: ANN401 - branca's signature
        for child in list(self._children.values()):
            _controls_last(child)
            make_harmless(child)
            child.render(**kwargs)
        for name, element in list(self.header._children.items()):  # noqa: SLF001 - branca has no accessor
            if isinstance(element, (JavascriptLink, CssLink)):
                self.header.add_child(Raw(_copy(name, element.url)), name=name)
        return (
            f'<!DOCTYPE html>\n<html lang="{LANGUAGE_TAGS[self.language]}">\n<head>\n'
            f"<title>{html.escape(_clean(self.page_title))}</title>\n{self.header.render(**kwargs)}\n"
            f"</head>\n<body>\n{self.html.render(**kwargs)}\n"
            f"<script>\n{self.script.render(**kwargs)}\n</script>\n</body>\n</html>\n"
        )


def data_block(name: str, data: object) -> str:
    r"""Data as an inert script element that the page's own script reads as JSON.

    Parameters
    ----------
    name
        Id of the element; a plain word, not text from data.
    data
        Anything JSON holds; no NaN. Half surrogate pairs become ``?``.

    Returns
    -------
    str
        HTML in which no text of `data` can end the element.

    Examples
    --------
    >>> data_block("d", ["</script>"])
    '<script type="application/json" id="d">["\\u003c/script\\u003e"]</script>'
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    inert = _clean(text).translate(_ESCAPES)
    return f'<script type="application/json" id="{name}">{inert}</script>'


@cache
def asset(name: str) -> str:
    """First-party script or style, as the element that carries it.

    Parameters
    ----------
    name
        File in ``present/assets``: ``*.js`` or ``*.css``.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> asset("gisland.css")[:7]
    '<style>'
    """
    text = (resources.files("gisland.present") / "assets" / name).read_text("utf-8")
    return _script(text) if name.endswith(".js") else f"<style>\n{text}</style>"


def _controls_last(element: Element) -> None:
    """Let the list of layers know those that were added after it."""
    children = element._children  # noqa: SLF001 - branca has no accessor
    for name in [n for n, child in children.items() if isinstance(child, LayerControl)]:
        children.move_to_end(name)


def _clean(text: str) -> str:
    """Text without half surrogate pairs, which no file in UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _copy(name: str, url: str) -> str:
    if name not in COPIES:
        raise OutputError(
            f"map: there is no offline copy of {name!r} ({url})",
            do="leave the plugin out, or add its file to gisland.present.offline.COPIES",
        )
    file = COPIES[name]
    if file is None:
        return ""
    text = _leaflet(file).read_text("utf-8")
    return _script(text) if file.endswith(".js") else f"<style>\n{_with_images(text)}</style>"


def _leaflet(name: str) -> metadata.PackagePath:
    """File of the installed Leaflet, by its path in the folder of leaflet.js."""
    try:
        listed = metadata.files(_LEAFLET) or []
    except metadata.PackageNotFoundError:
        listed = []
    for file in listed:
        if str(file).endswith(f"/leaflet/data/{name}"):
            return file
    raise OutputError(
        f"map: {name} of {_LEAFLET} is not installed", do=f"reinstall {_LEAFLET.lower()}"
    )


def _script(text: str) -> str:
    # A source map would be asked for as soon as somebody opens the developer tools.
    quiet = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)
    inner = re.sub(r"</(?=script)", r"<\\/", quiet, flags=re.IGNORECASE)
    return f"<script>\n{inner}</script>"


def _with_images(css: str) -> str:
    """Style sheet of Leaflet with its images written into it."""

    def inline(match: re.Match[str]) -> str:
        url = match.group(1).strip("'\" ")
        if url.startswith(("data:", "#")):
            return match.group(0)
        image = base64.b64encode(_leaflet(url).read_binary()).decode()
        return f"url(data:{mimetypes.guess_type(url)[0]};base64,{image})"

    return re.sub(r"url\(([^)]*)\)", inline, css)
