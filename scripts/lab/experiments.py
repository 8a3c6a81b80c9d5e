"""What the studies train and measure: one config with changes, an equal number of updates for all, figures by nmt.

Equal updates rather than equal time: that is repeatable on any machine. Batches hold as many tokens in each, so the
work of an update is alike but where a change itself makes it heavier; the minutes of each training are told.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from lab.command_line import parser
from lab.corpora import folder_of
from lab.studies import Figures, Processes, Stopped, Study, Task, write_json
from lab.training_log import read_metrics, training_facts
from nmt.config import Config
from nmt.config_reading import read_config
from nmt.errors import FailureError, InputError
from nmt.lines import read_lines
from nmt.scaling import open_keys

# Updates from which the number that fits into --minutes is reckoned, and those at their start that are left out.
CALIBRATION, WARMING = 60, 20
# How those are made, whatever the user wants of the trainings: the clock of a line begins anew after a validation, so
# there is one at the end alone.
MEASURED = (
    *("train.max_epochs=0", f"train.max_steps={CALIBRATION}", f"train.eval_every={CALIBRATION}"),
    *("train.eval_sentences=1", "train.patience=0", "train.log_every=10"),
)


@dataclass(frozen=True)
class Corpus:
    """Folder and languages of a corpus, and the names of its sets."""

    folder: Path
    src: str
    tgt: str
    train: str
    dev: str

    def file(self, name: str, language: str) -> Path:
        """Return the file of a set in a language."""
        return self.folder / f"{name}.{language}"

    @classmethod
    def of(cls, config: Config) -> Corpus:
        """Return the corpus that a config names, where it is; raises InputError unless it has one and a dev set."""
        data = config.data
        if len(data.train) != 1 or len(data.dev) != 1:
            raise InputError("data.train and data.dev must each name one corpus, such as data/multi30k/train")
        train, dev = Path(data.train[0]), Path(data.dev[0])
        return cls(folder_of(train), data.src, data.tgt, train.name, dev.name)

    @property
    def overrides(self) -> tuple[str, ...]:
        return f"data.train={self.folder / self.train}", f"data.dev={self.folder / self.dev}"


@dataclass(frozen=True)
class Plan:
    """How every training of a study is made; overrides come last, and win over each variant's.

    config: None for the defaults; steps: 0 where each training ends as its config says
    """

    config: Path | None
    corpus: Corpus
    steps: int
    threads: int
    overrides: tuple[str, ...] = ()

    def settings(self, changes: Sequence[str]) -> list[str]:
        """Return the overrides of a training: the budget of all, a variant's changes, and what the user wants."""
        budget = [
            "train.max_epochs=0",
            f"train.max_steps={self.steps}",
            f"train.eval_every={max(self.steps // 4, 1)}",
            f"train.save_every={min(self.steps, 200)}",
            "train.patience=0",
        ]
        base = [f"data.src={self.corpus.src}", f"data.tgt={self.corpus.tgt}", f"train.threads={self.threads}"]
        return [*base, *self.corpus.overrides, *(budget if self.steps else []), *changes, *self.overrides]

    def facts(self, changes: Sequence[str]) -> dict[str, Any]:
        """Return all that a training depends on: the settings that are not the defaults, or follow from the corpus."""
        defaults = Config().flat()
        config = read_config(self.config, self.settings(changes))
        given = {key: value for key, value in config.flat().items() if value != defaults[key]}
        return {**given, **dict.fromkeys(open_keys(config), "auto")}


def train(folder: Path, processes: Processes, plan: Plan, changes: Sequence[str]) -> Path:
    """Train a model in a task's folder, or go on; returns its directory."""
    model = folder / "model"
    config = ["-c", plan.config] if plan.config else []
    command = [sys.executable, "-m", "nmt", "train", *config, "-o", model, *plan.settings(changes)]
    processes.run(command, folder / "log", plan.threads)
    return model


def figures_of(model: Path) -> Figures:
    """Return parameters, updates and minutes of a training, and the perplexity of the model it chose."""
    facts = training_facts(model)
    steps = {key: facts[key] for key in ("seed", "updates", "parameters")}
    best = [line["valid_perplexity"] for line in read_metrics(model) if line.get("best")]
    minutes = round(facts["wall_seconds"] / 60, 2)
    return {**steps, "minutes": minutes, "perplexity": best[-1] if best else None}


def evaluate_dev(
    folder: Path, processes: Processes, plan: Plan, models: Sequence[Path], options: Sequence[str] = ()
) -> Figures:
    """Return BLEU and chrF on the development set of a model, or of several together."""
    corpus = plan.corpus
    voters = [part for model in models for part in ("-m", str(model))]
    files = ["--src", corpus.file(corpus.dev, corpus.src), "--ref", corpus.file(corpus.dev, corpus.tgt)]
    command = [sys.executable, "-m", "nmt", "evaluate", *voters, *files, "-M", "bleu,chrf", "-f", "json", *options]
    found = json.loads(processes.run([*command, "--threads", str(plan.threads)], folder / "log", plan.threads))
    scores = {"bleu": found[0]["score"], "chrf": found[1]["score"]}
    return {**scores, "signature": found[0]["signature"]}


def translate(folder: Path, processes: Processes, plan: Plan, model: Path, source: Path) -> list[str]:
    """Return a model's translations of a file, which are kept in a task's folder."""
    output = folder / f"{source.name}.translated"
    command = [sys.executable, "-m", "nmt", "translate", "-m", model, "-i", source, "-o", output]
    processes.run([*command, "--threads", str(plan.threads)], folder / "log", plan.threads)
    return list(read_lines(output))


