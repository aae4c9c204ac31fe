"""The study on a crawl larger than memory: one machine, bounded memory, the same numbers.

A crawl is read in batches of rows. What looks at a row alone (rules, parsing, marks, language) is the code of the
small path, called on each batch in worker processes; what it leaves of a post, without its text and under a pseudonym,
goes to a Parquet file. What looks at many rows is the queries of the small path, over these files. So every step is
written once, and the numbers of both sizes are the same.

Measured on two cores, ten million posts: the row-wise part takes most of the time, the queries a small part; so there
is little to gain from a second engine for the former, and a second definition of every rule to lose by.

Tables that rest on resampled users, on fitted models or on neighbours of every post are not made at this size;
`TABLES` lists those that are.

Modules: `batches` (rows of a file), `facts` (a batch to its Parquet file), `platform` (the files as a data set),
`words` (words and vectors of texts, on this machine or on many).
"""

from rednote_study.large.platform import TABLES, run

__all__ = ["TABLES", "run"]
