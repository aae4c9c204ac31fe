"""Words that would like to do something: in a page, a spreadsheet, LaTeX, a terminal, a path."""

from crawl_file import row

ATTACKS = [
    "<script>attack('tag')</script>",
    "<img src=x onerror=attack('img')>",
    "<svg/onload=attack('svg')>",
    "\"'><b onmouseover=attack('b')>",
    "</td></table><iframe src=//example.org>",
    "javascript:attack('url')",
    "[link](javascript:attack('md'))",
    "{{ 7*7 }}",
    "{% include 'x' %}",
    "{glue:text}`x`",
    "```{eval-rst}",
    "{include} /etc/passwd",
    "\\write18{touch x}",
    "\\input{/etc/passwd}",
    "[3cm] of \\\\",
    "$\\frac{1}{0$ and $x$",
    "=cmd|'/c calc'!a1",
    "+1+cmd|x",
    "-2+3+cmd|x",
    "@sum(1+1)",
    "\t=1+2",
    "\x1b]0;owned\x07\x1b[31mred",
    "\x9b31mred",
    "\u202egnp.exe",
    "\u2066isolated",
    "zero\u200b\u2060width",
    "../../etc/passwd",
    "שלום עולם",
    "раураl",
    "👩‍👩‍👧 family",
]
LONG = "a" * 10_000
FILE = "<img src=x onerror=attack('file')> {{7*7}} \u202e=1+1.csv"
SHOWN = ["<script>attack('tag')</script>", "{{ 7*7 }}", "{glue:text}`x`", "\\write18{touch x}", "=cmd|'/c calc'!a1"]


def hostile_crawl() -> list[dict]:
    """Posts of thirty users of the wave in each of two crawls; all use all hashtags, in their own words too."""
    label = "#".join(["test", *ATTACKS, LONG])
    rows = []
    for crawl, month in enumerate(("01", "02")):
        for user in range(30):
            number = 30 * crawl + user + 1
            tags = label if user % 2 else "#".join(["test", *ATTACKS[:26]])
            rows.append(
                row(
                    f"2025-{month}-15 10:{user:02}",
                    f"2025-01-13 09:{user:02}",
                    user=number,
                    post=number,
                    title=ATTACKS[user % len(ATTACKS)],
                    content="\n".join(
                        [*ATTACKS, LONG, "cat food music #cat[话题]#" if crawl else "cat food music #cat "]
                    ),
                    user_name=ATTACKS[0],
                    ip_localtion=ATTACKS[1],
                    label=tags,
                )
            )
    return rows
