"""What is kept on disk: the record of results, the reader's own store, and the digests that name both."""
