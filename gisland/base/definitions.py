"""Numbers of the definitions that are no parameters; detection, proof and words agree on them."""

from __future__ import annotations

STRICT_SHARE = 0.9995  # 1.000 at the three decimals that shares are reported with
STRICT_M = 0.1  # or all but this: a joint between those around may be as wide as the tolerance
WAY_OUT_M = 3.0  # boundary through which a lorry gets out; with less there is no way out
SEPARATED_SHARE = 0.9  # of a border along a corridor: what is left is where its line was cut off
CUT_SHARE = 0.01  # of a parcel: a line cuts it if so much lies on either side; less is noise
ROUNDING_SHARE = 0.02  # what tolerances at corners may take of a boundary wholly along others
SHARE_NOISE = 1e-9  # shares of lengths that add up to nothing but for their rounding
AREA_SLACK_M2 = 0.005  # areas are compared at 0.01 m²: what rounds to the limit reaches it
