"""A page that only leads on to another: the address of the site, and the permanent address of a figure."""

from html import escape
from pathlib import Path

from rednote_book.site.head import spoken_in

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url={target}">
<link rel="canonical" href="{target}">
<link rel="icon" href="{root}_static/{icon}">
<title>{title}</title>
{head}</head>
<body>
<main>
<h1{spoken}>{title}</h1>
{body}
</main>
</body>
</html>
"""


def leads_to(app, target: str, title: str, body: str, root: str = "", head: str = "") -> str:
    """HTML of a page that sends its reader on to `target`, and says where that is to those who are not sent.

    `body` and `head` are HTML; `root` is the way from the page to the root of the site. The page names its icon, for a browser
    asks the host for one otherwise.
    """
    shown = {"target": escape(target), "title": escape(title), "icon": escape(Path(app.config.html_favicon).name)}
    return _PAGE.format(**shown, spoken=spoken_in(title), root=root, body=body, head=head)
