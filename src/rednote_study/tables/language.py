"""language: tables."""
