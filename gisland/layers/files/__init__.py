"""Opening files: formats, encodings, sheets, and geometry made plain."""
