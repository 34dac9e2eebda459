"""Results as files: written whole, read back, held to their contracts."""
