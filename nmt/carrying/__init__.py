"""What goes around the model instead of through it, or through it as something that it knows.

Texts without letters, addresses and list marks are put back where they were; abbreviations and amounts are written
out; names stand in for words in brackets or quotes and for surnames; quotation marks come in pairs.

    part of a line -> carrier -> what the model reads -> its translation -> carrier -> translation of the part
"""
