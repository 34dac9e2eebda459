"""All pages as one HTML file that asks for nothing: contents at the side, search, print."""

from __future__ import annotations

import base64
import hashlib
import html
import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markdown_it.token import Token

HERE = Path(__file__).resolve().parent
KINDS = {".png": "image/png", ".jpg": "image/jpeg", ".svg": "image/svg+xml"}
DEEPEST = 3  # headings that stand in the contents at the side
_MADE = re.compile(r"\A<!-- Made by .*? -->\n")


@dataclass
class Page:
    """One page: its path in the repository, id in the file, and headings by anchor."""

    path: str
    anchor: str
    tokens: list[Token]
    heads: list[tuple[int, str, str]] = field(default_factory=list)  # level, id, text

    @property
    def title(self) -> str:
        """First heading, or the path; Chinese pages say so where the heading is a name."""
        title = self.heads[0][2] if self.heads else self.path
        return f"{title} (中文)" if title.isascii() and self.path.endswith(".zh.md") else title


def whole_page(sources: Mapping[str, str], *, root: Path) -> str:
    """The HTML of all pages.

    `sources` are Markdown texts by path; pictures that they name are read below `root`.
    """
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    pages = [
        Page(path, _anchor_of(path), markdown.parse(_MADE.sub("", text)))
        for path, text in sources.items()
    ]
    for page in pages:
        _name_headings(page)
    by_path = {page.path: page for page in pages}
    bodies = []
    for page in pages:
        for token in page.tokens:
            for child in token.children or []:
                _settle(child, page, by_path, root=root)
        shown = markdown.renderer.render(page.tokens, markdown.options, {})
        shown = shown.replace("<table>", '<div class="wide"><table>')
        shown = shown.replace("</table>", "</table></div>")
        bodies += [f'<section id="{page.anchor}">\n{shown}</section>\n']
    style = (HERE / "pages.css").read_text("utf-8")
    script = (HERE / "pages.js").read_text("utf-8")
    return _FRAME.format(
        policy=_policy(script, style),
        style=style,
        contents="".join(map(_contents, pages)),
        body="".join(bodies),
        script=script,
    )


_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>gisland: reference</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#main">Skip the contents</a>
<nav aria-label="Contents">
<label for="find">Search · 查找</label>
<input id="find" type="search" autocomplete="off" spellcheck="false">
<p id="told" role="status"></p>
<ol id="hits"></ol>
<div id="contents">
{contents}</div>
</nav>
<main id="main">
{body}</main>
<script>{script}</script>
</body>
</html>
"""


def slug(text: str) -> str:
    """Anchor of a heading, as code hosts make it."""
    kept = "".join(c for c in text.strip().lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def _policy(script: str, style: str) -> str:
    """Nothing is fetched, and only the script and style of this page are run."""
    told = [base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() for t in (script, style)]
    return (
        f"default-src 'none'; img-src data:; script-src 'sha256-{told[0]}';"
        f" style-src 'sha256-{told[1]}'; base-uri 'none'; form-action 'none'"
    )


def _anchor_of(path: str) -> str:
    return slug(path.removeprefix("docs/").removesuffix(".md").replace("/", "-").replace(".", "-"))


def _name_headings(page: Page) -> None:
    """Give each heading an id: that of its page and its text, numbered where it comes again."""
    seen: dict[str, int] = {}
    for opening, inline in zip(page.tokens, page.tokens[1:], strict=False):
        if opening.type == "heading_open":
            text = "".join(
                c.content for c in inline.children or [] if c.type in {"text", "code_inline"}
            )
            name = slug(text)
            number = seen.get(name, 0)
            seen[name] = number + 1
            anchor = f"{page.anchor}.{name}{f'-{number}' if number else ''}"
            opening.attrSet("id", anchor)
            page.heads.append((int(opening.tag[1]), anchor, text))


def _settle(token: Token, page: Page, pages: Mapping[str, Page], *, root: Path) -> None:
    """Links between pages lead within the file; pictures are carried in it."""
    if token.type == "image":
        name = _path_of(str(token.attrGet("src")), page)
        file = root / name
        kind = KINDS.get(Path(name).suffix.lower())
        if kind is None or not file.is_file():
            raise FileNotFoundError(f"{page.path} shows {name}, which is not there")
        data = base64.b64encode(file.read_bytes()).decode()
        token.attrSet("src", f"data:{kind};base64,{data}")
    if token.type == "link_open":
        target = str(token.attrGet("href"))
        if urlsplit(target).scheme in {"http", "https"}:
            token.attrSet("rel", "noreferrer")
            return
        found = pages.get(_path_of(target, page))
        if found is None:  # another file of the repository: told, but no link out of this file
            token.attrs.pop("href")
            token.attrSet("title", _path_of(target, page))
        else:
            part = unquote(urlsplit(target).fragment)
            token.attrSet("href", f"#{found.anchor}{f'.{part}' if part else ''}")


def _path_of(target: str, page: Page) -> str:
    path = unquote(urlsplit(target).path)
    if not path:
        return page.path
    return posixpath.normpath(posixpath.join(posixpath.dirname(page.path), path))


def _contents(page: Page) -> str:
    lines = [
        f'<li class="h{level}"><a href="#{html.escape(anchor)}">{html.escape(text)}</a></li>\n'
        for level, anchor, text in page.heads
        if 1 < level <= DEEPEST
    ]
    head = f'<a href="#{page.anchor}">{html.escape(page.title)}</a>'
    inner = f"<ul>\n{''.join(lines)}</ul>\n" if lines else ""
    return f"<details><summary>{head}</summary>\n{inner}</details>\n"
