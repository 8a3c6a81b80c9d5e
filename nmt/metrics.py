"""Scores of translations against references: sacreBLEU's BLEU, chrF and TER, with their signatures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from nmt.bars import waiting
from nmt.errors import InputError, counted

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric

BOOTSTRAP_SAMPLES = 1000
DEFAULT_METRICS = ("bleu", "chrf", "ter")
# Largest product of the two lengths, in words, that TER is computed of: the search for shifts takes a minute there.
_MOST_TER_CELLS = 1_000_000


@dataclass(frozen=True)
class Score:
    """One metric of one system.

    mean, ci: of bootstrap resamples, if any were drawn; ci is half the width of the 95% interval
    p_value: how easily chance explains the difference from the baseline, if there is one
    """

    name: str
    value: float
    signature: str
    mean: float | None = None
    ci: float | None = None
    p_value: float | None = None

    def format(self) -> str:
        """Return the score as sacreBLEU prints it: `BLEU|nrefs:1|... = 39.95 (μ = 39.90 ± 0.61)`."""
        text = f"{self.name}|{self.signature} = {self.value:.2f}"
        if self.mean is not None and self.ci is not None:
            text += f" (μ = {self.mean:.2f} ± {self.ci:.2f})"
        return text if self.p_value is None else f"{text} (p = {self.p_value:.4f})"

    def as_dict(self) -> dict[str, str | float]:
        """Return what is known under sacreBLEU's JSON keys, unrounded."""
        known: dict[str, str | float | None] = {
            "name": self.name,
            "score": self.value,
            "signature": self.signature,
            "confidence_mean": self.mean,
            "confidence_var": self.ci,
            "p_value": self.p_value,
        }
        return {key: value for key, value in known.items() if value is not None}


class SystemScores(NamedTuple):
    """A system's name and its scores, one for each metric asked for."""

    system: str
    scores: list[Score]


class Options(NamedTuple):
    """What metrics are made with; tokenize: sacreBLEU's name of BLEU's tokenizer, None for 13a."""

    lowercase: bool = False
    tokenize: str | None = None


_USUAL = Options()


def _bleu(options: Options) -> Metric:
    from sacrebleu.metrics.bleu import BLEU

    if options.tokenize is not None and options.tokenize not in BLEU.TOKENIZERS:
        known = ", ".join(BLEU.TOKENIZERS)
        raise InputError(f"unknown BLEU tokenizer {options.tokenize!r}; choose one of: {known}")
    try:
        return BLEU(lowercase=options.lowercase, tokenize=options.tokenize)
    except (ImportError, RuntimeError, OSError) as error:  # a tokenizer's package or model is not there
        reason = " ".join(str(error).split())
        raise InputError(f"BLEU tokenizer {options.tokenize!r} cannot be used: {reason}") from None


def _chrf(options: Options) -> Metric:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF(lowercase=options.lowercase)


def _chrf_words(options: Options) -> Metric:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF(lowercase=options.lowercase, word_order=2)


def _ter(_: Options) -> Metric:
    """Always ignore case, as Tercom does."""
    from sacrebleu.metrics.ter import TER

    return TER()


METRICS: dict[str, Callable[[Options], Metric]] = {
    "bleu": _bleu,
    "chrf": _chrf,
    "chrf++": _chrf_words,
    "ter": _ter,
}


def evaluate(
    hypotheses: Sequence[str],
    references: Sequence[Sequence[str]],
    metrics: Sequence[str] = DEFAULT_METRICS,
    *,
    confidence: bool = False,
    options: Options = _USUAL,
) -> list[Score]:
    """Score hypotheses against one or more sets of references, one line per sentence in each.

    confidence adds the mean and the 95% interval of 1,000 bootstrap resamples. Raises InputError for
    an unknown metric, unequal numbers of lines, or none.
    """
    check_lines("the translation", hypotheses, references)
    _check_lengths("the translation", hypotheses, references, metrics)
    scores = []
    resamples = f", {BOOTSTRAP_SAMPLES:,} resamples" if confidence else ""
    for name, metric in zip(dict.fromkeys(metrics), _metrics(metrics, options), strict=True):
        shown = name.upper().replace("CHR", "chr")
        with waiting(f"{shown} of {len(hypotheses):,} lines{resamples}"):
            result = metric.corpus_score(hypotheses, references, BOOTSTRAP_SAMPLES if confidence else 1)
        signature = metric.get_signature().format()
        mean, ci = (float(result._mean), float(result._ci)) if confidence else (None, None)
        scores.append(Score(result.name, float(result.score), signature, mean, ci))
    return scores


def sentence_chrf(
    hypotheses: Sequence[str], references: Sequence[Sequence[str]], *, lowercase: bool = False
) -> list[float]:
    """Return the chrF of each sentence, which tells single sentences apart better than BLEU does (Popović, 2015)."""
    check_lines("the translation", hypotheses, references)
    metric = _chrf(Options(lowercase))
    return [
        float(metric.sentence_score(line, list(others)).score)
        for line, *others in zip(hypotheses, *references, strict=True)
    ]


