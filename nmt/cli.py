"""The commands, thin: each reads its options, calls the library and writes the result.

stdout carries results, stderr everything else. Exit codes: 0 done, 1 failed, 2 wrong usage, config or data,
130 / 143 stopped by SIGINT / SIGTERM after saving. Heavy imports live inside the commands, so that help is
instant.
"""

from __future__ import annotations

import logging
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nmt import __version__
from nmt.errors import FailureError, InputError

if TYPE_CHECKING:
    from nmt.config import SearchConfig

_CONTEXT = {"help_option_names": ["-h", "--help"], "token_normalize_func": lambda name: name.replace("_", "-")}


@click.group(context_settings=_CONTEXT, epilog="Example:  echo 'Guten Morgen.' | nmt translate -m runs/demo")
@click.version_option(__version__, prog_name="nmt")
def commands() -> None:
    """Recurrent machine translation: train on two text files, translate, evaluate."""


_MODEL = click.option(
    "-m", "--model", "models", multiple=True, required=True, metavar="DIR",
    help="Model directory or zip; several vote as an ensemble.",
)  # fmt: skip


_PRECISION = click.Choice(["auto", "fp32", "bf16", "int8"])

_SERVED = click.option(
    "-m", "--model", "models", multiple=True, required=True, metavar="DIR",
    help="Model directory or zip; repeat for more languages. Those of one language pair vote.",
)  # fmt: skip


