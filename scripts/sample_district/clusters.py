"""All planted clusters by cell of the street grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sample_district.choices import CHOICES
from sample_district.enclaves import ENCLAVES
from sample_district.sites import SITES

if TYPE_CHECKING:
    from sample_district.plants import Cluster


def clusters() -> dict[tuple[int, int], Cluster]:
    """Clusters by cell of the street grid."""
    return {**SITES, **CHOICES, **ENCLAVES}
