"""Figures of the book, one module a chapter: tidy table in, matplotlib figure out."""
