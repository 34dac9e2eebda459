"""What a page in Markdown holds: headings, blocks of code, links, numbers, commands."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[1]
_FENCE = re.compile(r"(?ms)^```(\w*)\n(.*?)^```$")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_INLINE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Page:
    """One page, by its path from the root of the project."""

    name: str

    @property
    def path(self) -> Path:
        return ROOT / self.name

    @cached_property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @cached_property
    def prose(self) -> str:
        """All but the blocks of code."""
        return _FENCE.sub("", self.text)

    @property
    def headings(self) -> list[tuple[int, str]]:
        found = re.findall(r"(?m)^(#+) (.+)$", self.prose)
        return [(len(marks), title) for marks, title in found]

    @property
    def anchors(self) -> set[str]:
        """Names under which browsers of Markdown let its headings be linked to."""
        kept = (re.sub(r"[^\w\- ]", "", title.lower()) for _, title in self.headings)
        counts: Counter[str] = Counter()
        found = set(re.findall(r'\b(?:id|name)="([^"]+)"', self.prose))
        for title in kept:
            name = title.replace(" ", "-")
            found.add(f"{name}-{counts[name]}" if counts[name] else name)
            counts[name] += 1
        return found

    def blocks(self, language: str) -> list[str]:
        return [code for name, code in _FENCE.findall(self.text) if name == language]

    @property
    def bare_blocks(self) -> list[tuple[str, list[str]]]:
        """All blocks of code without their comments, by language."""
        found = _FENCE.findall(self.text)
        return [(name, [without_comment(x) for x in code.splitlines()]) for name, code in found]

    @property
    def links(self) -> list[str]:
        """Targets in the project, as written, with their anchors."""
        return [target for target in _LINK.findall(self.prose) if not re.match(r"[a-z]+:", target)]

    @property
    def numbers(self) -> list[str]:
        plain = re.sub(r"\]\([^)]*\)", "]", self.prose)
        return sorted(_NUMBER.findall(plain))

    @property
    def inline(self) -> list[str]:
        return _INLINE.findall(self.prose)

    @property
    def commands(self) -> list[str]:
        """Each call of gisland, in blocks and in sentences; a bare name of a command as well."""
        lines = [line for code in self.blocks("sh") for line in code.splitlines()]
        return [text for text in (*lines, *self.inline) if text.startswith("gisland ")]

    @property
    def rendered(self) -> str:
        return MarkdownIt("commonmark").enable("table").render(self.text)


def without_comment(line: str) -> str:
    return re.sub(r"(^|\s+)#(?!\w).*$", "", line)


def follow(page: Page, target: str) -> str:
    """What is wrong with a link of a page; nothing if it leads somewhere."""
    name, _, anchor = target.partition("#")
    path = (page.path.parent / name).resolve() if name else page.path
    if not path.exists():
        return f"{page.name}: {target}: there is no such file"
    if anchor and anchor not in Page(path.relative_to(ROOT).as_posix()).anchors:
        return f"{page.name}: {target}: there is no such heading"
    return ""
