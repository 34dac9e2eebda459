"""What short programs around the library share: layers ready to use, mistakes told in one line."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from gisland.base.consoles import soften
from gisland.base.errors import GislandError
from gisland.base.parameters import Parameters
from gisland.base.phrases import count_of, first_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import geopandas as gpd

DONE, UNUSABLE, OUR_FAULT, INTERRUPTED = 0, 2, 70, 130
MOST_IDS = 10


def run_program(main: Callable[[], object]) -> NoReturn:
    """Run a program and end it: a user's mistake is one message and exit code 2.

    Signs that the console cannot show are written plainly, which code pages of Windows need.

    Parameters
    ----------
    main
        The program; what it returns is not looked at.

    Raises
    ------
    SystemExit
        Always. Code 0: done; 2: `GislandError`; 130: interrupted; 70: a fault of the program or
        of gisland, which is told whole.

    Examples
    --------
    >>> try:
    ...     run_program(lambda: None)
    ... except SystemExit as end:
    ...     print(end.code)
    0
    """
    soften((sys.stdout, sys.stderr))
    name = Path(sys.argv[0]).name or "gisland"
    try:
        main()
        sys.stdout.flush()
    except GislandError as error:
        sys.stderr.write(f"{name}: {error}\n")
        raise SystemExit(UNUSABLE) from None
    except KeyboardInterrupt:
        sys.stderr.write(f"{name}: interrupted\n")
        raise SystemExit(INTERRUPTED) from None
    except Exception:  # noqa: BLE001 - told whole, and never taken for a mistake of the user
        traceback.print_exc()
        raise SystemExit(OUR_FAULT) from None
    raise SystemExit(DONE)


def read_parcels(
    path: str | Path,
    *,
    fields: Iterable[str] = (),
    crs: str | None = None,
    tell: Callable[[str], object] = str,
) -> gpd.GeoDataFrame:
    """Read one parcel layer for an analysis of one's own: metric, valid, by id.

    Columns of known names are mapped as `project_of` maps them, others pass through; polygons
    that cross themselves are mended, rows that cannot be used are left out.

    Parameters
    ----------
    path
        Any vector file; one of several layers of a file is ``city.gpkg#lots``.
    fields
        Columns that names do not tell, such as ``owner=HOLDER``.
    crs
        Metric CRS to work in; by default that of the layer, or one that fits it.
    tell
        Called with a sentence on what was mended, left out or made.

    Returns
    -------
    geopandas.GeoDataFrame
        By ``parcel_id``, sorted, as ``load_inputs`` reads it.

    Raises
    ------
    GislandError
        If the layer cannot be used.

    Examples
    --------
    >>> from gisland.jobs import sample_folder
    >>> len(read_parcels(sample_folder() / "parcels.shp"))
    647
    """
    from gisland.base.schema import usable  # noqa: PLC0415 - heavy, as all below
    from gisland.layers.given import project_of  # noqa: PLC0415
    from gisland.layers.read import load_inputs  # noqa: PLC0415
    from gisland.topology.repair import repair  # noqa: PLC0415

    named = fields if isinstance(fields, str) else [f"parcels.{field}" for field in fields]
    project = project_of({"parcels": path}, fields=named, crs=crs)
    parcels = load_inputs(project).inputs.parcels
    if "parcel_id" not in project.layers["parcels"].fields:
        tell(
            f"{path}: no column of ids is known, so ids are made from where parcels lie and hold"
            " for this file alone; if there is one, name it: parcel_id=COLUMN"
        )
    mended, _, _ = repair(parcels, parameters=Parameters(repair=("invalid_geometry",)))
    crossed = int((~usable(parcels.geometry) & usable(mended.geometry)).sum())
    if crossed:
        tell(f"{path}: mended {count_of(crossed, 'polygon')} with crossing edges")
    twice = mended.index.isna() | mended.index.duplicated(keep=False)
    if twice.any():
        tell(f"{path}: left out {count_of(int(twice.sum()), 'row')} with a missing or repeated id")
    good = mended[usable(mended.geometry).to_numpy() & ~twice]
    lost = mended.index[~usable(mended.geometry).to_numpy() & ~twice]
    if len(lost):
        named_ids = first_of([str(i) for i in lost], most=MOST_IDS)
        tell(f"{path}: left out {count_of(len(lost), 'row')} without usable geometry: {named_ids}")
    return good
