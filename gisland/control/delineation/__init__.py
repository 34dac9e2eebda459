"""Industrial block lines drawn from the land: members, shapes, levels and the choice of blocks."""
