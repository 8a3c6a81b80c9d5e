"""Pictures: a translation looked into, the course of trainings, and a report of an evaluation.

Pages are HTML with style and charts inside, so that one file can be sent and opened anywhere; images are drawn by
matplotlib. Sentences are escaped wherever they stand.

    what is asked -> numbers (traces, units, curves, lengths, differences) -> charts -> page or image -> file
"""
