"""data: plots."""
