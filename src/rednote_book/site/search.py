"""Site search that finds Chinese: index and query are both cut into bigrams.

Sphinx's own Chinese search cuts words with jieba on the server and cannot do so
in the browser; bigrams need no dictionary on either side.
"""

from __future__ import annotations

import re

from sphinx import addnodes
from sphinx.search import languages
from sphinx.search.en import SearchEnglish
from sphinx.util.index_entries import split_index_msg

__all__ = ["SearchBigrams", "connect"]

_TOKEN = re.compile(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff]+")


class SearchBigrams(SearchEnglish):
    """English by stems, Chinese by single characters and pairs of neighbours."""

    lang = "zh"
    language_name = "Chinese and English"
    js_splitter_code = r"""
var splitQuery = (query) => {
  const out = [];
  for (const t of query.match(/[\u3400-\u9fff]+|(?:(?![\u3400-\u9fff])[\p{L}\p{N}_])+/gu) ?? []) {
    if (!/^[\u3400-\u9fff]/.test(t) || t.length === 1) { out.push(t); continue; }
    for (let i = 0; i + 1 < t.length; i++) out.push(t.slice(i, i + 2));
  }
  return out;
};

// Sphinx finds pages without the words of one or two letters of a query; in Chinese these are all words.
if (typeof Search !== "undefined") {
  const withoutShort = Search.performTermsSearch;
  Search.performTermsSearch = (terms, excluded) => {
    const chinese = [...terms].filter((term) => /^[\u3400-\u9fff]/.test(term));
    const pages = chinese.map((term) => new Set(withoutShort(new Set([term]), excluded).map((result) => result[0])));
    return withoutShort(terms, excluded).filter((result) => pages.every((found) => found.has(result[0])));
  };
}
"""

    def split(self, text: str) -> list[str]:
        """Cut a text into words and bigrams."""
        out = []
        for token in _TOKEN.findall(text):
            chinese = _is_chinese(token)
            out += [*token, *(token[i : i + 2] for i in range(len(token) - 1))] if chinese else [token]
        return out

    def word_filter(self, word: str) -> bool:
        """Keep every Chinese word, and English ones that are no stop words."""
        return _is_chinese(word) or super().word_filter(word)


def _is_chinese(word: str) -> bool:
    return "\u3400" <= word[:1] <= "\u9fff"


def connect(app) -> None:
    """Replace Sphinx's Chinese search by this one."""
    languages["zh"] = SearchBigrams
    app.connect("html-collect-pages", _complete)


def _complete(app) -> list:
    """Entries of the index (words of the glossary) of pages that were not written again, which Sphinx 7.4 forgets.

    In the order of pages, so that a second build writes the same file as a first.
    """
    indexer = getattr(app.builder, "indexer", None)
    if indexer is None:
        return []
    known = indexer._index_entries
    entries = {name: known[name] if name in known else _entries(app, name) for name in sorted(indexer._titles)}
    known.clear()
    known.update(entries)
    return []


def _entries(app, docname: str) -> list[tuple[str, str, str]]:
    """What Sphinx takes from the index directives of a page."""
    found = set()
    for node in app.env.get_doctree(docname).findall(addnodes.index):
        for kind, value, target, main, _ in node["entries"]:
            found |= {(word, target or "", main) for word in split_index_msg(kind, value)}
    return sorted(found)
