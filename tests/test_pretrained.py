"""The models that come with the package: found by languages, listed, and taken by every command without -m."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lab.builtin_card import Facts, builtin_card

import nmt.pretrained.models as pretrained
from nmt import Translator, builtin
from nmt.cli import commands
from nmt.commands.evaluation import Request, run_evaluation
from nmt.errors import InputError
from nmt.model_description import ModelDescription
from nmt.pretrained.listing import list_models, show_card
from nmt.pretrained.models import LanguagePair, builtin_models, every_builtin
from nmt.serve.options import Options
from tests import tiny

Capture = pytest.CaptureFixture[str]
SCORES = {
    "tatoeba-de-en/test": [
        {"name": "BLEU", "score": 41.25, "signature": "nrefs:1|case:mixed"},
        {"name": "chrF2", "score": 61.0, "signature": "nrefs:1|nc:6"},
    ],
    "libreoffice-en-de/test": [{"name": "BLEU", "score": 30.0, "signature": "nrefs:1|case:mixed"}],
}


def write(folder: Path, src: str, tgt: str) -> Path:
    """Write a built-in model of two languages: the tiny one, with its config and card changed."""
    made = folder / f"made-{src}-{tgt}"
    made.mkdir()
    for name in ("model.safetensors", "shared.spm", "generation_config.json"):
        shutil.copy(tiny.model_directory() / name, made)
    tree = json.loads((tiny.model_directory() / "config.json").read_text(encoding="utf-8"))
    tree["data"].update(src=src, tgt=tgt)
    (made / "config.json").write_text(json.dumps(tree), encoding="utf-8")
    card = builtin_card(Facts.read(made, "configs/x.yaml", 12), SCORES)
    (made / "README.md").write_text(card, encoding="utf-8", newline="\n")
    tiny.write_zip(made, folder / f"{src}-{tgt}.zip")
    shutil.rmtree(made)
    return folder / f"{src}-{tgt}.zip"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation without built-in models."""
    (tmp_path / "pretrained").mkdir()
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path / "pretrained")
    return tmp_path / "pretrained"


@pytest.fixture
def both(folder: Path) -> Path:
    """An installation with models from German to English and back."""
    write(folder, "en", "de")
    write(folder, "de", "en")
    return folder


# --- finding ---


def test_models_are_found_by_their_languages(both: Path) -> None:
    assert builtin_models() == {
        LanguagePair("de", "en"): both / "de-en.zip",
        LanguagePair("en", "de"): both / "en-de.zip",
    }
    assert builtin("de", "en") == builtin(tgt="en") == builtin("de") == both / "de-en.zip"
    assert builtin("DE-AT", "En_GB") == both / "de-en.zip"
    assert every_builtin() == [both / "de-en.zip", both / "en-de.zip"]
    assert ModelDescription.read(builtin(tgt="de")).config.data.tgt == "de"


def test_what_is_not_there_is_told_with_what_is(both: Path) -> None:
    with pytest.raises(InputError, match="no built-in model from fr to en; there are: de-en, en-de"):
        builtin("fr", "en")
    with pytest.raises(InputError, match="no built-in model to fr; there are"):
        builtin(tgt="fr")
    with pytest.raises(InputError, match=r"no built-in model from german to english; .*; did you mean de and en\?"):
        builtin("german", "english")
    with pytest.raises(InputError, match=r"into which language\? give --to CODE \(built-in models: de-en, en-de\)"):
        builtin()
    (both / "fr-en.zip").write_bytes((both / "de-en.zip").read_bytes())
    with pytest.raises(InputError, match="several built-in models to en: de-en, fr-en; give --from too"):
        builtin(tgt="en")
    with pytest.raises(InputError, match="no built-in model 'x'; there are: de-en, en-de"):
        show_card("x")


def test_an_installation_without_models_says_so(folder: Path, capfd: Capture) -> None:
    commands = [["translate", "--to", "en"], ["translate"], ["serve"], ["evaluate", "--src", "a", "--ref", "b"]]
    for words in [*commands, ["score", "--src", "a", "--tgt", "b"]]:
        assert tiny.run_nmt(*words) == 2
        out, err = capfd.readouterr()
        assert out == "" and err.startswith("nmt: this installation has no built-in models; give a model by -m")
        assert err.count("\n") == 1
    assert tiny.run_nmt("models") == 0
    assert capfd.readouterr().out == "this installation has no built-in models\n"
    assert json.loads(list_models("json")) == []
    with pytest.raises(InputError, match="no built-in model 'de-en'; this installation has none"):
        show_card("de-en")


