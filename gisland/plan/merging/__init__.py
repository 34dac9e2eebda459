"""Carry a plan out: shapes, columns and lineage; and the split of parcels."""
