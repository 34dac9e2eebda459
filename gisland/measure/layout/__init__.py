"""How land is parted: pieces, their shapes and their owners."""