# --- listing ---


def test_models_are_listed_with_what_their_cards_say(both: Path, capfd: Capture) -> None:
    assert tiny.run_nmt("models") == 0
    head, first, second, third, fourth, licence = capfd.readouterr().out.rstrip("\n").split("\n")
    assert head.split() == ["model", "MB", "test", "set", "BLEU", "chrF2"]
    assert first.split()[::2] == ["de-en", "tatoeba-de-en/test", "61.0"] and first.split()[3] == "41.2"
    assert second.split() == ["libreoffice-en-de/test", "30.0"] == fourth.split()
    assert third.startswith("en-de") and licence.startswith("licence of de-en, en-de: CC BY")
    assert max(map(len, (head, first, second, third, fourth))) < 80
    assert tiny.run_nmt("models", "-f", "json") == 0
    listed = json.loads(capfd.readouterr().out)
    assert [(each["src"], each["tgt"]) for each in listed] == [("de", "en"), ("en", "de")]
    assert listed[0]["bytes"] == (both / "de-en.zip").stat().st_size
    found = [(each["data"], each["metric"], each["score"], each["signature"]) for each in listed[0]["scores"]]
    expected = [(data, *each.values()) for data, scores in SCORES.items() for each in scores]
    assert found == expected


def test_a_card_is_printed_by_name(both: Path, capfd: Capture) -> None:
    assert tiny.run_nmt("models", "de-en") == 0
    card = capfd.readouterr().out
    assert card.startswith("# German to English\n") and "CC BY 2.0 FR" in card and "MPL-2.0" in card
    assert f"`configs/x.yaml`, seed {tiny.SETTINGS['train.seed']}" in card and "of 12" in card
    assert "| tatoeba-de-en/test | BLEU | 41.2 |" in card and card.count("`BLEU|nrefs:1|case:mixed`") == 1


def test_a_model_without_a_card_is_listed_too(folder: Path) -> None:
    tiny.write_zip(tiny.model_directory(), folder / "de-en.zip")
    assert list_models("text").split("\n")[1].split()[0] == "de-en"
    (folder / "de-en.zip").write_bytes(b"no zip")
    with pytest.raises(InputError, match=r"de-en\.zip"):
        list_models("text")


def test_a_card_with_scores_of_another_form_is_refused(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny.model_directory(), tmp_path / "model")
    (tmp_path / "model" / "README.md").write_text("---\nmodel-index: 3\n---\n", encoding="utf-8")
    tiny.write_zip(tmp_path / "model", folder / "de-en.zip")
    with pytest.raises(InputError, match="scores of its card"):
        list_models("json")


def test_listing_and_finding_import_nothing_heavy() -> None:
    code = "import sys, nmt.cli\nnmt.builtin\nimport nmt.pretrained.listing\nprint('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"False\n"


# --- taking ---


def test_commands_take_the_built_in_model_of_the_languages(both: Path, tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "text").write_text("ba de\nko lu\n", encoding="utf-8")
    common = ["--precision", "fp32", "--threads", "1"]
    given = ["-m", both / "de-en.zip"]

    def out(*words: object) -> str:
        assert tiny.run_nmt(*words, *common) == 0
        return capfd.readouterr().out

    translation = out("translate", "--to", "en", "-i", tmp_path / "text")
    assert translation == out("translate", *given, "-i", tmp_path / "text")
    pair = ["--src", tmp_path / "text", "--tgt", tmp_path / "text"]
    assert out("score", "--from", "de", *pair) == out("score", *given, *pair)
    test = ["--src", tmp_path / "text", "--ref", tmp_path / "text"]
    assert out("evaluate", "--from", "de", "--to", "en", *test) == out("evaluate", *given, *test)


