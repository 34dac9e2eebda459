"""Two dates of a parcel layer compared."""
