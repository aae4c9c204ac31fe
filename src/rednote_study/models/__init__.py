"""Models of retention, the published one and honest ones: every one an estimator, fitted inside the fold."""
