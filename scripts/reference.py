"""Write the generated pages of docs/ and the whole reference as one offline page.

    python3 scripts/dev.py reference          docs/*.md, docs/rules/*.md, out/reference/index.html
    python3 scripts/reference.py --check      say which pages are not up to date (exit code 1)

The pages come from the package itself: docstrings, the table contract, the catalogs, the rule sets.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from pages.api import api_page
from pages.glossary import glossary_page
from pages.html import whole_page
from pages.parameters import parameters_page
from pages.rules import rule_pages
from pages.tables import tables_page

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
OUT = ROOT / "out" / "reference" / "index.html"
COMMAND = "python3 scripts/dev.py reference"
ORDER = (  # of the whole page; what is not there is left out, what is not named comes last
    *("README.md", "README.zh.md", "docs/guide.md", "docs/guide.zh.md", "docs/proof.md"),
    *("docs/limits.md", "docs/changing.md", "docs/platforms.md", "docs/api.md", "docs/tables.md"),
    *("docs/parameters.md", "docs/glossary.md", "docs/rules/README.md"),
)


def generated() -> dict[str, str]:
    """Text of the generated pages by their path below docs/."""
    pages = {
        "api.md": api_page(),
        "glossary.md": glossary_page(),
        "parameters.md": parameters_page(),
        "tables.md": tables_page(),
    }
    return pages | {f"rules/{name}": text for name, text in rule_pages().items()}


def stale(pages: Mapping[str, str]) -> list[str]:
    """Generated pages that are not in docs/ as they should be, and pages that should not be."""
    wrong = [name for name, text in pages.items() if _read(DOCS / name) != text]
    here = {p.relative_to(DOCS).as_posix() for p in DOCS.glob("rules/*.md")}
    return sorted({*wrong, *(here - set(pages))})


def sources() -> Iterator[tuple[str, str]]:
    """Path and text of all pages of the reference, in the order of reading."""
    found = {
        p.relative_to(ROOT).as_posix() for p in [*DOCS.rglob("*.md"), *ROOT.glob("README*.md")]
    }
    for name in [*(n for n in ORDER if n in found), *sorted(found - set(ORDER))]:
        yield name, (ROOT / name).read_text("utf-8")


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""


def write(path: Path, text: str) -> None:
    """Write a page, the same bytes on every system."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")


def main() -> int:
    """Write all pages, or check those of docs/."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    if parser.parse_args().check:
        old = stale(generated())
        for name in old:
            print(f"docs/{name} is not up to date")
        print(f"run {COMMAND}" if old else "all pages are up to date")
        return bool(old)
    pages = generated()
    for name in stale(pages):
        if name in pages:
            write(DOCS / name, pages[name])
        else:
            (DOCS / name).unlink()
        print(f"docs/{name}")
    write(OUT, whole_page(dict(sources()), root=ROOT))
    print(f"{OUT.relative_to(ROOT).as_posix()} ({OUT.stat().st_size / 1e6:.1f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
