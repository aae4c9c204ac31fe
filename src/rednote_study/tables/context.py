"""context: tables."""
