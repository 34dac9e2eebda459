"""Where layers lie: their CRS, how far it holds, why two do not meet."""
