"""Densities on a grid."""
