"""Recurrent machine translation, from two text files to a scored translation.

text -> tokenizer -> corpus -> batches -> model (embedding, encoder, attention, decoder) -> loss -> trainer
                                               \\-> search -> translator -> metrics -> cli
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["Config", "Glossary", "InputError", "Translation", "Translator", "__version__", "builtin", "read_config"]

if TYPE_CHECKING:
    from nmt.config import Config
    from nmt.config_reading import read_config
    from nmt.errors import InputError
    from nmt.glossary import Glossary
    from nmt.pretrained.models import builtin
    from nmt.translation import Translation
    from nmt.translator import Translator

_HOMES = {
    "Config": "nmt.config",
    "read_config": "nmt.config_reading",
    "Glossary": "nmt.glossary",
    "InputError": "nmt.errors",
    "builtin": "nmt.pretrained.models",
    "Translation": "nmt.translation",
    "Translator": "nmt.translator",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that `import nmt` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'nmt' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
