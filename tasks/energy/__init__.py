"""Energy: how well a model says tomorrow's load, and above all its peak."""
