"""A crawl as somebody else might make one: a few hundred made posts, in one crawl or two, about nobody."""

import random

from crawl_file import row

ENGLISH = [
    "cat",
    "dog",
    "food",
    "music",
    "school",
    "city",
    "friend",
    "refugee",
    "hello",
    "travel",
    "cooking",
    "language",
]
CHINESE = ["你好 朋友们", "我爱 中国菜", "学习 中文 很难", "猫税 在这里", "大家 新年 快乐"]
WAVE, EARLIER = ("2025-01-{:02} 09:{:02}", range(10, 15)), ("2021-05-{:02} 09:{:02}", range(1, 29))


def own_crawl(users: int = 200, *, january: bool = True, february: bool = True, control: bool = True, seed: int = 1):
    """Raw rows: posts of `users` users; crawls or the control group may be left out."""
    chance, rows, post = random.Random(seed), [], 0
    months = [m for m, there in (("01", january), ("02", february)) if there]
    for user in range(1, users + 1):
        pattern, days = EARLIER if control and user % 3 == 0 else WAVE
        registered = pattern.format(chance.choice(days), chance.randrange(60))
        for month in chance.sample(months, 2 if len(months) == 2 and user % 10 == 0 else 1):
            post += 1
            rows.append(_post(chance, month, registered, user, post))
    return rows


def _post(chance: random.Random, month: str, registered: str, user: int, post: int) -> dict:
    """One post; those of February carry the other crawler's marks."""
    day, later = chance.randrange(15, 20) if month == "01" else chance.randrange(10, 20), month == "02"
    words = " ".join(chance.choices(ENGLISH, k=chance.randrange(2, 9)))
    if chance.random() < (0.5 if later else 0.2):
        words += " " + chance.choice(CHINESE)
    return row(
        f"2025-{month}-{day} {chance.randrange(8, 23):02}:{chance.randrange(60):02}",
        registered,
        user=user,
        post=post,
        title=words.split()[0],
        content=f"{words} #tiktok[话题]#" if later else f"{words} #tiktok ",
        **{
            c: str(int(chance.expovariate(0.05)))
            for c in ("like_count", "comment_count", "collect_count", "share_count")
        },
    )
