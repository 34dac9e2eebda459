"""What may be merged with what, the best choice of it, and the merge itself."""
