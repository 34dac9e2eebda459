"""Amounts and ratios of sites, zones, units and the whole, before and after."""
