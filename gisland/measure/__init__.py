"""Numbers before and after."""
