"""Which data sets there are, where their files lie, and which one is chosen."""
