"""behaviour: plots."""