def _hardware_options(command: Any) -> Any:
    """Add the options of how fast, not what."""
    options = [
        click.option("--precision", type=_PRECISION, default="auto", show_default=True,
                     help="auto = int8 on a CPU, else bf16 where the hardware has it."),
        click.option("--device", default="auto", show_default=True, metavar="NAME", help="auto, cpu, cuda or cuda:N."),
        click.option("--threads", type=click.IntRange(0), default=0, help="CPU threads; 0 = one per core."),
        click.option("--batch-size", type=click.IntRange(0), default=0,
                     help="Sentences taken together; 0 = as many as suit the beam."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def _search_options(command: Any) -> Any:
    """Add the options of decoding; what is not given is the model's own."""
    options = [
        click.option("--split/--no-split", default=None, help="A line's sentences one by one, or at once."),
        click.option("--beam-size", type=click.IntRange(1), help="1 = greedy."),
        click.option("--shortlist/--no-shortlist", default=None, help="Likely pieces alone: faster, or all pieces."),
        click.option("--n-best", type=click.IntRange(1), help="Translations per line."),
        click.option("--length-penalty", type=float, help="Exponent of the length a score is divided by."),
        click.option("--coverage-penalty", type=click.FloatRange(0), help="Weight of source left unread."),
        click.option("--min-length", type=click.IntRange(0), help="Fewest tokens of a translation."),
        click.option("--max-length", type=click.IntRange(0), help="Most tokens; 0 = from the source length."),
        click.option("--no-repeat-ngram", type=click.IntRange(0), help="No n-gram of this size twice."),
        click.option("--sampling", is_flag=True, default=None, help="Draw tokens instead of searching."),
        click.option("--temperature", type=click.FloatRange(0, min_open=True), help="Of sampling."),
        click.option("--top-k", type=click.IntRange(0), help="Sample among the k best tokens."),
        click.option("--top-p", type=click.FloatRange(0, 1, min_open=True), help="Sample within this mass."),
        click.option("--seed", type=click.IntRange(0), help="Of sampling."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _limit_options(command: Any) -> Any:
    """Add the options of what a server's requests may ask for."""
    options = [
        click.option("--body-limit", type=click.IntRange(1), default=2_000_000, show_default=True,
                     help="Bytes of a request."),
        click.option("--char-limit", type=click.IntRange(1), default=50_000, show_default=True,
                     help="Characters of a request."),
        click.option("--batch-limit", type=click.IntRange(1), default=128, show_default=True,
                     help="Texts in a request's list."),
        click.option("--alternatives-limit", type=click.IntRange(0), default=5, show_default=True,
                     help="Alternatives of a translation."),
        click.option("--queue-limit", type=click.IntRange(1), default=256, show_default=True,
                     help="Requests waiting at a time."),
        click.option("--time-limit", type=click.FloatRange(0, min_open=True), default=60, show_default=True,
                     help="Seconds for a request."),
        click.option("--req-limit", type=click.IntRange(0), default=0, show_default=True,
                     help="Requests a minute from one address; 0 = no limit."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@commands.command(epilog="Example:  nmt train -o runs/mine data.src=de data.tgt=en data.train=corpus/train")
@click.option("-c", "--config", "config_path", type=click.Path(path_type=Path), help="YAML file; else the defaults.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Run directory [runs/CONFIG_NAME].")
@click.option("--overwrite", is_flag=True, help="Remove the run in the output directory first.")
@click.argument("overrides", nargs=-1, metavar="[SECTION.KEY=VALUE]...")
def train(config_path: Path | None, output: Path | None, overwrite: bool, overrides: tuple[str, ...]) -> None:
    """Train a model, or go on with a training that was stopped.

    data.train names the corpora: a prefix P (files P.SRC and P.TGT), 'src_file,tgt_file', or a .tsv, .jsonl,
    .csv, .json, .parquet file; data.dev likewise, else some pairs are held out. The tokenizer is trained when
    the run directory has none. Several processes train one model when torchrun starts them:
    torchrun --standalone --nproc-per-node 2 -m nmt train …
    """
    from nmt.training import Request, run_training

    directory = output or Path("runs") / (config_path.stem if config_path else "model")
    stopped = run_training(Request(config_path, overrides, directory, overwrite))
    if stopped:
        raise SystemExit(128 + stopped)


@commands.command(epilog="Example:  nmt tokenizer -o runs/mine data.src=de data.tgt=en data.train=corpus/train")
@click.option("-c", "--config", "config_path", type=click.Path(path_type=Path), help="YAML file; else the defaults.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Model directory.")
@click.argument("overrides", nargs=-1, metavar="[SECTION.KEY=VALUE]...")
def tokenizer(config_path: Path | None, output: Path, overrides: tuple[str, ...]) -> None:
    """Train the subword vocabularies alone, into a model directory that nmt train then uses."""
    from nmt.config import read_config
    from nmt.prepare import prepare_tokenizers

    tokenizers = prepare_tokenizers(read_config(config_path, overrides), output)
    for name in tokenizers.files():
        click.echo(output / name)


@commands.command(epilog="Example:  nmt translate -m runs/demo -i letter.de -o letter.en --beam-size 5")
@_MODEL
@click.argument("document", required=False, type=click.Path(path_type=Path))
@click.option("-i", "--input", "input_path", type=click.Path(path_type=Path), help="Text, a line each [stdin].")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="[stdout]")
@click.option("--column", "columns", multiple=True, metavar="NAME", help="Of a table or JSON document; repeat.")
@click.option("--resume", is_flag=True, help="Keep what is done when interrupted, and go on from it.")
@click.option("-f", "--format", "form", type=click.Choice(["text", "jsonl"]), default="text", show_default=True)
@click.option("--scores", is_flag=True, help="Add each translation's score: text ||| score.")
@click.option("--alignments", is_flag=True, help="Add token alignments: ||| source-target …")
@click.option("--from", "src", metavar="CODE", help="Check that the model reads this language.")
@click.option("--to", "tgt", metavar="CODE", help="Check that the model writes this language.")
@_search_options
@_hardware_options
def translate(
    models: tuple[str, ...], document: Path | None, input_path: Path | None, output: Path | None,
    columns: tuple[str, ...], resume: bool, form: str, scores: bool, alignments: bool, src: str | None,
    tgt: str | None, precision: str, device: str, threads: int, batch_size: int, **search: Any,
) -> None:  # fmt: skip
    """Translate text, one line out per line in, or a document as a whole.

    A DOCUMENT is .txt, .md, .html, .srt, .vtt, .po, .docx, .csv, .tsv, .json or .jsonl (the last four by --column);
    all that is no text stays as it is, and so do placeholders, addresses and code. Another ending means lines of
    text.

    Without -i and -o it reads stdin and writes stdout, each line as soon as it is typed. With --n-best, lines
    are: number ||| text. With --resume, from file to file, what is done is kept in OUTPUT.part until all of it is;
    after an interruption the same command goes on from there.
    """
    from nmt.translating import Request, run_translation
    from nmt.translator import Translator

    def load() -> tuple[Translator, SearchConfig]:
        translator = Translator.load(models, precision, device, threads, processes=True)
        translator.check_languages(src, tgt)
        return translator, translator.settings(search)

    run_translation(
        Request(models, document, input_path, output, columns, resume, form, scores, alignments, batch_size), load
    )


@commands.command(epilog="Example:  nmt score -m runs/demo --src test.de --tgt test.en")
@_MODEL
@click.option("--src", "src_path", type=click.Path(path_type=Path), required=True, help="Source text.")
@click.option("--tgt", "tgt_path", type=click.Path(path_type=Path), required=True, help="Translations to score.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="[stdout]")
@click.option("--normalize", is_flag=True, help="Per target token instead of per sentence.")
@_hardware_options
def score(
    models: tuple[str, ...], src_path: Path, tgt_path: Path, output: Path | None, normalize: bool,
    precision: str, device: str, threads: int, batch_size: int,
) -> None:  # fmt: skip
    """Print the log-probability (in nats) the model gives each pair, end of sentence included."""
    from nmt.corpus import read_pairs
    from nmt.ending import Ending
    from nmt.lines import output_lines
    from nmt.translator import Translator

    with Ending(lambda: f"{str(output)!r} is as it was" if output else ""), output_lines(output) as write:
        pairs = read_pairs([f"{src_path},{tgt_path}"], "", "")
        translator = Translator.load(models, precision, device, threads)
        for values in translator.score(pairs, batch_size or 64):
            write(f"{sum(values) / (len(values) if normalize else 1):.6f}")


@commands.command(epilog="Example:  nmt evaluate -m runs/demo --src test.de --ref test.en --confidence")
@click.option("-m", "--model", "models", multiple=True, metavar="DIR", help="Translate --src with this model.")
@click.option("--src", "src_path", type=click.Path(path_type=Path), help="Source text: for -m, and shown by --html.")
@click.option("--hyp", "hyp_path", type=click.Path(path_type=Path), help="Translations, instead of -m and --src.")
@click.option("--ref", "ref_paths", multiple=True, required=True, type=click.Path(path_type=Path),
              help="References; repeat for several.")  # fmt: skip
@click.option("-M", "--metrics", multiple=True, default=("bleu", "chrf", "ter"), show_default=True,
              help="bleu, chrf, chrf++, ter; repeat, or divide by commas.")  # fmt: skip
@click.option("--confidence", is_flag=True, help="95% confidence intervals by bootstrap resampling.")
@click.option("--paired-bs", "bootstrap", type=click.Path(path_type=Path), metavar="FILE",
              help="Compare with another system's output by paired bootstrap resampling.")  # fmt: skip
@click.option("--paired-ar", "randomization", type=click.Path(path_type=Path), metavar="FILE",
              help="Compare with another system's output by paired approximate randomization.")  # fmt: skip
@click.option("--lowercase", is_flag=True, help="Compare without case.")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE",
              help="Write a page too: scores with intervals, BLEU by length, sentences worth reading.")  # fmt: skip
@click.option("--beam-size", type=click.IntRange(1), help="With -m; 1 = greedy.")
@click.option("--precision", type=_PRECISION, default="auto", show_default=True)
@click.option("--threads", type=click.IntRange(0), default=0, help="CPU threads; 0 = one per core.")
def evaluate(**options: Any) -> None:
    """Score translations by BLEU, chrF and TER (sacreBLEU), with signatures."""
    from nmt.ending import Ending
    from nmt.evaluation import Request, run_evaluation
    from nmt.lines import output_lines

    with Ending(lambda: ""), output_lines(None) as write:
        write(run_evaluation(Request(**options)))


@commands.command(epilog="Example:  nmt explain -m runs/demo -o explain.html Wir lesen ein Buch.")
@click.option("-m", "--model", required=True, metavar="DIR", help="Model directory or zip.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default="explain.html", show_default=True,
              help="A page (.html) or a picture (.png, .svg; needs matplotlib).")  # fmt: skip
@click.option("--threads", type=click.IntRange(0), default=0, help="CPU threads; 0 = one per core.")
@click.argument("sentence", nargs=-1, required=True)
def explain(model: str, output: Path, threads: int, sentence: tuple[str, ...]) -> None:
    """Translate a sentence and draw how: its attention, and what the gates of every layer did.

    It prints the translation and writes a page that needs no other file. Numbers are of 32-bit arithmetic, by which
    a close decision may fall otherwise than by the 8 bits of nmt translate.
    """
    from nmt.ending import Ending
    from nmt.pictures.explaining import run_explanation

    with Ending(lambda: f"{str(output)!r} is as it was"):
        click.echo(run_explanation(model, " ".join(sentence), output, threads))


@commands.command(epilog="Example:  nmt plot runs/one runs/two -o curves.png")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE",
              help="A page (.html) or a picture (.png, .svg; needs matplotlib).  [curves.html]")  # fmt: skip
@click.option("--tensorboard", "events", type=click.Path(path_type=Path), metavar="DIR",
              help="Write event files for TensorBoard, a folder for each run, instead or as well.")  # fmt: skip
def plot(runs: tuple[Path, ...], output: Path | None, events: Path | None) -> None:
    """Draw the curves of trainings beside each other: loss, BLEU, learning rate, speed, memory.

    A RUN is the directory of a training, running or done.
    """
    from nmt.ending import Ending
    from nmt.pictures.plotting import run_plot

    chosen = output or (None if events else Path("curves.html"))
    with Ending(lambda: ""):
        run_plot(runs, chosen, events)


@commands.command(epilog="Example:  nmt serve -m runs/demo --port 5000")
@_SERVED
@click.option("--host", default="127.0.0.1", show_default=True, help="Address; 0.0.0.0 = reachable from elsewhere.")
@click.option("--port", type=click.IntRange(0, 65535), default=5000, show_default=True, help="0 = any free one.")
@click.option("--api-keys", "key_file", type=click.Path(path_type=Path), metavar="FILE", help="A key in each line.")
@click.option("--batch-wait", type=click.FloatRange(0, 10_000), default=10, show_default=True,
              help="Milliseconds a batch waits for more requests.")  # fmt: skip
@click.option("--beam-size", type=click.IntRange(1), help="1 = greedy; else the model's own.")
@_limit_options
@_hardware_options
def serve(
    body_limit: int, char_limit: int, batch_limit: int, alternatives_limit: int, queue_limit: int, time_limit: float,
    req_limit: int, batch_wait: float, **options: Any,
) -> None:  # fmt: skip
    """Translate over HTTP, in LibreTranslate's shape, with a page at / for people.

    POST /translate takes q, source, target as JSON or a form. Requests that arrive together are translated
    together. SIGTERM or Ctrl-C ends it when the requests in flight are answered.
    """
    needed = ("fastapi", "uvicorn", "prometheus_client", "python_multipart", "py3langid")
    if missing := [name for name in needed if find_spec(name) is None]:
        raise InputError(f"nmt serve needs {', '.join(missing)}; install: pip install 'nmt[serve]'")
    from nmt.serve.options import Limits, Options
    from nmt.serve.server import run_server

    limits = Limits(body_limit, char_limit, batch_limit, alternatives_limit, queue_limit, time_limit, req_limit)
    run_server(Options(wait=batch_wait / 1000, limits=limits, **options))


@commands.command(epilog="Example:  nmt export -m runs/demo -o demo.zip --precision int8")
@click.option("-m", "--model", type=click.Path(path_type=Path), required=True, metavar="DIR",
              help="Model directory or zip.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True,
              help="A name that ends in .zip, else a directory.")  # fmt: skip
@click.option("--precision", type=click.Choice(["fp32", "bf16", "int8"]), help="Of the stored weights [as they are].")
@click.option("--card", type=click.Path(path_type=Path), metavar="FILE",
              help="Markdown added to the model card; it replaces the card if it begins with ---.")  # fmt: skip
@click.option("--onnx", is_flag=True, help="Graphs for ONNX Runtime instead, in fp32, with a guide.")
@click.option("--overwrite", is_flag=True, help="Replace what is there.")
def export(**options: Any) -> None:
    """Write a model into one file, or a directory, to be carried away: what translating needs and no more.

    With --precision int8 a file is about a quarter as large; decoding on a CPU rounds to the same 8 bits anyway.
    """
    from nmt.ending import Ending
    from nmt.export import Request, run_export

    with Ending(lambda: f"{str(options['output'])!r} is not written"):
        run_export(Request(**options))


def main() -> None:
    """Run a command; errors are one line on stderr."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        commands(prog_name="nmt", standalone_mode=False)
    except click.exceptions.Abort:
        raise SystemExit(130) from None
    except click.ClickException as error:
        error.show()
        raise SystemExit(2) from None
    except click.exceptions.Exit as error:
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except InputError as error:
        click.echo(f"nmt: {error}", err=True)
        raise SystemExit(2) from None
    except FailureError as error:
        click.echo(f"nmt: {error}", err=True)
        raise SystemExit(1) from None
    except OSError as error:
        # A full disk behind stdout, say.
        from nmt.lines import drop_stdout

        drop_stdout()
        click.echo(f"nmt: {f'{error.filename}: ' if error.filename else ''}{error.strerror or error}", err=True)
        raise SystemExit(1) from None
