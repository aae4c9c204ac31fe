"""From the raw file to posts and users: where it is, how it is read, what its notations mean."""
