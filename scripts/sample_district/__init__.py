"""The parts of the sample district: streets, lots, planted cases, attributes, files."""
