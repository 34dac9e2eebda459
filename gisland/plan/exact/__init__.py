"""The best plan of each component, exact: tables of sums, search, chains, conflicts."""
