"""Buildings: floor areas, and the parcels that they stand on."""
