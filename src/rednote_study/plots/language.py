"""language: plots."""
