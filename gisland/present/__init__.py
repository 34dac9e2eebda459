"""What people look at: the map, the ledger, the report. Display text lives here alone."""
