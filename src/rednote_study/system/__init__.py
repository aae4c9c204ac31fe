"""What the machine does: files that are whole, folders, processes, progress, a session without settings."""
