"""What planners negotiate with: other plans, other caps, decisions."""
