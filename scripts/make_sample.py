"""Make the sample district: a made-up industrial district with planted, documented cases.

The same files come out byte for byte at every run.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sample_district.district import District
from sample_district.files import write_layers
from sample_district.readme import readme
from sample_district.texts import PROJECT, RULES
from sample_district.truth import truth_csv

DEFAULT = Path(__file__).resolve().parent.parent / "data" / "sample"


def main(arguments: list[str] | None = None) -> None:
    """Write all files of the sample district into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=DEFAULT,
        help="folder to write into, made if need be (default: data/sample)",
    )
    folder: Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    district = District()
    write_layers(district, folder)
    texts = {
        "gisland.toml": PROJECT,
        "rules.toml": RULES,
        "truth.csv": truth_csv(district),
        "README.md": readme(district),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{len(district.parcels)} parcels, {size / 1e6:.2f} MB in {folder}")


if __name__ == "__main__":
    main()
