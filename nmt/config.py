"""Typed configuration: five sections, whose keys have types, limits, defaults and a line that describes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _as_list(value: object) -> object:
    """Let one name stand for a list of one name."""
    if value is None or value == "":
        return []
    return [value] if isinstance(value, str) else value


def _no_truth_value(value: object) -> object:
    """Refuse true and false, which Python takes for 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("a truth value is no number")
    return value


_Whole = Annotated[int, BeforeValidator(_no_truth_value)]
_Number = Annotated[float, BeforeValidator(_no_truth_value)]
Sources = Annotated[list[str], BeforeValidator(_as_list)]
Rate = Annotated[_Number, Field(ge=0, lt=1)]
# The upper limits are far beyond use: a config may come with a stranger's model.
Size = Annotated[_Whole, Field(ge=1, lt=1 << 31)]
Count = Annotated[_Whole, Field(ge=0, lt=1 << 31)]
Seed = Annotated[_Whole, Field(ge=0, lt=1 << 40)]
Width = Annotated[_Whole, Field(ge=1, le=1 << 16)]
Layers = Annotated[_Whole, Field(ge=1, le=100)]
Tokens = Annotated[_Whole, Field(ge=1, le=100_000)]
Threads = Annotated[_Whole, Field(ge=0, le=1024)]
# More takes minutes for a sentence, and helps none.
Beam = Annotated[_Whole, Field(ge=1, le=10_000)]
Positive = Annotated[_Number, Field(gt=0)]
# More pieces no vocabulary has.
MOST_PIECES = 1_000_000
Pieces = Annotated[_Whole, Field(ge=1, le=MOST_PIECES)]


# What may be left open, or be `auto`: it then follows from the size of the corpus, see scaling.py. The defaults below
# stand where there is no corpus.
SCALED_KEYS = (
    "tokenizer.vocab_size",
    "model.dropout",
    "model.embedding_dropout",
    "model.word_dropout",
    "train.batch_tokens",
    "train.max_epochs",
)

# What may be `auto`: those, and one that follows from the kind of pieces.
AUTO_KEYS = (*SCALED_KEYS, "tokenizer.sampling")


