import pandas as pd
import pytest
from pybtex.database import parse_file

from rednote_study.errors import DataError
from rednote_study.reported.context import REPORTED, disagreements, reported
from rednote_study.system.paths import BOOK


def test_enough_rows_each_with_a_source_in_the_bibliography():
    table = reported()
    keys = set(parse_file(BOOK / "references.bib").entries)
    assert len(table) >= 40
    assert set(table["source"]) <= keys
    assert table["source"].nunique() >= 5


@pytest.mark.parametrize(
    ("quantity", "source", "value"),
    [
        ("hashtag_views", "siliconstar2025", 6_600_000),
        ("hashtag_views", "growthhk2025", 330_000_000),
        ("hashtag_views", "foreigntrade2025", 400_000_000),
        ("tiktok_users", "growthhk2025", 170_000_000),
        ("us_posts_growth", "foreigntrade2025", 500),
        ("hashtag_notes", "foreigntrade2025", 340_000),
    ],
)
def test_known_figures(quantity, source, value):
    table = reported()
    assert table.loc[table["quantity"].eq(quantity) & table["source"].eq(source), "value"].tolist() == [value]


def test_disagreements_stand_side_by_side():
    views = disagreements().query("quantity == 'hashtag_views'")
    assert len(views) == 3 and views["ratio"].iloc[0] == pytest.approx(400 / 6.6)


@pytest.mark.parametrize(
    ("column", "bad", "message"),
    [
        ("date", "January", "line 3, date"),
        ("kind", "rumour", "line 3, kind"),
        ("value", "many", "column value"),
        ("source", "somebody", "line 3, source"),
    ],
)
def test_a_broken_row_is_named(tmp_path, column, bad, message):
    table = pd.read_csv(REPORTED, dtype="str", keep_default_na=False)
    table.loc[1, column] = bad
    path = tmp_path / "reported.csv"
    table.to_csv(path, index=False)
    with pytest.raises(DataError, match=message):
        reported(path)
