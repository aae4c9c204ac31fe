"""The book on paper: all pages of the built site as one PDF."""

from rednote_book.paper.printing import pdf

__all__ = ["pdf"]
