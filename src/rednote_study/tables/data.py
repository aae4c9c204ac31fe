"""data: tables."""
