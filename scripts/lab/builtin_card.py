"""The card of a built-in model: what it is for and not for, how it was trained, whose texts it learned from, scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from lab.scoring import Scores
from lab.training_log import read_metrics
from nmt import __version__
from nmt.config import Config
from nmt.model_description import ModelDescription
from nmt.serve.languages import name

LICENCE = "CC BY 2.0 FR, MPL-2.0 (training texts)"
_CARD = """---
{front}---
# {src_name} to {tgt_name}

A small recurrent model that comes with nmt {version} and runs on an ordinary CPU:

    echo "{example}" | nmt translate --from {src} --to {tgt}

## What it is for

- Everyday sentences: talk, questions, short messages, simple instructions. It reads one sentence at a time, as a
  person types it: capitals, the last mark and the kind of quotes may be missing or different.
- Texts about working with office programs, as in LibreOffice's help.

## What it is not for

- Texts where a mistake does harm: medicine, law, safety, contracts. It makes mistakes, and a wrong translation reads
  as well as a right one.
- News, literature, science, long nested sentences: it has seen little of them, and invents what it does not know.
- What only the sentence before tells: who is meant by a pronoun, whether a person is addressed as du or Sie, the
  gender of a doctor or a friend. It then takes what was most frequent in its texts.
- Other languages, mixed languages, dialects.

## How it was trained

`scripts/builtin {src}-{tgt}` made it: `{config_path}`, seed {seed}, weights of update {step} of {steps}{start}; {cell}
encoder ({encoder}) and decoder ({decoder}) with {attention} attention over {vocabulary:,} shared subwords, weights
of 8 bits. The corpus is that of `scripts/builtin_corpus.py`: in some pairs names and numbers are exchanged for
others, the same on both sides, and the few with numbers come several times; in some sources spelling, capitals, last
marks or quotes are changed; some sentences are made of two, or two pairs stand in one line. What people say every day
is added from a phrase book, and words alone, with the translations that the sentences have for them. Sentences of both
languages also come with what the models before made of them.

## Texts and licences

- Sentences of [Tatoeba](https://tatoeba.org) by its contributors, in the selection of
  [manythings.org/anki](https://www.manythings.org/anki/), changed as told above:
  [CC BY 2.0 FR](https://creativecommons.org/licenses/by/2.0/fr/).
- A phrase book of this project, in the public domain (CC0).
- The help of [LibreOffice](https://www.libreoffice.org) and its translation, by The Document Foundation and its
  contributors, [MPL-2.0](https://www.mozilla.org/MPL/2.0/).

Whoever passes the model on passes this attribution on with it.
"""
_SCORES = """
## Scores

Of these weights as they are here, on sentences they were not trained on, by sacreBLEU on cased, detokenised text, with
the model of the other direction reranking, as `nmt translate` does unasked; alone = without it:

| test set | metric | score |
|---|---|---|
{rows}

Signatures:

{signatures}
"""
_EXAMPLES = {"de": "Guten Morgen, wie geht es dir?", "en": "Good morning, how are you?"}


@dataclass(frozen=True)
class Facts:
    """How a model was made: its config, the config's file, the update of its weights and the updates in all.

    share: of the weights that were shipped before in a mean with them, 0 without
    """

    config: Config
    config_path: str
    step: int
    steps: int
    vocabulary: int
    share: float = 0

    @classmethod
    def read(cls, directory: Path, config_path: str, steps: int, share: float = 0) -> Facts:
        """Read them from a run directory; steps: updates in all."""
        description = ModelDescription.read(directory)
        # A mean is of where the training ended.
        found = None if share else best_step(directory)
        best = steps if found is None else found
        return cls(description.config, config_path, best, steps, description.tgt_vocab, share)


def best_step(directory: Path) -> int | None:
    """Return the update of the best validation in a run's metrics.jsonl, None where there is none."""
    return max((int(line["step"]) for line in read_metrics(directory) if line.get("best")), default=None)


def last_step(directory: Path) -> int:
    """Return the last update in a run's metrics.jsonl, 0 where there is none."""
    return max((int(line["step"]) for line in read_metrics(directory)), default=0)


def lineage(start: str) -> str:
    """Return what came before a training that started from a model: runs that are here, or a model that was shipped."""
    run = Path(start)
    if start and run.is_dir():
        before = ModelDescription.read(run).config.train.start_from
        return f", after {best_step(run) or 0:,} of a run before{lineage(before)}"
    return f", from the {start} shipped before" if start else ""


def builtin_card(facts: Facts, scores: Scores) -> str:
    """Return the card of a built-in model; scores: by the name of the test set, may be none."""
    data, model = facts.config.data, facts.config.model
    text = _CARD.format(
        front=yaml.safe_dump(_front(facts, scores), sort_keys=False, allow_unicode=True),
        src=data.src, tgt=data.tgt, src_name=name(data.src), tgt_name=name(data.tgt),
        example=_EXAMPLES.get(data.src, "…"), version=__version__, config_path=facts.config_path,
        seed=facts.config.train.seed, step=facts.step, steps=facts.steps, cell=model.cell.upper(),
        encoder=f"{model.encoder_layers} x {model.encoder_size}", attention=model.attention,
        start=lineage(facts.config.train.start_from)
        + (f", in a mean with {facts.share:.0%} of those shipped before" if facts.share else ""),
        decoder=f"{model.decoder_layers} x {model.decoder_size}", vocabulary=facts.vocabulary,
    )  # fmt: skip
    if not scores:
        return text
    every = [(test_set, each) for test_set, found in scores.items() for each in found]
    rows = "\n".join(f"| {test_set} | {each['name']} | {each['score']:.1f} |" for test_set, each in every)
    signatures = dict.fromkeys(f"- `{each['name']}|{each['signature']}`" for _, each in every)
    return text + _SCORES.format(rows=rows, signatures="\n".join(signatures))


def _front(facts: Facts, scores: Scores) -> dict[str, object]:
    """Return the fields that model hubs read."""
    pair = f"{facts.config.data.src}-{facts.config.data.tgt}"
    results = [
        {
            "task": {"type": "translation", "name": f"Translation {pair}"},
            "dataset": {"type": test_set.split("/", maxsplit=1)[0], "name": test_set},
            "metrics": [
                {
                    "type": each["name"].lower(),
                    "name": each["name"],
                    # Unrounded: 67.551 is 67.6 in the table below, but 67.55, rounded again by a list, 67.5.
                    "value": each["score"],
                    "signature": each["signature"],
                }
                for each in found
            ],
        }
        for test_set, found in scores.items()
    ]
    return {
        "language": [facts.config.data.src, facts.config.data.tgt],
        "pipeline_tag": "translation",
        "library_name": "nmt",
        "license": "other",
        "license_name": LICENCE,
        "model-index": [{"name": f"nmt-{pair}", "results": results}],
    }
