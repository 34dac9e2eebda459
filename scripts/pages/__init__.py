"""The pages of the reference, a module for each kind, and what they share."""
