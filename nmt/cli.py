"""The commands, thin: each reads its options, calls the library and writes the result.

stdout carries results, stderr everything else. Heavy imports live inside the commands, so that help is instant.
"""

from __future__ import annotations

import signal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nmt import __version__
from nmt.bars import waiting
from nmt.command_options import (
    BEAM,
    CONFIG,
    GLOSSARY,
    MODEL,
    OVERRIDES,
    PATH,
    PRECISION,
    QUIET,
    REVERSE,
    SERVED,
    hardware_options,
    language_options,
    limit_options,
    search_options,
)
from nmt.completion import SHELLS, complete_model, complete_words, completion_script, register
from nmt.errors import InputError
from nmt.exits import run
from nmt.pretrained.choosing import choose_models

if TYPE_CHECKING:
    from nmt.config import SearchConfig

_CONTEXT = {"help_option_names": ["-h", "--help"], "token_normalize_func": lambda name: name.replace("_", "-")}


class _Commands(click.Group):
    """Commands listed as they stand below: in the order in which they are of use."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return their names."""
        return list(self.commands)

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command, whose help calls a whole number N and a number X."""
        for parameter in cmd.params:
            kind = parameter.type
            if parameter.metavar is None and isinstance(kind, click.types.IntParamType | click.types.FloatParamType):
                parameter.metavar = "N" if isinstance(kind, click.types.IntParamType) else "X"
        super().add_command(cmd, name)


@click.group(cls=_Commands, context_settings=_CONTEXT, epilog="Example:  echo 'Guten Morgen.' | nmt translate --to en")
@click.version_option(__version__, prog_name="nmt")
def commands() -> None:
    """Recurrent machine translation: train on two text files, translate, evaluate.

    nmt COMMAND --help tells the options of a command, nmt config the settings of a training.
    """


@commands.command(epilog="Example:  nmt train -o runs/mine data.src=de data.tgt=en data.train=corpus/train")
@CONFIG
@click.option("-o", "--output", type=PATH, metavar="DIR",
              help="Where the model goes.  [default: runs/NAME of the config file, else runs/model]")  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Remove the run in the output directory first.")
@QUIET
@OVERRIDES
def train(config_path: Path | None, output: Path | None, overwrite: bool, overrides: tuple[str, ...]) -> None:
    """Train a model, or go on training it.

    Three settings are needed: data.src and data.tgt, the language codes, and data.train, the corpora: a prefix P
    (files P.SRC and P.TGT), 'src_file,tgt_file', or a .tsv, .jsonl, .csv, .json, .parquet or .arrow file. data.dev
    likewise, else some pairs are held out.

    Every other setting has a default. nmt config lists them all; nmt config -f yaml writes a file to edit and give
    by -c. SECTION.KEY=VALUE changes one, whatever the file says.

    The tokenizer is trained when the run directory has none. The same command goes on with a training that was
    stopped. Several processes train one model when torchrun starts them:
    torchrun --standalone --nproc-per-node 2 -m nmt train …
    """
    with waiting("loading nmt"):
        from nmt.commands.ending import Ending
        from nmt.commands.training import Request, run_training

    directory = output or Path("runs") / (config_path.stem if config_path else "model")
    # Until the training itself stops politely, Ctrl-C tidies up; SIGTERM ends even a wait for other processes.
    with Ending(signals=[signal.SIGINT]):
        stopped = run_training(Request(config_path, overrides, directory, overwrite))
    if stopped:
        raise SystemExit(128 + stopped)


@commands.command(epilog="Example:  nmt tokenizer -o runs/mine data.src=de data.tgt=en data.train=corpus/train")
@CONFIG
@click.option("-o", "--output", type=PATH, required=True, metavar="DIR",
              help="Where the vocabularies go.")  # fmt: skip
@QUIET
@OVERRIDES
def tokenizer(config_path: Path | None, output: Path, overrides: tuple[str, ...]) -> None:
    """Train the subword vocabularies alone.

    They go into a directory that nmt train -o then uses; copy it for every further training that is to share them, as
    an ensemble needs. Settings as for nmt train; nmt config tokenizer lists those of the vocabularies.
    """
    with waiting("loading nmt"):
        from nmt.commands.ending import Ending
        from nmt.config_reading import read_config
        from nmt.preparing.run import prepare_tokenizers

    with Ending():
        tokenizers = prepare_tokenizers(read_config(config_path, overrides), output)
    for name in tokenizers.files():
        click.echo(output / name)


@commands.command(epilog="Example:  nmt translate -m runs/demo -i letter.de -o letter.en --beam-size 5")
@MODEL
@REVERSE
@click.argument("document", required=False, type=PATH)
@click.option("-i", "--input", "input_path", type=PATH, metavar="FILE",
              help="Text to translate line by line.  [default: stdin]")  # fmt: skip
@click.option("-o", "--output", type=PATH, metavar="FILE",
              help="Where the translation goes.  [default: stdout]")  # fmt: skip
@click.option(
    "--column", "columns", multiple=True, metavar="NAME", help="Column or key to translate, of a table or JSON; repeat."
)
@click.option("--resume", is_flag=True, help="Keep what is done when interrupted, and go on from it.")
@click.option("-f", "--format", "form", type=click.Choice(["text", "jsonl"]), default="text", show_default=True,
              help="jsonl = an object a line: text, score, tokens, alignment.")  # fmt: skip
@click.option("--scores", is_flag=True, help="Add each translation's score: text ||| score (jsonl has it anyway).")
@click.option("--alignments", is_flag=True, help="Add token alignments: ||| source-target … (jsonl has them anyway).")
@GLOSSARY
@click.option("--prefix", default="", metavar="TEXT", help="Each translation begins with this text.")
@click.option("--prefixes", type=PATH, metavar="FILE", help="The same, one for each line.")
@language_options
@search_options
@hardware_options
@QUIET
def translate(
    models: tuple[str, ...], reverse: tuple[str, ...], document: Path | None, input_path: Path | None,
    output: Path | None, columns: tuple[str, ...], resume: bool, form: str, scores: bool, alignments: bool,
    glossary: Path | None, prefix: str, prefixes: Path | None, src: str | None, tgt: str | None, precision: str,
    device: str, threads: int, batch_size: int, **search: Any,
) -> None:  # fmt: skip
    """Translate lines of text or a document.

    A DOCUMENT is .txt, .md, .html, .srt, .vtt, .po, .docx, .csv, .tsv, .json or .jsonl (the last four by --column);
    everything that is not text stays as it is, and so do placeholders, addresses and code. Other documents, such as
    .xml, .rtf or .pdf, are refused. Any other ending means lines of text.

    Without -i and -o it reads stdin and writes stdout, each line as soon as it is typed. With --n-best, lines
    are: number ||| text, numbered from 0. With --resume, from file to file, what is done is kept in OUTPUT.part until
    all of it is; after an interruption the same command goes on from there. In a --glossary a term in lower case is
    found however it is written, one with capitals as it is; variants of a target are divided by |, and any of them will
    do.

    How to decode is the model's own choice (its generation_config.json) where no option says otherwise.
    """
    models, reverse = choose_models(models, src, tgt, reverse, search)
    with waiting("loading nmt"):
        from nmt.commands.translating import Request, run_translation
        from nmt.translator import Translator

    def load() -> tuple[Translator, SearchConfig]:
        with waiting(f"loading {', '.join(models)}"):
            translator = Translator.load(models, precision, device, threads, processes=True, reverse=reverse)
        translator.check_languages(src, tgt)
        config = translator.settings(search)
        translator.check_reranking(config)
        return translator, config

    request = Request(
        models=models, document=document, input_path=input_path, output=output, columns=columns, resume=resume,
        form=form, scores=scores, alignments=alignments, batch_size=batch_size, glossary=glossary, prefix=prefix,
        prefixes=prefixes, reverse=reverse, n_best=search["n_best"],
    )  # fmt: skip
    run_translation(request, load)


@commands.command(epilog="Example:  nmt score -m runs/demo --src test.de --tgt test.en")
@MODEL
@click.option("--src", "src_path", type=PATH, required=True, metavar="FILE",
              help="Source text, a line each.")  # fmt: skip
@click.option("--tgt", "tgt_path", type=PATH, required=True, metavar="FILE",
              help="Translations to score, line by line.")  # fmt: skip
@click.option("-o", "--output", type=PATH, metavar="FILE",
              help="Where the scores go.  [default: stdout]")  # fmt: skip
@click.option("--normalize", is_flag=True, help="Per target token instead of per sentence.")
@language_options
@hardware_options
@QUIET
def score(models: tuple[str, ...], src: str | None, tgt: str | None, **options: Any) -> None:
    """Score given translations by a model.

    Prints a line for each pair: the log-probability (in nats) of the target given the source, end of sentence
    included. The nearer to 0, the likelier.
    """
    models = choose_models(models, src, tgt).own
    with waiting("loading nmt"):
        from nmt.commands.scoring import Request, run_scoring

    run_scoring(Request(models=models, src=src, tgt=tgt, **options))


@commands.command(epilog="Example:  nmt evaluate -m runs/demo --src test.de --ref test.en --confidence")
@click.option("-m", "--model", "models", multiple=True, metavar="DIR", shell_complete=complete_model,
              help="Translate --src with this model [the built-in one of --from and --to].")  # fmt: skip
@language_options
@click.option("--src", "src_path", type=PATH, metavar="FILE",
              help="Source text: to be translated, and shown by --html.")  # fmt: skip
@click.option("--hyp", "hyp_path", type=PATH, metavar="FILE",
              help="Translations, instead of translating.")  # fmt: skip
@click.option("--ref", "ref_paths", multiple=True, required=True, type=PATH, metavar="FILE",
              help="References, line by line; repeat for several.")  # fmt: skip
@click.option("-M", "--metrics", multiple=True, default=("bleu", "chrf", "ter"), show_default=True,
              help="bleu, chrf, chrf++, ter; repeat, or divide by commas.")  # fmt: skip
@click.option("--confidence", is_flag=True, help="95% confidence intervals by bootstrap resampling.")
@click.option("--paired-bs", "bootstrap", type=PATH, metavar="FILE",
              help="Compare with another system's output by paired bootstrap resampling.")  # fmt: skip
@click.option("--paired-ar", "randomization", type=PATH, metavar="FILE",
              help="Compare with another system's output by paired approximate randomization.")  # fmt: skip
@click.option("--lowercase", is_flag=True, help="Compare without case.")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="How scores are written.")  # fmt: skip
@click.option("--html", type=PATH, metavar="FILE",
              help="Write a page too: scores with intervals, BLEU by length, sentences worth reading.")  # fmt: skip
@REVERSE
@click.option("--beam-size", type=BEAM, help="Of translating; 1 = greedy  [default: the model's own]")
@click.option("--reverse-weight", type=click.FloatRange(0), help="Weight of the reverse model; 0 = without it.")
@click.option("--precision", type=PRECISION, default="auto", show_default=True,
              help="Of translating; as for nmt translate.")  # fmt: skip
@click.option("--threads", type=click.IntRange(0), default=0, help="CPU threads; 0 = one per core.")
@QUIET
def evaluate(**options: Any) -> None:
    """Score translations by BLEU, chrF and TER.

    Either those of a model (-m and --src) or given ones (--hyp), against references (--ref), by sacreBLEU and with
    its signatures.
    """
    from nmt.commands.ending import Ending
    from nmt.commands.evaluation import Request, run_evaluation
    from nmt.output import output_lines

    if options["src_path"] and not options["hyp_path"]:
        with waiting("loading nmt"):
            # Amid an import a signal may go unheard, so the large ones come first.
            from nmt.translator import Translator  # noqa: F401
    with Ending(), output_lines(None) as write:
        write(run_evaluation(Request(**options)))


@commands.command(epilog="Example:  nmt explain --to en -o explain.html Wir lesen ein Buch.")
@click.option("-m", "--model", metavar="DIR", shell_complete=complete_model,
              help="Model directory (made by nmt train) or zip [the built-in one of --from and --to].")  # fmt: skip
@language_options
@click.option("-o", "--output", type=PATH, default="explain.html", show_default=True,
              help="A page (.html) or a picture (.png, .svg; needs matplotlib).")  # fmt: skip
@click.option("--threads", type=click.IntRange(0), default=0, help="CPU threads; 0 = one per core.")
@click.argument("sentence", nargs=-1, required=True)
def explain(
    model: str | None, src: str | None, tgt: str | None, output: Path, threads: int, sentence: tuple[str, ...]
) -> None:
    """Draw how a sentence is translated.

    It prints the translation and writes a page that needs no other file: the attention, and what the gates of every
    layer did. It computes in 32 bits, so a close decision may differ from that of nmt translate, which takes 8.
    """
    from nmt.commands.ending import Ending
    from nmt.pictures.explaining import Request, run_explanation

    (chosen,), reverse = choose_models((model,) if model else (), src, tgt)
    with Ending(lambda: f"{str(output)!r} is as it was"):
        request = Request(
            model=chosen, reverse=reverse, src=src, tgt=tgt, sentence=" ".join(sentence), output=output, threads=threads
        )
        click.echo(run_explanation(request))


@commands.command(epilog="Example:  nmt plot runs/one runs/two -o curves.png")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=PATH)
@click.option("-o", "--output", type=PATH, metavar="FILE",
              help="A page (.html) or a picture (.png, .svg; needs matplotlib).  [default: curves.html]")  # fmt: skip
@click.option("--tensorboard", "events", type=PATH, metavar="DIR",
              help="Write event files for TensorBoard, a folder for each run, instead or as well.")  # fmt: skip
def plot(runs: tuple[Path, ...], output: Path | None, events: Path | None) -> None:
    """Draw the curves of trainings.

    Beside each other: loss, BLEU, learning rate, speed, memory.
    A RUN is the directory of a training, running or done.
    """
    from nmt.commands.ending import Ending
    from nmt.pictures.plotting import run_plot

    chosen = output or (None if events else Path("curves.html"))
    with Ending():
        run_plot(runs, chosen, events)


@commands.command(epilog="Example:  nmt models -f json")
@click.argument("name", required=False, metavar="[SRC-TGT]")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def models(name: str | None, form: str) -> None:
    """List the built-in models.

    With size, licence and scores, reranked by the model of the other direction; with a name, such as de-en, its card.
    """
    from nmt.commands.ending import Ending
    from nmt.output import output_lines
    from nmt.pretrained.listing import list_models, show_card

    with Ending(), output_lines(None) as write:
        write(show_card(name) if name else list_models(form))


@commands.command(epilog="Example:  nmt serve -m runs/demo --port 5000")
@SERVED
@click.option("--host", default="127.0.0.1", show_default=True, help="Address; 0.0.0.0 = reachable from elsewhere.")
@click.option("--port", type=click.IntRange(0, 65535), default=5000, show_default=True, help="0 = any free one.")
@click.option(
    "--api-keys",
    "key_file",
    type=PATH,
    metavar="FILE",
    help="An API key in each line; requests then need one as api_key.",
)
@click.option("--allow-origin", "origins", multiple=True, metavar="ORIGIN",
              help="Let web pages from there ask it, such as https://example.org; * = all.")  # fmt: skip
@click.option("--url-prefix", "prefix", default="", metavar="PATH",
              help="Path under which a proxy serves it, such as /translate.")  # fmt: skip
@click.option("--batch-wait", type=click.FloatRange(0, 10_000), default=10, show_default=True,
              help="Milliseconds a batch waits for more requests.")  # fmt: skip
@click.option("--beam-size", type=BEAM, help="1 = greedy  [default: the model's own]")
@click.option("--reverse-weight", type=click.FloatRange(0),
              help="Weight of a model of the other direction that is served too; 0 = without it.")  # fmt: skip
@GLOSSARY
@limit_options
@hardware_options
def serve(
    body_limit: int, char_limit: int, batch_limit: int, alternatives_limit: int, queue_limit: int, time_limit: float,
    req_limit: int, batch_wait: float, **options: Any,
) -> None:  # fmt: skip
    """Translate over HTTP, with a page for people.

    The interface is LibreTranslate's; the page is at /.
    POST /translate takes q, source, target as JSON or a form. Requests that arrive together are translated
    together. SIGTERM or Ctrl-C ends it when the requests in flight are answered.
    """
    needed = ("fastapi", "uvicorn", "prometheus_client", "python_multipart", "py3langid")
    if missing := [name for name in needed if find_spec(name) is None]:
        raise InputError(f"nmt serve needs {', '.join(missing)}; install by: pip install -e '.[serve]'")
    from nmt.pretrained.models import every_builtin
    from nmt.serve.options import Limits, Options
    from nmt.serve.server import run_server

    options["models"] = options["models"] or tuple(map(str, every_builtin()))
    limits = Limits(
        body=body_limit, characters=char_limit, texts=batch_limit, alternatives=alternatives_limit, queue=queue_limit,
        seconds=time_limit, per_minute=req_limit,
    )  # fmt: skip
    run_server(Options(wait=batch_wait / 1000, limits=limits, **options))


@commands.command(epilog="Example:  nmt export -m runs/demo -o demo.zip --precision int8")
@click.option("-m", "--model", type=PATH, required=True, metavar="DIR",
              help="Model directory or zip.")  # fmt: skip
@click.option("-o", "--output", type=PATH, required=True, metavar="PATH",
              help="A name that ends in .zip, else a directory.")  # fmt: skip
@click.option("--precision", type=click.Choice(["fp32", "bf16", "int8", "int7"]),
              help="Of the stored weights [as they are].")  # fmt: skip
@click.option("--card", type=PATH, metavar="FILE",
              help="Markdown added to the model card; it replaces the card if it begins with ---.")  # fmt: skip
@click.option("--onnx", is_flag=True, help="Graphs for ONNX Runtime instead, in fp32, with a guide.")
@click.option("--overwrite", is_flag=True, help="Replace what is there.")
def export(**options: Any) -> None:
    """Write a model to carry away.

    One file, or a directory, with what translating needs and no more.
    With --precision int8 a file is about a quarter as large; decoding on a CPU rounds to the same 8 bits anyway. A zip
    with int7 is about a fifth as large.
    """
    from nmt.commands.ending import Ending
    from nmt.commands.export import Request, run_export

    with Ending(lambda: f"{str(options['output'])!r} is not written"):
        run_export(Request(**options))


@commands.command(epilog="Example:  nmt config -f yaml > mine.yaml")
@CONFIG
@click.option("-f", "--format", "form", type=click.Choice(["text", "yaml"]), default="text", show_default=True,
              help="yaml = a config file with a comment on every key.")  # fmt: skip
@click.argument("words", nargs=-1, metavar="[SECTION|SECTION.KEY[=VALUE]]...", shell_complete=complete_words)
def config(config_path: Path | None, form: str, words: tuple[str, ...]) -> None:
    """List the settings of a training.

    Every key of a config with its value, what it takes and what it does: the defaults, or those of a file by -c,
    changed by SECTION.KEY=VALUE. SECTION or SECTION.KEY shows that part alone.
    """
    from nmt.output import output_lines
    from nmt.settings import show_settings

    with output_lines(None) as write:
        write(show_settings(config_path, words, form))


@commands.command(epilog="Example:  nmt completion bash")
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Complete commands in the shell by Tab.

    Prints the script for that: options, settings of a training and their values, model directories and files.

    \b
    bash: put into ~/.bashrc:  eval "$(nmt completion bash)"
    zsh:  put into ~/.zshrc:   eval "$(nmt completion zsh)"
    fish: nmt completion fish > ~/.config/fish/completions/nmt.fish
    """
    click.echo(completion_script(shell, commands))


def main() -> None:
    """Run a command; errors are one line on stderr."""
    register()
    run(commands)
