"""Geometric facts, no policy: borders, checks, repair, shape, overlay."""
