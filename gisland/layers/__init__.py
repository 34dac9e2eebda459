"""Reading and writing: the only wing that opens files."""
