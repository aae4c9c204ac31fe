"""Cleaning, language, hashtags and words: known answers, and properties on any text."""

import functools

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rednote_study.text.clean import VERSIONS, clean, post_text, remove_hashtags, remove_marks, text_version
from rednote_study.text.hashtags import hashtags, is_refugee_tag
from rednote_study.text.language import LANGUAGES, script_of
from rednote_study.text.segment import segment


def script(text):
    return script_of(pd.Series([text], dtype="str"))[0]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("hello friends", "latin"),
        ("你好", "han"),
        ("hello 你好", "mixed"),
        ("", "none"),
        (None, "none"),
        ("a 1 🐱 !", "none"),  # one Latin letter is no language
        ("ok", "latin"),
        ("[哭惹R]", "none"),
        ("hi [笑哭R]", "latin"),
        ("#hello#world #你好", "none"),
        ("#你好[话题]# hello", "latin"),
        ("#two words[话题]# 你好", "han"),
        ("＃full-width 你好", "han"),
        ("#tag", "none"),
        ("ありがとう", "none"),  # kana alone is not Han
        ("日本 desu", "mixed"),
        ("안녕하세요", "none"),
        ("café", "latin"),
        ("𠮷", "han"),  # extension B
        ("@somebody https://a.example/b", "none"),
    ],
)
def test_language_of_a_text(text, language):
    assert script(text) == language


@given(st.text(max_size=60))
def test_every_text_has_one_language(text):
    assert script(text) in LANGUAGES


@given(st.text(alphabet="ab 你好🐱", max_size=20), st.text(alphabet="abc你好", min_size=1, max_size=6))
def test_a_hashtag_never_changes_the_language(text, tag):
    assert script(text) == script(f"{text} #{tag}[话题]# #{tag}")


def test_hashtags_and_marks_leave_the_rest():
    assert remove_hashtags(pd.Series(["a #x#y[话题]# b #z"]))[0].split() == ["a", "b"]
    assert remove_marks(pd.Series(["a[飞吻R] b [话题] [note] @c"]))[0].split() == ["a", "b", "[note]"]


def posts(**columns):
    base = {"post": ["p"], "author": ["u"], "title": [None], "content": [None], "label": [None]}
    return pd.DataFrame(base | {k: [v] for k, v in columns.items()})


def test_hashtags_of_label_and_text_count_once():
    found = hashtags(posts(content="#Cats[话题]# #two words[话题]# #dog", label="cats#狗#\ufeff#CATS"))
    assert sorted(found["tag"]) == ["cats", "dog", "two words", "狗"]
    assert found["author"].eq("u").all()


def test_posts_without_hashtags_have_none():
    assert hashtags(posts()).empty


def test_names_of_the_event():
    tags = pd.Series(["tiktokrefugee", "tik_tok", "抖音难民", "rednote", "cat", "america"])
    assert is_refugee_tag(tags).tolist() == [True] * 4 + [False] * 2


def test_words_of_both_languages():
    assert segment("The cats and a dog, 抖音难民在小红书交猫税!") == ["cats", "dog", "抖音难民", "小红书", "交猫税"]
    assert segment("ＣＡＴ’s 2025 cat's") == ["cat", "cat"]
    assert segment("") == segment("🐱 12 的") == []


@given(st.text(max_size=80))
def test_same_text_same_words(text):
    words = segment(text)
    assert words == segment(text)
    assert all(len(w) > 1 and w == w.lower() for w in words)


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({}, "Hi[笑哭R] #cat tax[话题]# TikTok refugee @you"),
        ({"marks": False}, "Hi cat tax TikTok refugee"),
        ({"hashtags": False}, "Hi[笑哭R]   TikTok refugee @you"),
        ({"keywords": False}, "Hi[笑哭R] #cat tax[话题]#     @you"),
        ({"marks": False, "hashtags": False, "keywords": False}, "Hi"),
    ],
)
def test_each_kind_of_mark_by_itself(options, left):
    assert clean(pd.Series(["Hi[笑哭R] #cat tax[话题]# TikTok refugee @you"]), **options)[0] == left


@pytest.mark.parametrize(
    "word", ["TikTok", "tik tok", "tik_tok", "refugees", "#tiktokban", "小紅書", "抖音难民", "RedNote"]
)
def test_search_words_in_all_their_forms(word):
    assert clean(pd.Series([f"cats {word} dogs"]), marks=False, keywords=False)[0] == "cats dogs"


@given(st.text(max_size=60), st.sampled_from(list(VERSIONS)))
def test_cleaning_twice_is_cleaning_once_and_adds_nothing(text, version):
    once = text_version(pd.Series([text], dtype="str"), version)
    assert set(once[0]) <= set(text) | {" "}
    if version != "raw":
        assert "[话题]" not in once[0] and "#" not in once[0] and once[0] == once[0].strip()
    assert segment(text_version(once, version)[0]) == segment(once[0]) or version != "words only"


def test_traditional_full_width_addresses_and_mentions():
    assert segment("難民在小紅書") == ["难民", "小红书"]
    assert segment("ＡＢＣ see https://a.example/cats?x=dogs and @somebody") == ["abc"]
    assert segment("猫🐱税") == []  # an emoji parts two words of one character


def jiebas_words(text):
    """The same pieces cut by jieba itself, with the same dictionary."""
    from rednote_study.text import segment as module

    plain = _plain_jieba()
    pieces = module._PIECE.findall(module._simplifier().convert(text))
    return [plain.lcut(p) for p in pieces if module.is_chinese(p)], [
        module._tokenizer().cut(p) for p in pieces if module.is_chinese(p)
    ]


@functools.cache
def _plain_jieba():
    import jieba

    from rednote_study.text.segment import user_dictionary

    jieba.setLogLevel(60)
    plain = jieba.Tokenizer()
    for word, frequency, tag in user_dictionary():
        plain.add_word(word, frequency, tag)
    return plain


def test_rjieba_gives_jiebas_words_on_the_replica(replica):
    ours, theirs = jiebas_words("\n".join(post_text(replica.posts)))
    assert len(ours) > 5000
    assert ours == theirs


def test_rjieba_gives_jiebas_words_on_the_real_posts(real):
    ours, theirs = jiebas_words("\n".join(post_text(real.posts)))
    assert len(ours) > 1000
    assert ours == theirs


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=20))
def test_hashtags_of_any_text_are_folded_and_once_a_post(title, content, label):
    found = hashtags(posts(title=title, content=content, label=label))["tag"]
    assert found.is_unique and found.ne("").all()
    assert not found.str.contains(r"[#＃\n]", regex=True).any()
