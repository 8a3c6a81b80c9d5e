"""Documents: translated text by text, while all that is no text stays as it is and where it belongs.

A format finds the passages of its documents: rows of text and marks (tags, placeholders, links, …). The model sees
the text alone; the marks are woven back into its translation where the attention says that their place now is.

    bytes -> format -> passages -> text -> translator -> weaving -> passages -> format -> bytes
"""
