"""behaviour: tables."""
