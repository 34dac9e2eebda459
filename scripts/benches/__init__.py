"""What bench.py measures, a module for each kind, and what they share."""
