"""The training text of the built-in models beside the corpora: pairs varied, joined, taken apart, and written by us.

pairs of a corpus -> exchanges, as_typed, compounds, dictionary, translations
    -> builtin_corpus.py <- phrasebook <- nouns, names
"""
