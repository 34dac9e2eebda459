"""The ground: errors, units, coordinate systems, contracts, rule sets. Imports nothing of ours."""