@pytest.mark.parametrize(
    "options, reverse",
    [
        ([], True),
        (["--beam-size", "3"], True),
        (["--reverse-weight", "0"], False),
        (["--beam-size", "1"], False),
    ],
)
@pytest.mark.parametrize("command", ["translate", "evaluate"])
def test_the_other_direction_reads_along_where_it_has_a_say(
    both: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, options: list[str], reverse: bool
) -> None:
    load, asked = Translator.load, []

    def loaded(*arguments: Any, **settings: Any) -> Translator:
        if "reverse" in settings:  # else it is the other direction itself that is loaded
            asked.append(settings["reverse"])
        return load(*arguments, **settings)

    monkeypatch.setattr(Translator, "load", loaded)
    (tmp_path / "text").write_text("ba de\n", encoding="utf-8")
    files = (
        ["-i", tmp_path / "text"]
        if command == "translate"
        else ["--src", tmp_path / "text", "--ref", tmp_path / "text"]
    )
    assert tiny.run_nmt(command, "--to", "en", *files, *options) == 0
    assert asked == [(str(both / "en-de.zip"),) if reverse else ()]
    (both / "en-de.zip").unlink()
    assert tiny.run_nmt(command, "--to", "en", *files, *options) == 0
    assert tiny.run_nmt(command, "-m", both / "de-en.zip", *files, *options) == 0
    assert asked[1:] == [(), ()]


def test_a_given_model_is_checked_against_the_languages(both: Path, tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "text").write_text("ba\n", encoding="utf-8")
    pair = ["--src", tmp_path / "text", "--tgt", tmp_path / "text"]
    test = ["--src", tmp_path / "text", "--ref", tmp_path / "text"]
    for words in (["translate", "-i", tmp_path / "text"], ["score", *pair], ["evaluate", *test]):
        assert tiny.run_nmt(*words, "-m", both / "de-en.zip", "--to", "fr") == 2
        assert "this model writes 'en', not 'fr'" in capfd.readouterr().err


def test_python_takes_it_by_its_languages(both: Path) -> None:
    translator = Translator.load(builtin("de", "en"), "fp32", threads=1)
    own = Translator.load(tiny.model_directory(), "fp32", threads=1)
    assert [each.text for each in translator.translate(["ba de"])] == [each.text for each in own.translate(["ba de"])]


def test_a_server_takes_all(both: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = pytest.importorskip("nmt.serve.server")
    asked: list[Options] = []
    monkeypatch.setattr(server, "run_server", asked.append)
    assert tiny.run_nmt("serve") == 0
    assert asked[0].models == (str(both / "de-en.zip"), str(both / "en-de.zip"))


def test_every_option_of_a_server_reaches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    server = pytest.importorskip("nmt.serve.server")
    given = {
        "--model": ("models", "one", ("one",)), "--host": ("host", "::1", "::1"), "--port": ("port", 81, 81),
        "--api-keys": ("key_file", "keys", Path("keys")), "--allow-origin": ("origins", "*", ("*",)),
        "--url-prefix": ("prefix", "/mt", "/mt"),
        "--batch-wait": ("wait", 82, 0.082), "--beam-size": ("beam_size", 7, 7),
        "--reverse-weight": ("reverse_weight", 0.8, 0.8), "--glossary": ("glossary", "terms", Path("terms")),
        "--precision": ("precision", "bf16", "bf16"), "--device": ("device", "cuda:3", "cuda:3"),
        "--threads": ("threads", 5, 5), "--batch-size": ("batch_size", 6, 6), "--body-limit": ("body", 91, 91),
        "--char-limit": ("characters", 92, 92), "--batch-limit": ("texts", 93, 93),
        "--alternatives-limit": ("alternatives", 94, 94), "--queue-limit": ("queue", 95, 95),
        "--time-limit": ("seconds", 96, 96.0), "--req-limit": ("per_minute", 97, 97),
    }  # fmt: skip
    offered = {option for each in commands.commands["serve"].params for option in each.opts if option[:2] == "--"}
    assert offered == given.keys()
    asked: list[Options] = []
    monkeypatch.setattr(server, "run_server", asked.append)
    assert tiny.run_nmt("serve", *(word for option, (_, value, _) in given.items() for word in (option, value))) == 0
    expected = {name: value for name, _, value in given.values()}
    assert {**vars(asked[0]), **vars(asked[0].limits)} == {**expected, "limits": asked[0].limits, "detailed": 5000}
    assert len({repr(value) for value in expected.values()}) == len(expected)


def test_an_evaluation_names_the_built_in_model(both: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("ba\n", encoding="utf-8")
    text = tmp_path / "text"
    request = Request(
        models=(), src="de", tgt="en", src_path=text, hyp_path=None, ref_paths=(text,), metrics=("chrf",),
        confidence=False, bootstrap=text, randomization=None, lowercase=False, form="json", beam_size=1,
        precision="fp32", threads=1,
    )  # fmt: skip
    assert [each["system"] for each in json.loads(run_evaluation(request))] == [str(text), str(both / "de-en.zip")]
