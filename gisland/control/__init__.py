"""Block lines held against their rules."""
