"""What lies in block lines: shares, uses, parts of parcels, verdicts."""
