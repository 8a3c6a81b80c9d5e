"""What the command line itself got wrong, in a line of its own."""

from __future__ import annotations

import click
import pytest

from nmt.usage import usage_line


@click.group()
def program() -> None:
    """Stand for the program."""


@program.command()
@click.option("--count", type=int)
@click.option("--share", type=click.FloatRange(0, 1))
@click.option("--kind", type=click.Choice(["long", "short"]))
@click.option("--model", required=True, help="The model to use.")
def translate(**_: object) -> None:
    """Translate."""


@program.command()
@click.argument("overrides", nargs=-1)
@click.option("--output")
def train(**_: object) -> None:
    """Train."""


def line(words: str) -> str:
    with pytest.raises(click.ClickException) as caught:
        program.main(words.split(), prog_name="program", standalone_mode=False)
    return usage_line(caught.value)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("translate --model x --count 1,000", "'1,000' is not a whole number; write it as in 1000, without commas"),
        ("translate --model x --share half", "'half' is not a number; write it as in 0.5, with a point"),
        ("translate --model x --share 0,5", "'0,5' is not a number; write it as in 0.5, with a point"),
        ("translate --model x --share 7", "7.0 is outside of 0<=x<=1"),
        ("translate --model x --kind tall", "'tall' is not one of 'long', 'short'"),
        ("translate", "missing option '--model': The model to use"),
        ("translate --model x more", "got unexpected extra argument (more)"),
    ],
)
def test_a_wrong_value_is_told_in_plain_words_with_where_to_read_more(words: str, told: str) -> None:
    found = line(words)
    assert told in found and found.endswith("; see program translate --help")
    assert found[0].islower() and "\n" not in found and ".." not in found and ".;" not in found


def test_a_name_nearly_right_is_offered() -> None:
    assert line("train --outptu x").endswith("; did you mean '--output'?")
    assert line("translate --mdel x").endswith("'--model'?")


def test_a_setting_given_as_an_option_is_told_how_it_is_given() -> None:
    told = "settings are given without dashes: SECTION.KEY=VALUE, see nmt config"
    assert line("train --train.seed=5").endswith(told)
    # A command that takes none does not speak of them, nor where an option was meant.
    assert told not in line("translate --train.seed=5")
    assert told not in line("train --outptu x")


def test_an_option_before_the_command_is_told_where_it_goes() -> None:
    told = "options follow the command: program COMMAND --count; see program --help"
    assert line("--count 3 translate --model x").endswith(told)
    assert "follow" not in line("--cuont 3 translate --model x")


def test_an_error_outside_of_any_command_points_to_the_program() -> None:
    assert usage_line(click.ClickException("Something is wrong.")) == "something is wrong; see nmt --help"
