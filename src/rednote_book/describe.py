"""The size and the state of a data set, as one JSON object."""

from rednote_study.crawl.crawl import Crawl
from rednote_study.text.clean import post_text
from rednote_study.text.language import LANGUAGES, script_of


def describe(data: Crawl) -> dict:
    """Count what a data set holds.

    Returns
    -------
    dict
        ``source``, how the file was read (:meth:`rednote_study.crawl.reading.Reading.as_dict`); ``posts``, ``users``, ``wave_users``, ``cohort_positive``, ``at_risk_users``,
        ``at_risk_positive``, ``published_users`` (with a January post),
        ``published_positive``, ``time_mismatches``, ``rows``, ``quarantined`` and
        ``crawls`` (int, or None where no account's date of registration is known); ``missing`` (blank cells by column); ``posts_by_month``;
        ``language_by_month`` (shares of Latin-only, Han-only, mixed and none, which sum to 1).
    """
    posts, users = data.posts, data.users
    known = "account" in users and len(users) > 0  # else no account's date of registration is known
    later, count = users["cohort_retained"], lambda flags: int(flags.sum())
    wave, at_risk = (users["account"].eq("wave"), users["at_risk"]) if known else (None, None)
    month = posts["created"].dt.strftime("%Y-%m")
    language = script_of(post_text(posts)).groupby(month).value_counts(normalize=True).unstack(fill_value=0)
    language = language.reindex(columns=list(LANGUAGES), fill_value=0).round(6)
    return {
        "source": data.reading.as_dict(),
        "dataset": data.key,
        "synthetic": data.synthetic,
        "rows": data.rows,
        "posts": len(posts),
        "quarantined": len(data.quarantine),
        "repeats": data.reading.repeats,
        "users": len(users),
        "wave_users": count(wave) if known else None,
        "cohort_positive": count(wave & later) if known else None,
        "at_risk_users": count(at_risk) if known else None,
        "at_risk_positive": count(at_risk & later) if known else None,
        "published_users": int(users["in_january"].sum()),
        "published_positive": int(users["published_retained"].sum()),
        "time_mismatches": int(posts["time_mismatch"].sum()),
        "crawls": int(posts["crawl"].max()),
        "missing": data.missing,
        "posts_by_month": {m: int(n) for m, n in month.value_counts().sort_index().items()},
        "language_by_month": language.to_dict("index"),
    }
