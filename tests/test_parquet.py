"""Parquet files as other programs write them: their types are read as the cells of a CSV file are, or refused by name."""

import duckdb
import pandas as pd
import pytest
from crawl_file import row

from rednote_study.crawl.counts import parse_counts
from rednote_study.crawl.posts import check_rows
from rednote_study.crawl.reader import read_batches
from rednote_study.crawl.times import parse_times
from rednote_study.errors import DataError

READ = {
    "time of a zone": "* REPLACE ('2025-01-14 04:08:00+00'::TIMESTAMPTZ AS create_time)",
    "time of no zone": "* REPLACE ('2025-01-14 12:08:00'::TIMESTAMP AS create_time)",
    "counts as numbers": "* REPLACE (like_count::DOUBLE AS like_count, share_count::BIGINT AS share_count)",
    "no count": "* REPLACE (NULL::DOUBLE AS collect_count)",
    "text that is not marked as text": "* REPLACE (encode('猫税') AS title)",
    "names in capitals": "* EXCLUDE user_id, user_id AS USER_ID",
}
REFUSED = {
    "lists": ("* REPLACE ([title] AS title)", "column title holds lists or records (VARCHAR[])"),
    "records": ("* REPLACE ({'a': title} AS title)", "column title holds lists or records (STRUCT(a VARCHAR))"),
    "no text": (r"* REPLACE ('\xFF\xFE'::BLOB AS title)", "cannot be read as Parquet: Invalid Input Error"),
    "a column less": ("* EXCLUDE post_id", "line 1: no column post_id"),
}


def parquet(folder, columns):
    path = folder / "crawl.parquet"
    frame = pd.DataFrame([row(user=i, post=i, title="猫税", create_time="1/14/2025 12:08") for i in range(1, 4)])
    connection = duckdb.connect()
    connection.register("frame", frame)
    connection.execute(f"COPY (SELECT {columns} FROM frame) TO '{path}' (FORMAT parquet)")
    return path


@pytest.mark.parametrize("columns", READ.values(), ids=READ)
def test_types_are_read_as_cells_of_text(tmp_path, columns):
    [batch] = read_batches(parquet(tmp_path, columns), 10)
    rows, broken = check_rows(batch.tables().rows)
    assert len(rows) == 3 and broken.empty
    assert rows["title"].eq("猫税").all() and parse_counts(rows["like_count"])["value"].eq(1).all()
    assert parse_times(rows["create_time"]).eq(pd.Timestamp("2025-01-14 12:08")).all()


@pytest.mark.parametrize(("columns", "error"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_named(tmp_path, columns, error):
    with pytest.raises(DataError) as raised:
        list(read_batches(parquet(tmp_path, columns), 10))
    assert "crawl.parquet" in str(raised.value) and error in str(raised.value)
    assert "xFF" not in str(raised.value), "no cell is repeated in a message"
