"""From a config to a run directory with all that a training needs: pairs, vocabulary, first weights.

config -> run directory -> pairs (cleaned, some held out) -> vocabulary -> encoded corpus -> run
"""
