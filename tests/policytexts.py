"""The collected policy facts, as far as they lie beside this checkout."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def plain(text: str) -> str:
    """Text without spaces, Markdown and LaTeX marks, and with punctuation of one width."""
    return re.sub(r"[\s*$]", "", unicodedata.normalize("NFKC", text))


def read(*names: str) -> list[str]:
    """Texts of shared files, or a skip."""
    files = [file for name in names for file in sorted(SHARED.glob(name))]
    if len(files) < len(names):
        pytest.skip(f"shared data absent: {', '.join(names)}")
    return [file.read_text("utf-8") for file in files]


def collected_rules() -> list[dict[str, Any]]:
    """The records of policy_rules.json, or a skip."""
    return json.loads(read("reference/policy_rules.json")[0])  # type: ignore[no-any-return]
