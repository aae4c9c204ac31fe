"""cohort: plots."""
