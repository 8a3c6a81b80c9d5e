"""The models that come with the package: a zip for each direction, named by its languages, with its card inside.

nmt/pretrained/de-en.zip -> models (which one) -> choosing (what a command takes), listing (what there is)
"""
