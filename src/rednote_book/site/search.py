"""Site search that finds Chinese, both spellings of English, and numbers: index and query are cut alike.

Sphinx's own Chinese search cuts words with jieba on the server and cannot do so in the browser; bigrams need no
dictionary on either side. Traditional characters are looked up as simplified ones, British spellings as American ones,
and a number is one word: ``0.3``, and ``3,249`` as ``3249``.
"""

from __future__ import annotations

import json
import re
from functools import cache

import opencc
from sphinx import addnodes
from sphinx.search import languages
from sphinx.search.en import SearchEnglish
from sphinx.util.index_entries import split_index_msg

_TOKEN = re.compile(r"[\u3400-\u9fff]+|\d+(?:[.,]\d+)+|[^\W\u3400-\u9fff]+")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")

SPELLINGS = (
    ("([a-z]{3})our", "$1or"),
    ("([a-z]{3})is(e|ed|es|er|ers|ing|ation|ations)$", "$1iz$2"),
    ("([a-z]{3})ys(e|ed|es|er|ers|ing)$", "$1yz$2"),
    ("([a-z]{3})tr(e|es|ed)$", "$1ter$2"),
    ("(lic|def|off|pret)ence", "$1ense"),
    ("([a-z]{3})ogue(s?)$", "$1og$2"),
    ("([a-z]{2}e)ll(ed|ing|er|ers)$", "$1l$2"),
    ("^grey", "gray"),
    ("^programme(s?)$", "program$1"),
)
"""British endings and what both spellings become. They need not be right, only the same for index and query."""

_JS = r"""
const SPELLINGS = %(spellings)s.map(([from, to]) => [new RegExp(from), to]);
const american = (word) => SPELLINGS.reduce((so_far, [from, to]) => so_far.replace(from, to), word);
const SIMPLIFIED = new Map([...%(traditional)s].map((from, i) => [from, %(simplified)s[i]]));
const simplified = (text) => text.replace(/[\u3400-\u9fff]/g, (c) => SIMPLIFIED.get(c) ?? c);
const withoutCommas = (word) => /^\d{1,3}(,\d{3})+(\.\d+)?$/.test(word) ? word.replaceAll(",", "") : word;

var splitQuery = (query) => {
  const out = [];
  for (const t of simplified(query).match(/[\u3400-\u9fff]+|\d+(?:[.,]\d+)+|(?:(?![\u3400-\u9fff])[\p{L}\p{N}_])+/gu) ?? []) {
    if (!/^[\u3400-\u9fff]/.test(t) || t.length === 1) { out.push(t); continue; }
    for (let i = 0; i + 1 < t.length; i++) out.push(t.slice(i, i + 2));
  }
  return out;
};

if (typeof Search !== "undefined") {
  // Sphinx drops numbers; the words to mark are those of both spellings.
  let marked = new Set();
  const spelled = (word) => [
    word, american(word), withoutCommas(word), word.replace(/^(\d+)(\d{3})$/, "$1,$2"),
    word.replace(/or(?!.*or)/, "our"), word.replace(/our(?!.*our)/, "or"), word.replace(/iz(?!.*iz)/, "is"), word.replace(/yz/, "ys"),
  ];
  Search._parseQuery = (query) => {
    const stemmer = new Stemmer();
    const words = splitQuery(query).map((word) => word.toLowerCase()).filter((word) => !stopwords.includes(word));
    const terms = new Set(words.map((word) => stemmer.stemWord(american(withoutCommas(word)))));
    marked = new Set(words.flatMap(spelled));
    if (SPHINX_HIGHLIGHT_ENABLED) localStorage.setItem("sphinx_highlight_terms", [...marked].join(" "));
    return [simplified(query), terms, new Set(), marked, new Set(splitQuery(query.toLowerCase()))];
  };
  const summary = Search.makeSearchSummary;
  Search.makeSearchSummary = (html, terms, anchor) => summary(html, new Set([...terms, ...marked]), anchor);

  // Sphinx finds pages without the words of one or two letters of a query; in Chinese these are all words.
  const withoutShort = Search.performTermsSearch;
  Search.performTermsSearch = (terms, excluded) => {
    const needed = [...terms].filter((term) => /^[\u3400-\u9fff\d]/.test(term));
    const pages = needed.map((term) => new Set(withoutShort(new Set([term]), excluded).map((result) => result[0])));
    return withoutShort(terms, excluded).filter((result) => pages.every((found) => found.has(result[0])));
  };
}
"""


@cache
def american(word: str) -> str:
    """A lower-case word as both spellings are looked up.

    Examples
    --------
    >>> american("neighbours"), american("neighbors"), american("standardised"), american("four")
    ('neighbors', 'neighbors', 'standardized', 'four')
    """
    for old, new in SPELLINGS:
        word = re.sub(old, new.replace("$", "\\"), word, count=1)
    return word


@cache
def _simplified() -> dict[int, str]:
    """Simplified forms of single characters, by the traditional ones."""
    characters = [chr(c) for c in range(0x3400, 0xA000)]
    forms = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    pairs = zip(characters, forms, strict=True)
    return {ord(a): b for a, b in pairs if a != b and len(b) == 1 and _is_chinese(b)}


class SearchBigrams(SearchEnglish):
    """English by stems, Chinese by single characters and pairs of neighbours, numbers as they are."""

    lang = "zh"
    language_name = "Chinese and English"

    @property
    def js_splitter_code(self) -> str:
        """The same for the query, in the browser."""
        pairs = _simplified()
        made = {"spellings": SPELLINGS, "traditional": "".join(map(chr, pairs)), "simplified": "".join(pairs.values())}
        return _JS % {name: json.dumps(value, ensure_ascii=False) for name, value in made.items()}

    def split(self, text: str) -> list[str]:
        """Cut a text into words, numbers and bigrams."""
        out = []
        for token in _TOKEN.findall(text.translate(_simplified())):
            if _is_chinese(token):
                out += [*token, *(token[i : i + 2] for i in range(len(token) - 1))]
            else:
                out.append(token.replace(",", "") if _THOUSANDS.fullmatch(token) else token)
        return out

    def stem(self, word: str) -> str:
        """Stem of either spelling."""
        return super().stem(american(word.lower()))

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
