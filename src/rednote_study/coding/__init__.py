"""Content analysis: a codebook, what posts say twice, and a blind second reading of a random sample."""
