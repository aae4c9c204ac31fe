"""context: plots."""
