"""Result tables of the book, one module a chapter; :mod:`.registry` knows them by name."""
