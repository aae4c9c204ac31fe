"""Which data set the book is about: the variable, then study.toml, then us_posts; clear words for what is wrong."""

import pytest

from rednote_study.datasets import settings
from rednote_study.errors import DataError, StudyError


@pytest.fixture
def chosen(tmp_path, monkeypatch):
    """Set the lines of study.toml and the variable; give what is chosen."""

    def choose(lines=None, variable=None):
        monkeypatch.delenv(settings.VARIABLE, raising=False)
        if variable is not None:
            monkeypatch.setenv(settings.VARIABLE, variable)
        if lines is not None:
            (tmp_path / "study.toml").write_text(lines, "utf-8")
        return settings.dataset(tmp_path)

    (tmp_path / "mine.csv").write_text("x")
    return choose


def test_what_wins(chosen, tmp_path):
    assert chosen() == "us_posts"
    assert chosen(variable="") == "us_posts"
    assert chosen("# nothing\n") == "us_posts"
    assert chosen('dataset = "replica"\n') == "replica"
    assert chosen('dataset = "replica"\n', "full") == "full"
    assert chosen('dataset = "mine.csv"\n') == str(tmp_path / "mine.csv"), "from the folder of study.toml"
    assert chosen(variable="mine.csv") == str(tmp_path / "mine.csv")
    assert chosen(variable=str(tmp_path / "mine.csv")) == str(tmp_path / "mine.csv")


@pytest.mark.parametrize(
    "lines, words",
    [
        ('data = "us_posts"', "unknown key 'data'. Known keys: dataset"),
        ("dataset = 3", "must be text"),
        ("dataset = ", "cannot be read"),
        ('dataset = "us_post"', "`dataset` in study.toml: us_post is neither .* Did you mean us_posts"),
        ('dataset = "nothing.csv"', "study.toml: nothing.csv is neither a data set"),
        ('dataset = "."', "is a folder"),
    ],
)
def test_what_is_wrong_in_study_toml_is_said(chosen, lines, words):
    with pytest.raises(StudyError, match=words):
        chosen(lines)


@pytest.mark.parametrize("value", ["nothing.csv", "a\x01b" * 400, "~nobody-at-all/x.csv"])
def test_what_is_wrong_in_the_variable_is_said(chosen, value):
    with pytest.raises(DataError, match=r"The variable REDNOTE_STUDY_DATASET: .* neither"):
        chosen(variable=value)


def test_a_way_of_reading_holds_for_the_crawl_that_it_was_written_for(tmp_path, monkeypatch):
    for variable in settings.READING.values():
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "study.toml").write_text('dataset = "mine.csv"\ncolumns = "my.toml"\nzone = "UTC"\n', "utf-8")
    mine, other = tmp_path / "mine.csv", tmp_path / "other.csv"
    assert settings.reading(mine, tmp_path) == {"columns": str(tmp_path / "my.toml"), "zone": "UTC"}
    assert settings.reading(other, tmp_path) == {"columns": "", "zone": ""}
    monkeypatch.setenv(settings.READING["zone"], "+08:00")
    assert settings.reading(other, tmp_path)["zone"] == settings.reading(mine, tmp_path)["zone"] == "+08:00"
