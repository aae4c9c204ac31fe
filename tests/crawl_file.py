"""Small crawl files for the tests: made here, row by row, about nobody."""

import csv
import datetime as dt
import io

COLUMNS = [
    "title", "content", "address", "label", "user_name", "user_id", "like_count", "collect_count", "comment_count",
    "share_count", "create_time", "post_id", "ip_localtion", "post_image", "post_type",
]  # fmt: skip
CHINA = dt.timezone(dt.timedelta(hours=8))


def object_id(time: str, number: int = 0) -> str:
    """Identifier made at a wall time of China such as ``2025-01-14 12:08``."""
    seconds = int(dt.datetime.fromisoformat(time).replace(tzinfo=CHINA).timestamp())
    return f"{seconds:08x}{number:016x}"


def row(created: str = "2025-01-14 12:08", registered: str = "2025-01-13 09:00", user: int = 1, post: int = 1, **cells):
    """One raw row; `cells` replace columns."""
    base = dict.fromkeys(COLUMNS, "x") | {
        "title": "hello",
        "content": "hello from the test",
        "label": "test#hello",
        "user_id": object_id(registered, user),
        "post_id": object_id(created, post),
        "create_time": created,
        **dict.fromkeys(("like_count", "collect_count", "comment_count", "share_count"), "1"),
    }
    return base | cells


def text(rows, columns=COLUMNS) -> str:
    """The rows as a CSV file."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