class Section(BaseModel):
    """A group of keys; unknown keys and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class DataConfig(Section):
    """Where sentence pairs come from and which are kept."""

    src: str = Field("", description="source language code, such as de; also the suffix or column of its text")
    tgt: str = Field("", description="target language code, such as en; also the suffix or column of its text")
    train: Sources = Field([], description="training corpora: a prefix, 'src_file,tgt_file', or one file or data set")
    dev: Sources = Field(
        [], description="development corpora (the first 5,000 pairs count); held out of training if not given"
    )
    dev_size: Size = Field(
        1000, description="pairs held out of training (at most 5% and 5,000, at least one) when `dev` is absent"
    )
    max_length: Tokens = Field(
        200, description="longest sentence kept in training, in tokens; longer ones are cut when translated"
    )
    max_ratio: Positive = Field(5.0, description="largest ratio of the two lengths kept in training, in characters")
    deduplicate: bool = Field(False, description="drop training pairs seen before")


def _usual_sampling(given: dict[str, Any]) -> float:
    """Return the sampling of a kind of pieces: by it most words are still cut as they are in translation."""
    return 0.1 if given.get("kind") == "bpe" else 0.6


class TokenizerConfig(Section):
    """SentencePiece subwords."""

    kind: Literal["unigram", "bpe"] = Field("unigram", description="how pieces are chosen")
    vocab_size: Pieces = Field(6000, description="pieces in each vocabulary; auto = from the size of the corpus")
    shared: bool = Field(True, description="one vocabulary for both languages")
    sampling: Annotated[_Number, Field(ge=0, le=1)] = Field(
        default_factory=_usual_sampling,
        description="subword sampling in training (unigram: smoothing alpha, 1 = mildest; bpe: merge dropout); "
        "0 = off; auto = 0.6 of unigram, 0.1 of bpe",
    )
    split_digits: bool = Field(False, description="every digit is a piece of its own, so that numbers are copied")
    symbols: list[str] = Field([], description="strings that are always one piece")


class ModelConfig(Section):
    """Sizes, kinds and dropout of the network."""

    cell: str = Field("lstm", description="recurrent cell", examples=["lstm", "gru", "rnn"])
    attention: str = Field(
        "multihead",
        description="how the decoder weighs the source",
        examples=["dot", "general", "additive", "multihead"],
    )
    heads: Width = Field(4, description="heads of multihead attention")
    lexical_shortcut: bool = Field(
        True, description="let the attention read the source embeddings beside the encoder's states"
    )
    second_attention: bool = Field(
        True,
        description="let the decoder read the source once more, from the output of its top layer; with one layer and "
        "no input feeding that is what the first attention reads from, so it is like more heads",
    )
    embedding_size: Width = Field(512, description="width of the embeddings")
    encoder_size: Width = Field(512, description="width of the encoder's output, both directions together")
    encoder_layers: Layers = Field(1, description="layers, each in both directions")
    decoder_size: Width = Field(512, description="width of the decoder's layers")
    decoder_layers: Layers = Field(2, description="one layer below the attention, the rest above it")
    residual: bool = Field(
        False,
        description="add to each layer's output that of the layer below, in the encoder also the embeddings to the "
        "first's, where the widths agree",
    )
    encoder_residual: bool = Field(
        False,
        description="add to the output of each layer of the encoder, from the second on, that of the layer below",
    )
    layer_norm: bool = Field(False, description="normalise each layer's output")
    input_feeding: bool = Field(False, description="feed the attention back into the next step (slower)")
    tie: Literal["none", "output", "all"] = Field(
        "all",
        description="output = target embedding with its softmax weights; all = the source embedding too",
    )
    dropout: Rate = Field(
        0.3, description="variational dropout of every layer's output, one mask per sentence; auto = from the corpus"
    )
    embedding_dropout: Rate = Field(0.3, description="variational dropout of the embeddings; auto = from the corpus")
    word_dropout: Rate = Field(0.1, description="whole embeddings dropped; auto = from the corpus")
    recurrent_dropout: Rate = Field(
        0.0, description="dropout of the recurrent weights, one mask per batch, that both readings of R-Drop share"
    )
    attention_dropout: Rate = Field(0.0, description="dropout of the attention weights")
    init: Literal["xavier", "orthogonal"] = Field("orthogonal", description="first values of the recurrent matrices")


class TrainConfig(Section):
    """Optimisation, schedule, validation, saving."""

    start_from: str = Field(
        "",
        description="a model to go on from (a directory, a zip, or a built-in one such as de-en): its weights, "
        "vocabulary and sizes, which may be made larger; kept if nothing better comes of it",
    )
    max_epochs: Count = Field(
        20, description="passes over the corpus; 0 = no limit; auto = from its size, none with max_steps"
    )
    max_steps: Count = Field(0, description="updates in all; 0 = no limit; the first limit reached ends it")
    batch_tokens: Size = Field(
        2048,
        description="budget of a batch, which all processes share: sentences x the longer side, in tokens; auto = "
        "from the corpus",
    )
    accumulate: Size = Field(1, description="batches summed into one update")
    optimizer: str = Field("adam", description="update rule", examples=["adam", "adamw", "sgd"])
    learning_rate: Positive = Field(1e-3, description="largest learning rate, reached after the warm-up")
    min_learning_rate: Annotated[_Number, Field(ge=0)] = Field(
        1e-5, description="lowest learning rate after the warm-up: where cosine, inverse_sqrt and plateau end"
    )
    schedule: str = Field(
        "cosine",
        description="course of the learning rate",
        examples=["constant", "cosine", "inverse_sqrt", "plateau"],
    )
    warmup_steps: Count = Field(
        400, description="updates in which the learning rate rises from 0, at most three tenths of all"
    )
    betas: tuple[Rate, Rate] = Field((0.9, 0.98), description="decay of adam's two running means")
    momentum: Rate = Field(0.0, description="momentum of sgd")
    weight_decay: Annotated[_Number, Field(ge=0)] = Field(0.0, description="pull of the weights to 0; 0 = off")
    clip_norm: Annotated[_Number, Field(ge=0)] = Field(1.0, description="largest gradient norm; 0 = no clipping")
    label_smoothing: Rate = Field(0.1, description="share of the target spread over the whole vocabulary")
    consistency: Annotated[_Number, Field(ge=0)] = Field(
        0.0, description="weight of the divergence of two dropout passes (R-Drop); above 0 doubles the work"
    )
    ema: Rate = Field(0.998, description="decay of the averaged weights; 0 = off")
    precision: Literal["auto", "fp32", "bf16"] = Field("auto", description="auto = bf16 where the hardware has it")
    device: str = Field(
        "auto", description="auto = the first GPU, else the CPU", examples=["auto", "cpu", "cuda", "cuda:N"]
    )
    threads: Threads = Field(0, description="CPU threads; 0 = one per core")
    seed: Seed = Field(1, description="seed of first weights, order and dropout")
    eval_every: Size = Field(500, description="updates between validations")
    eval_sentences: Count = Field(1000, description="development sentences translated for BLEU; 0 = loss alone")
    patience: Count = Field(0, description="validations without a better score before stopping; 0 = never")
    select: Literal["bleu", "loss"] = Field(
        "bleu", description="what makes a checkpoint the best; of equal BLEU, the loss"
    )
    save_every: Size = Field(500, description="updates between checkpoints")
    keep: Size = Field(2, description="newest checkpoints kept; the best model is kept besides")
    log_every: Size = Field(50, description="updates between lines in metrics.jsonl")
    divergence: Literal["stop", "skip"] = Field(
        "stop",
        description="what a non-finite gradient does; skip also leaves out updates of a loss far above the mean",
    )


class SearchConfig(Section):
    """Decoding."""

    split: bool = Field(True, description="translate the sentences of a line one by one")
    carry: bool = Field(
        True, description="carry over texts without letters, list marks, addresses, emoji; read CAPITALS as words"
    )
    spell_out: bool = Field(
        False,
        description="with carry: write out German and English abbreviations, units, dates; carry prices, times of day"
        " and large numbers; search again where a number was lost",
    )
    stand_ins: bool = Field(
        False,
        description="with carry: names stand in for words in brackets or quotes, translated apart, and for surnames",
    )
    keep_end: bool = Field(False, description="with carry: a line without a mark at its end gets none but ?")
    beam_size: Beam = Field(5, description="hypotheses kept of each sentence; 1 = greedy")
    n_best: Beam = Field(1, description="translations of each line, as many as read differently")
    prune: Annotated[_Number, Field(ge=0)] = Field(
        1.5, description="nats behind the best of its sentence at which a hypothesis is given up; 0 = never"
    )
    shortlist: bool = Field(
        True, description="choose among likely translations of the source's pieces: faster, on a CPU"
    )
    length_penalty: Annotated[_Number, Field(ge=-10, le=10)] = Field(
        1.0, description="exponent of the length a score is divided by; 0 = none"
    )
    reverse_weight: Annotated[_Number, Field(ge=0, le=1000)] = Field(
        0.3, description="weight of what a model of the other direction says of a translation, where one is given"
    )
    coverage_penalty: Annotated[_Number, Field(ge=0, le=1000)] = Field(
        0.0, description="weight of uncovered source (Wu, 2016)"
    )
    min_length: Count = Field(1, description="fewest tokens of a translation")
    max_length: Count = Field(0, description="most tokens of a translation; 0 = from the source length")
    max_length_ratio: Positive = Field(2.0, description="with max_length 0: tokens per source token, plus 20")
    no_repeat_ngram: Count = Field(0, description="no n-gram of this size twice; 0 = off")
    sampling: bool = Field(False, description="draw tokens instead of searching")
    temperature: Annotated[_Number, Field(ge=1e-3, le=1e3)] = Field(
        1.0, description="temperature of sampling; below 1 = closer to the likeliest tokens"
    )
    top_k: Count = Field(0, description="sample among the k best tokens; 0 = all")
    top_p: Annotated[_Number, Field(gt=0, le=1)] = Field(1.0, description="sample within this probability mass")
    seed: Seed = Field(1, description="seed of sampling")

    @property
    def reranks(self) -> bool:
        """Whether a model of the other direction, where one is given, has a say."""
        return self.reverse_weight > 0 and self.beam_size > 1 and not self.sampling


class Config(Section):
    """Everything a run is made from; the run directory keeps it in full."""

    data: DataConfig = DataConfig()
    tokenizer: TokenizerConfig = TokenizerConfig()
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    search: SearchConfig = SearchConfig()

    def flat(self) -> dict[str, Any]:
        """Return every key as `section.key`."""
        return {
            f"{section}.{key}": value
            for section, keys in self.model_dump(mode="json").items()
            for key, value in keys.items()
        }


def section_type(section: str) -> type[Section]:
    """Return the class of a section of Config."""
    annotation = Config.model_fields[section].annotation
    assert isinstance(annotation, type) and issubclass(annotation, Section)
    return annotation
