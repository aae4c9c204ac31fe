"""What every chapter of a toy book begins with."""

HEAD = """---
jupytext:
  formats: md:myst,ipynb
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

"""
