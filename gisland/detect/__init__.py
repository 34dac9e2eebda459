"""Facts and rules to verdicts: fragments, enclaves, scraps, low-use land and its zones."""
