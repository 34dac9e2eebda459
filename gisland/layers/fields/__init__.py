"""Source columns made canonical: numbers, ids, use codes, parcel codes."""
