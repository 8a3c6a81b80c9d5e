"""What a value of the configuration may be, in words."""

from __future__ import annotations

import pytest
from pydantic.fields import FieldInfo

from nmt.attention import ATTENTIONS
from nmt.cells import CELLS
from nmt.config import Config, DataConfig, ModelConfig, SearchConfig, TrainConfig, section_type
from nmt.kinds import advice, choices, kind
from nmt.optim import OPTIMIZERS, SCHEDULES

FIELDS = {
    f"{section}.{key}": field
    for section in Config.model_fields
    for key, field in section_type(section).model_fields.items()
}


@pytest.mark.parametrize("name", FIELDS)
def test_every_key_says_what_it_takes_and_what_it_does(name: str) -> None:
    assert kind(FIELDS[name])
    description = FIELDS[name].description
    assert description and not description.endswith(".") and "\n" not in description


@pytest.mark.parametrize(
    ("key", "table"),
    [
        ("model.cell", CELLS),
        ("model.attention", ATTENTIONS),
        ("train.optimizer", OPTIMIZERS),
        ("train.schedule", SCHEDULES),
    ],
)
def test_what_a_key_chooses_from_is_what_its_table_holds(key: str, table: dict[str, object]) -> None:
    assert choices(FIELDS[key]) == list(table)


@pytest.mark.parametrize("name", FIELDS)
def test_the_default_is_among_the_choices(name: str) -> None:
    chosen = choices(FIELDS[name])
    assert not chosen or str(FIELDS[name].default).lower() in chosen


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (TrainConfig.model_fields["max_steps"], "a whole number from 0"),
        (TrainConfig.model_fields["learning_rate"], "a number above 0"),
        (ModelConfig.model_fields["dropout"], "a number from 0 to below 1"),
        (SearchConfig.model_fields["length_penalty"], "a number from -10 to 10"),
        (SearchConfig.model_fields["split"], "true or false"),
        (TrainConfig.model_fields["betas"], "a list of 2 numbers from 0 to below 1"),
        (DataConfig.model_fields["train"], "a list of texts"),
        (ModelConfig.model_fields["cell"], "lstm, gru or rnn"),
    ],
)
def test_kinds_are_words(field: FieldInfo, words: str) -> None:
    assert kind(field) == words


@pytest.mark.parametrize(
    ("key", "given", "words"),
    [
        ("train.max_steps", "1,000", "; write 1000"),
        ("train.max_steps", "12,000,000", "; write 12000000"),
        ("train.learning_rate", "0,001", "; write 0.001"),
        ("search.length_penalty", "-1,5", "; write -1.5"),
        ("train.max_steps", "many", ""),
        ("train.max_steps", 1.5, ""),
        ("data.src", "1,000", ""),
    ],
)
def test_a_comma_in_a_number_is_answered_by_how_to_write_it(key: str, given: object, words: str) -> None:
    assert advice(FIELDS[key], given) == words
