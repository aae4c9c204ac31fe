"""Claims of others with their sources: the published work, events and figures of the migration."""
