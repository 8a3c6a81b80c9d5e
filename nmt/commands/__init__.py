"""What the commands do once their command line is read: one file for each, and what those that write files share.

A command reads files, calls the trainer, the translator or the metrics, and writes files or stdout.
"""
