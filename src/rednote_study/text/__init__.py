"""Text of posts: cleaning, language, hashtags, words."""
