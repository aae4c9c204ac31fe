"""Title, content and hashtags of one post, composed from the grammar."""

from rednote_study.replica.grammar import Dice, patterns

FORMAT_MARK = "[话题]#"

_EMOJI = ("😂", "🥰", "❤️", "🙏", "🐱", "🎉", "✨", "👋", "😭", "🌸", "🔥", "😊", "🇺🇸🤝🇨🇳", "👀", "🍜", "🎶")
_STICKERS = ("[笑哭R]", "[害羞R]", "[派对R]", "[偷笑R]", "[赞R]", "[哭惹R]", "[飞吻R]", "[色色R]", "[比心R]")


def write_title(topic: str, language: str, dice: Dice) -> str:
    """A title; a mixed one says the same in both languages, a post without words has none."""
    english, chinese = dice.pick(patterns(topic, "title")).fill(dice)
    return {"latin": english, "han": chinese, "mixed": f"{english} {chinese}", "none": ""}[language]


def write_tags(topic: str, language: str, dice: Dice) -> list[str]:
    """Hashtags without ``#``: the event's own, then the topic's, in the post's languages."""
    chosen = [patterns("any", "tag")[0]] if dice.chance(80) else []
    chosen += dice.several(patterns("any", "tag")[1:], dice.pick((0, 1, 1, 2)) + (not chosen))
    chosen += dice.several(patterns(topic, "tag"), dice.pick((0, 1, 2, 3)))
    share = {"latin": 3, "han": 80}.get(language, 45)
    tags = [p.chinese if dice.chance(share if i else share // 2) else p.english for i, p in enumerate(chosen)]
    return list(dict.fromkeys(tags))


def write_content(topic: str, language: str, tags: list[str], dice: Dice) -> str:
    """One to four sentences, or none for a post without words; often emoji and the hashtags."""
    marks = _marks(language, dice)
    hashtags = " ".join(f"#{tag}{FORMAT_MARK}" for tag in tags) if dice.chance(80) else ""
    if language == "none":
        return " ".join(part for part in (marks or dice.pick(_EMOJI), hashtags) if part)
    text = _words(topic, language, dice) + marks
    return text + (dice.pick(("\n", " ")) + hashtags if hashtags else "")


def _words(topic: str, language: str, dice: Dice) -> str:
    """The sentences, in one language or in both."""
    chosen = [dice.pick(patterns("any", "opener"))] if dice.chance(30) else []
    chosen += dice.several(patterns(topic, "sentence"), dice.pick((1, 1, 2, 2, 3)) + (language == "mixed"))
    chosen += [dice.pick(patterns("any", "closer"))] if dice.chance(35) else []
    pairs = [pattern.fill(dice) for pattern in chosen[:4]]
    english, chinese = [p[0] for p in pairs], [p[1] for p in pairs]
    if language == "latin":
        return " ".join(english)
    if language == "han":
        return "".join(chinese)
    if dice.chance(60):  # a post and its translation
        return " ".join(english) + "\n" + "".join(chinese)
    return " ".join(pair[i % 2] for i, pair in enumerate(pairs))


def _marks(language: str, dice: Dice) -> str:
    """Emoji and sticker codes at the end."""
    emoji = dice.pick(_EMOJI) * dice.pick((1, 1, 1, 2, 3)) if dice.chance(40) else ""
    sticker = dice.pick(_STICKERS) if dice.chance(12 if language == "latin" else 25) else ""
    return emoji + sticker