def take_pairs(corpus: Corpus, count: int, folder: Path) -> str:
    """Write so many training pairs, drawn at random, the fewer among the more; returns their prefix."""
    sides = [list(read_lines(corpus.file(corpus.train, code))) for code in (corpus.src, corpus.tgt)]
    if len(sides[0]) < count:
        raise InputError(f"{corpus.folder / corpus.train} has {len(sides[0]):,} pairs; {count:,} are wanted")
    order = list(range(len(sides[0])))
    Random(1).shuffle(order)
    folder.mkdir(parents=True, exist_ok=True)
    prefix = folder / f"{corpus.folder.name}-{count}"
    for code, lines in zip((corpus.src, corpus.tgt), sides, strict=True):
        write_lines(prefix.with_name(f"{prefix.name}.{code}"), [lines[place] for place in sorted(order[:count])])
    return str(prefix)


def write_lines(path: Path, lines: Sequence[str]) -> None:
    """Write lines; a file that holds them already is left: if its time changed, what is made of it would be too."""
    text = "".join(line + "\n" for line in lines)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8", newline="\n")


# --- What the scripts share -------------------------------------------------------------------------------------


def study_options(doc: str | None, name: str, config: str) -> argparse.ArgumentParser:
    """Return the options of a study."""
    options = parser(doc)
    add = options.add_argument
    add("-c", "--config", type=Path, default=Path(config), help=f"what is varied [{config}]")
    add("-o", "--output", type=Path, default=Path("runs") / name, metavar="DIR", help=f"[runs/{name}]")
    add("--jobs", type=int, default=2, metavar="N", help="trainings at a time [2]")
    add("--threads", type=int, default=1, metavar="N", help="threads of each [1]")
    add("--only", nargs="+", default=[], metavar="NAME", help="these rows alone, with what they need")
    return options


def budget_options(options: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the options of studies whose trainings have equal updates."""
    add = options.add_argument
    add("--minutes", type=float, default=25, help="time of a training, from which the updates of all are reckoned [25]")
    add("--steps", type=int, default=0, metavar="N", help="updates of a training, instead of --minutes")
    return options


def make_plan(arguments: argparse.Namespace, processes: Processes, changes: Sequence[str] = ()) -> Plan:
    """Return the plan of a study; a study that was begun goes on with the updates it had.

    changes: of the training by which the updates that fit into --minutes are found
    """
    if min(arguments.minutes, arguments.jobs, arguments.threads) <= 0 or arguments.steps < 0:
        raise InputError("--minutes, --jobs and --threads must be above 0, --steps not below")
    corpus = Corpus.of(read_config(arguments.config, arguments.overrides))
    plan = Plan(arguments.config, corpus, arguments.steps, arguments.threads, tuple(arguments.overrides))
    path = arguments.output / "budget.json"
    wanted: dict[str, Any] = {"steps": arguments.steps}
    if not arguments.steps:
        wanted = {"minutes": arguments.minutes, "jobs": arguments.jobs, "threads": arguments.threads}
    if path.is_file():
        known = json.loads(path.read_text(encoding="utf-8"))
        if known["wanted"] != wanted:
            raise InputError(
                f"{arguments.output} was begun with {_words(known['wanted'])}, now {_words(wanted)}; "
                "give the same, or another folder by -o"
            )
        steps = known["steps"]
    else:
        steps = arguments.steps or calibrate(arguments, processes, plan, changes)
        write_json(path, {"wanted": wanted, "steps": steps})
    return Plan(plan.config, corpus, steps, plan.threads, plan.overrides)


def calibrate(arguments: argparse.Namespace, processes: Processes, plan: Plan, changes: Sequence[str]) -> int:
    """Return how many updates fit into the minutes, by as many short trainings at once as there will be."""
    short = Plan(plan.config, plan.corpus, CALIBRATION, plan.threads, (*plan.overrides, *MEASURED))

    def work(folder: Path, runner: Processes) -> Figures:
        lines = [line for line in read_metrics(train(folder, runner, short, changes)) if "seconds" in line]
        measured = [line["seconds"] for line in lines if line["step"] > WARMING]
        return {"seconds_per_update": sum(measured) / (10 * len(measured))}

    tasks = [Task(f"calibration-{number}", short.facts(changes), work) for number in range(1, arguments.jobs + 1)]
    rows = Study(arguments.output / "calibration", tasks, processes).run(arguments.jobs)
    if failed := [row.error for row in rows.values() if row.figures is None]:
        raise FailureError(f"the calibration failed: {failed[0]}")
    slowest = max(row.figures["seconds_per_update"] for row in rows.values() if row.figures is not None)
    return max(int(arguments.minutes * 60 / slowest), 1)


def chosen(tasks: Sequence[Task], only: Sequence[str]) -> list[str]:
    """Return these names of tasks and those of what they need, all where none is given; raises InputError for names
    of no task."""
    names = {task.name: task for task in tasks}
    if unknown := [name for name in only if name not in names]:
        raise InputError(f"no row {unknown[0]!r}; choose among: {', '.join(names)}")
    wanted = set(only) or set(names)
    while more := {need for name in wanted for need in names[name].needs} - wanted:
        wanted |= more
    return [task.name for task in tasks if task.name in wanted]


def run_study(work: Callable[[Processes], bool]) -> int:
    """Run a study to its end; returns the exit code: 1 where a row failed, 128 + the signal that stopped it."""
    with Processes() as processes:
        try:
            return 0 if work(processes) else 1
        except Stopped:
            print("stopped; the same command goes on", file=sys.stderr)
            return 128 + processes.signal


def _words(tree: Mapping[str, Any]) -> str:
    return ", ".join(f"--{key} {value}" for key, value in tree.items())
