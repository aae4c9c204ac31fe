"""cohort: tables."""
