"""What the plan limits, and the floor area that follows from it."""