def compare(
    systems: Sequence[tuple[str, Sequence[str]]],
    references: Sequence[Sequence[str]],
    metrics: Sequence[str] = DEFAULT_METRICS,
    *,
    test: Literal["bs", "ar"] = "bs",
    options: Options = _USUAL,
) -> list[SystemScores]:
    """Test whether systems differ from the first, the baseline, by more than chance.

    test: bs, paired bootstrap resampling (Koehn, 2004); ar, paired approximate randomization (Riezler and Maxwell,
    2005). Both give mean and ci, by 1,000 bootstrap resamples. The seed is sacreBLEU's (12345, or SACREBLEU_SEED)
    and stands in the signature. The baseline has no p_value, and a score equal to its own has 1. Raises InputError as
    evaluate does.
    """
    from sacrebleu.significance import PairedTest, Result

    if test not in ("bs", "ar"):
        raise InputError(f"unknown paired test {test!r}; choose one of: bs (bootstrap), ar (randomization)")
    if len(systems) < 2:
        raise InputError(f"a paired test needs a baseline and at least one more system; given {len(systems)}")
    for name, hypotheses in systems:
        check_lines(f"system {name!r}", hypotheses, references)
        _check_lengths(f"system {name!r}", hypotheses, references, metrics)
    built = {str(index): metric for index, metric in enumerate(_metrics(metrics, options))}
    kind = {"bs": "paired bootstrap", "ar": "paired approximate randomization"}[test]
    with waiting(f"{kind} of {len(systems)} systems, {len(references[0]):,} lines, by {', '.join(metrics)}"):
        signatures, results = PairedTest(list(systems), built, references, test, n_ar_confidence=BOOTSTRAP_SAMPLES)()

    def score(name: str, row: int) -> Score:
        result: Any = results[name][row]
        assert isinstance(result, Result)
        # sacreBLEU counts only larger differences than the one seen, so equal scores would look significant.
        baseline: Any = results[name][0]
        p_value = 1.0 if row and result.score == baseline.score else result.p_value
        rest = (None if x is None else float(x) for x in (result.mean, result.ci, p_value))
        return Score(name, float(result.score), signatures[name].format(), *rest)

    return [SystemScores(name, [score(metric, row) for metric in signatures]) for row, (name, _) in enumerate(systems)]


def check_metrics(names: Sequence[str]) -> None:
    """Raise InputError for a metric there is none of, or no metric at all."""
    for name in names:
        if name not in METRICS:
            raise InputError(f"unknown metric {name!r}; choose one of: {', '.join(METRICS)}")
    if not names:
        raise InputError(f"no metric given; choose one or more of: {', '.join(METRICS)}")


def _metrics(names: Sequence[str], options: Options) -> list[Metric]:
    """Build each metric once, however often it is named."""
    check_metrics(names)
    return [_plain(METRICS[name](options)) for name in dict.fromkeys(names)]


def _plain(metric: Metric) -> Metric:
    """Make a metric give every score as a plain float.

    Of resamples it gives NumPy's and, where nothing matches, Python's zero, of which sacreBLEU takes no mean.
    """
    compute = metric._compute_score_from_stats

    def compute_plain(stats: list[Any]) -> Any:
        score = compute(stats)
        score.score = float(score.score)
        return score

    metric._compute_score_from_stats = compute_plain  # type: ignore[method-assign]
    return metric


def check_lines(
    what: str, hypotheses: Sequence[str], references: Sequence[Sequence[str]], names: Sequence[str] = ()
) -> None:
    """Raise InputError where not every line has its references; what: whose lines they are; names: of references."""
    if not references:
        raise InputError("no references given; give at least one file, one line per sentence")
    if not hypotheses:
        raise InputError(f"{what} is empty; expected one line per sentence")
    for number, lines in enumerate(references, 1):
        if len(lines) != len(hypotheses):
            which = "the references" if len(references) == 1 else f"reference set {number}"
            which = names[number - 1] if names else which
            counts = f"{what} has {counted(len(hypotheses), 'line')}, but {which} {len(lines):,}"
            raise InputError(f"{counts}; line N of one must belong to line N of the other")


def _check_lengths(
    what: str, hypotheses: Sequence[str], references: Sequence[Sequence[str]], metrics: Sequence[str]
) -> None:
    """Raise InputError for a line on which TER would take minutes and gigabytes."""
    if "ter" not in metrics:
        return
    for number, (line, *others) in enumerate(zip(hypotheses, *references, strict=True), 1):
        words, most = len(line.split()), max(len(other.split()) for other in others)
        if words * most > _MOST_TER_CELLS:
            sizes = f"{words:,} words against {most:,} are too many for TER"
            raise InputError(f"{what}, line {number:,}: {sizes}; choose other metrics: -M bleu,chrf")
