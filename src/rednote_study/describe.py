"""The size and the state of a data set, as one JSON object."""

from rednote_study.crawl import Crawl
from rednote_study.text.clean import post_text
from rednote_study.text.language import LANGUAGES, script_of

__all__ = ["describe"]


def describe(data: Crawl) -> dict:
    """Count what a data set holds.

    Returns
    -------
    dict
        ``posts``, ``users``, ``wave_users``, ``cohort_positive``, ``at_risk_users``,
        ``at_risk_positive``, ``published_users`` (with a January post),
        ``published_positive``, ``time_mismatches``, ``rows``, ``quarantined`` and
        ``crawls`` (int); ``missing`` (blank cells by column); ``posts_by_month``;
        ``language_by_month`` (shares of Latin-only, Han-only, mixed and none, which sum to 1).
    """
    posts, users = data.posts, data.users
    wave = users["account"].eq("wave")
    month = posts["created"].dt.strftime("%Y-%m")
    language = script_of(post_text(posts)).groupby(month).value_counts(normalize=True).unstack(fill_value=0)
    language = language.reindex(columns=list(LANGUAGES), fill_value=0).round(6)
    return {
        "dataset": data.key,
        "synthetic": data.synthetic,
        "rows": data.rows,
        "posts": len(posts),
        "quarantined": len(data.quarantine),
        "users": len(users),
        "wave_users": int(wave.sum()),
        "cohort_positive": int((wave & users["cohort_retained"]).sum()),
        "at_risk_users": int(users["at_risk"].sum()),
        "at_risk_positive": int((users["at_risk"] & users["cohort_retained"]).sum()),
        "published_users": int(users["in_january"].sum()),
        "published_positive": int(users["published_retained"].sum()),
        "time_mismatches": int(posts["time_mismatch"].sum()),
        "crawls": int(posts["crawl"].max()),
        "missing": data.missing,
        "posts_by_month": {m: int(n) for m, n in month.value_counts().sort_index().items()},
        "language_by_month": language.to_dict("index"),
    }
