"""The book: its build and its site, and the command line; it knows how results are published, and no science."""
