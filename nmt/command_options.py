"""Options that several commands share, and groups of options."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from nmt.bars import quieten
from nmt.completion import complete_model, complete_setting
from nmt.paths import usable


class _NamedPath(click.Path):
    """A path that can at least be looked for."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; raises InputError for one that cannot be used."""
        path = super().convert(value, param, ctx)
        return usable(path) if isinstance(path, Path) else path


PATH = _NamedPath(path_type=Path)

MODEL = click.option(
    "-m", "--model", "models", multiple=True, metavar="DIR", shell_complete=complete_model,
    help="Model directory (made by nmt train) or zip; several vote as an ensemble "
    "[the built-in one of --from and --to].",
)  # fmt: skip
CONFIG = click.option("-c", "--config", "config_path", type=PATH, metavar="FILE",
                       help="YAML file of settings; what it leaves out is as nmt config shows.")  # fmt: skip
OVERRIDES = click.argument("overrides", nargs=-1, metavar="[SECTION.KEY=VALUE]...", shell_complete=complete_setting)


def _silence(_context: click.Context, _parameter: click.Parameter, quiet: bool) -> None:
    if quiet:
        quieten()


QUIET = click.option("-q", "--quiet", is_flag=True, expose_value=False, callback=_silence,
                      help="No progress or notes on stderr, only warnings and errors.")  # fmt: skip


# As the config has it, which takes long to import.
BEAM = click.IntRange(1, 10_000)
PRECISION = click.Choice(["auto", "fp32", "bf16", "int8"])

SERVED = click.option(
    "-m", "--model", "models", multiple=True, metavar="DIR", shell_complete=complete_model,
    help="Model directory (made by nmt train) or zip; repeat for more languages. Those of one language pair vote "
    "[all built-in ones].",
)  # fmt: skip


GLOSSARY = click.option(
    "--glossary", type=PATH, metavar="FILE",
    help="Lines of source term, tab, target term; without a target, a term stays as it is.",
)  # fmt: skip


REVERSE = click.option(
    "--reverse-model", "reverse", multiple=True, metavar="DIR", shell_complete=complete_model,
    help="Model of the other direction; it reranks what the beam search finds by how well it predicts the source from "
    "it [with a built-in model, the built-in one].",
)  # fmt: skip


def _group(command: Any, options: Sequence[Any]) -> Any:
    """Add options, in the order in which help lists them."""
    for option in reversed(options):
        command = option(command)
    return command


def language_options(command: Any) -> Any:
    """Add the options that choose the built-in model, or check the given one."""
    options = [
        click.option("--from", "src", metavar="CODE", help="Language of the text; with -m, check that it is."),
        click.option("--to", "tgt", metavar="CODE", help="Language to translate into; with -m, check that it is."),
    ]
    return _group(command, options)


def hardware_options(command: Any) -> Any:
    """Add the options of how fast, not what."""
    options = [
        click.option("--precision", type=PRECISION, default="auto", show_default=True,
                     help="auto = int8 on a CPU, else bf16 where the hardware has it."),
        click.option("--device", default="auto", show_default=True, metavar="NAME", help="auto, cpu, cuda or cuda:N."),
        click.option("--threads", type=click.IntRange(0), default=0, help="CPU threads; 0 = one per core."),
        click.option("--batch-size", type=click.IntRange(0), default=0,
                     help="Sentences taken together; 0 = as many as suit the work."),
    ]  # fmt: skip
    return _group(command, options)


def search_options(command: Any) -> Any:
    """Add the options of decoding; what is not given is the model's own."""
    options = [
        click.option("--split/--no-split", default=None, help="Translate a line's sentences one by one, or at once."),
        click.option(
            "--carry/--no-carry",
            default=None,
            help="Carry addresses, emoji and the like around the model, or give it all.",
        ),
        click.option(
            "--spell-out/--no-spell-out",
            default=None,
            help="Write out abbreviations, units, dates and times before the model reads them.",
        ),
        click.option(
            "--stand-ins/--no-stand-ins",
            default=None,
            help="Names stand in for words in brackets and quotes, translated by themselves, and for surnames.",
        ),
        click.option("--keep-end/--no-keep-end", default=None, help="No full stop behind the translation of a title."),
        click.option("--beam-size", type=BEAM, help="Hypotheses kept of each sentence; 1 = greedy."),
        click.option("--shortlist/--no-shortlist", default=None, help="Choose among likely pieces (faster), or all."),
        click.option("--n-best", type=BEAM, help="Up to N translations per line, no two alike."),
        click.option("--length-penalty", type=float, help="Exponent of the length a score is divided by."),
        click.option("--reverse-weight", type=click.FloatRange(0), help="Weight of the reverse model; 0 = without it."),
        click.option("--coverage-penalty", type=click.FloatRange(0), help="Weight of source left untranslated."),
        click.option("--min-length", type=click.IntRange(0), help="Fewest tokens of a translation."),
        click.option("--max-length", type=click.IntRange(0), help="Most tokens; 0 = from the source length."),
        click.option("--no-repeat-ngram", type=click.IntRange(0), help="No n-gram of this size twice."),
        click.option("--sampling", is_flag=True, default=None, help="Draw tokens instead of searching."),
        click.option("--temperature", type=click.FloatRange(0, min_open=True), help="Temperature of sampling."),
        click.option("--top-k", type=click.IntRange(0), help="Sample among the k best tokens."),
        click.option(
            "--top-p",
            type=click.FloatRange(0, 1, min_open=True),
            help="Sample among the likeliest tokens of this probability together.",
        ),
        click.option("--seed", type=click.IntRange(0), help="Seed of sampling."),
    ]
    return _group(command, options)


def limit_options(command: Any) -> Any:
    """Add the options of what a server's requests may ask for."""
    options = [
        click.option("--body-limit", type=click.IntRange(1), default=2_000_000, show_default=True,
                     help="Bytes of a request."),
        click.option("--char-limit", type=click.IntRange(1), default=50_000, show_default=True,
                     help="Characters of a request."),
        click.option("--batch-limit", type=click.IntRange(1), default=128, show_default=True,
                     help="Texts in a request's list."),
        click.option("--alternatives-limit", type=click.IntRange(0, 100), default=5, show_default=True,
                     help="Alternatives of a translation."),
        click.option("--queue-limit", type=click.IntRange(1), default=256, show_default=True,
                     help="Requests waiting at a time."),
        click.option("--time-limit", type=click.FloatRange(0, min_open=True), default=60, show_default=True,
                     help="Seconds for a request."),
        click.option("--req-limit", type=click.IntRange(0), default=0, show_default=True,
                     help="Requests a minute from one address; 0 = no limit."),
    ]  # fmt: skip
    return _group(command, options)
