"""The benchmarks: what they count, what they read from other toolkits, and that they fit the code they measure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from lab import measuring, toolkits

from nmt.config import ModelConfig
from nmt.config_reading import read_config
from nmt.errors import FailureError, InputError
from nmt.model import TranslationModel
from nmt.translator import Translator
from tests import tiny
from tests.script_files import script

ROOT = Path(__file__).resolve().parent.parent


bench = script("bench")
bench_peers = script("bench_peers")


def flops(
    attention: str, lexical_shortcut: bool = False, second_attention: bool = False, **sizes: int
) -> tuple[int, int, int]:
    config = ModelConfig(
        attention=attention, heads=2, embedding_size=6, encoder_size=8, encoder_layers=2, decoder_size=10, tie="output",
        lexical_shortcut=lexical_shortcut, second_attention=second_attention, **sizes,
    )  # fmt: skip
    found = bench.Flops.of(TranslationModel(config, src_vocab=11, tgt_vocab=13))
    return found.src, found.tgt, found.pair


def lstm(inputs: int, size: int) -> int:
    """Operations of an LSTM's products for a token: four gates, from the input and from the state before."""
    return 2 * 4 * size * (inputs + size)


def test_operations_are_counted_where_they_occur() -> None:
    encoder = 2 * (lstm(6, 4) + lstm(8, 4))
    decoder = lstm(6, 10) + lstm(10 + 8, 10) + 2 * 6 * (10 + 8 + 6) + 2 * 6 * 13
    assert flops("general", decoder_layers=2) == (encoder + 2 * 8 * 10, decoder, 2 * (10 + 8))
    assert flops("multihead", decoder_layers=2) == (encoder + 2 * 8 * 16, decoder + 2 * 10 * 8, 2 * (8 + 8))
    # By the shortcut the embeddings are read too: projected into the context, or a part of it.
    assert flops("multihead", True, decoder_layers=2) == (encoder + 2 * 14 * 16, decoder + 2 * 10 * 8, 2 * (8 + 8))
    # A second attention asks once more by the same keys, and its context is read beside the first.
    twice = flops("multihead", decoder_layers=2, second_attention=True)
    assert twice == (encoder + 2 * 8 * 16, decoder + 2 * (2 * 10 * 8 + 10 * 10 + 8 * 6), 4 * (8 + 8))
    wider = lstm(6, 10) + lstm(10 + 14, 10) + 2 * 6 * (10 + 14 + 6) + 2 * 6 * 13
    assert flops("general", True, decoder_layers=2) == (encoder + 2 * 14 * 10, wider, 2 * (10 + 14))


def test_embeddings_and_the_first_state_cost_nothing_but_a_tied_output_layer_does() -> None:
    wide, narrow = flops("general", decoder_layers=1), flops("general", decoder_layers=2)
    assert narrow[1] - wide[1] == lstm(10 + 8, 10)
    assert wide[0] == narrow[0]


def test_training_is_three_times_the_work_of_reading() -> None:
    assert bench.Flops(src=2, tgt=5, pair=7).training(src=3, tgt=11, pairs=13) == 3 * (6 + 55 + 91)


def test_training_is_measured_by_the_trainers_own_loop(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").touch()
    found = bench.measure_training(
        str(tmp_path / "empty.yaml"), tiny.overrides(tmp_path), str(tmp_path / "run"), warm_up=2, updates=10
    )
    assert len(found["train_resident_mb"]) == 12
    assert len(found["train_windows_tgt_tokens_per_second"]) == 2
    assert 0 < found["train_tgt_tokens_per_second"] < found["train_tokens_per_second"]
    assert found["train_gflops"] == pytest.approx(found["train_utilisation_fp32"] * found["gemm_fp32_gflops"])
    assert not list((tmp_path / "run").glob("**/step_*"))


def test_decoding_is_measured_with_a_trained_model(tmp_path: Path) -> None:
    tiny.write_corpus(tmp_path / "test", 5)
    model, src = str(tiny.model_directory()), str(tmp_path / "test.de")
    found = bench.measure_decoding(model, src, 4, "fp32", 1, 1)
    assert found["decode_beam5_sentences_per_second"] > 0
    ratio = found["decode_beam1_sentences_per_second"] / found["decode_beam5_sentences_per_second"]
    assert found["decode_greedy_to_beam5"] == pytest.approx(ratio)
    latency = bench.measure_latency(model, src, 4, "fp32", 1)
    assert 0 < latency["latency_beam5_median_ms"] <= latency["latency_beam5_p95_ms"]


def corpus_and_config(folder: Path, **data: object) -> tuple[Path, Path]:
    """Return a corpus from de to en and a config of it."""
    for name in ("train", "val"):
        tiny.write_corpus(folder / "corpus" / name, 3)
    config = folder / "good.yaml"
    config.write_text(yaml.safe_dump({"data": {"src": "de", "tgt": "en", **data}}), encoding="utf-8")
    return folder / "corpus", config


def test_every_config_is_read_before_the_first_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus, good = corpus_and_config(tmp_path)
    (tmp_path / "other.yaml").write_text("data: {src: de, tgt: cs}", encoding="utf-8")
    (tmp_path / "open.yaml").touch()
    monkeypatch.setattr(bench, "bench", lambda *_: pytest.fail("measured"))
    told = {"none": "no config file", "other": "needs .*train.cs, which is not there", "open": "names no languages"}
    for name, words in told.items():
        given = ["--corpus", str(corpus), "--configs", str(good), str(tmp_path / f"{name}.yaml")]
        with pytest.raises(InputError, match=f"{name}.yaml.*{words}|{words}.*{name}.yaml"):
            bench.main(bench.parse_words(given))


def test_what_is_measured_is_kept_where_a_later_config_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus, good = corpus_and_config(tmp_path)
    later = good.with_name("later.yaml")
    later.write_bytes(good.read_bytes())

    def measured(config: Path, _: object) -> dict[str, float]:
        if config == later:
            raise FailureError("the machine is gone")
        return {"speed": 7.0}

    monkeypatch.setattr(bench, "bench", measured)
    monkeypatch.setattr(bench, "RUNS", tmp_path / "runs")
    given = ["--corpus", str(corpus), "--configs", str(good), str(later), "--json", str(tmp_path / "found.json")]
    assert bench.main(bench.parse_words(given[:4])) == 0
    with pytest.raises(FailureError):
        bench.main(bench.parse_words(given))
    assert json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["results"] == {"good": {"speed": 7.0}}


def test_a_measurement_that_fails_is_named_and_the_exit_code_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus, good = corpus_and_config(tmp_path)
    failed = measuring.Finished(1, seconds=1.0, peak_mb=7.0, output="no memory", others_percent=0.0)
    monkeypatch.setattr(bench, "RUNS", tmp_path / "runs")
    for name in ("measure", "run"):
        monkeypatch.setattr(bench, name, lambda *_: failed)
    given = ["--corpus", str(corpus), "--configs", str(good), "--train-updates", "1"]
    assert bench.main(bench.parse_words(given)) == 1
    said = capsys.readouterr().err
    assert "good: train failed, see above" in said and "good: trained_model failed, see above" in said


@pytest.mark.parametrize("benchmark", [bench, bench_peers])
def test_where_json_cannot_go_is_told_first(
    benchmark: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for given in (tmp_path / "none" / "x.json", tmp_path):
        with pytest.raises(SystemExit) as end:
            benchmark.parse_words(["--json", str(given)])
        assert end.value.code == 2
        assert f"argument --json: '{given}' is no file in a folder that is there" in capsys.readouterr().err
    options = benchmark.parse_words(["--json", str(tmp_path / "x.json"), "--precision", "int8"])
    assert (options.precision, options.decode_precision) == ("auto", "int8")


def test_ratios_are_the_median_the_least_and_the_largest_of_the_rounds() -> None:
    contest = bench_peers.Contest(bench_peers.parse_words([]), {})
    for ours, theirs in ((4.0, 2.0), (9.0, 3.0), (10.0, 2.0)):
        numbers = ({"greedy_sentences_per_second": value, "single_ms": 1 / value} for value in (ours, theirs))
        contest.compare("joey", *numbers)
    found = bench_peers.ratios(contest)
    assert list(found) == ["ours : joey", "ours : joey, least", "ours : joey, most"]
    told = [list(numbers.values()) for numbers in found.values()]
    assert told == [[pytest.approx(value)] * 2 for value in (3, 2, 5)]


def test_by_default_the_configs_that_name_a_corpus_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, _ = corpus_and_config(tmp_path)
    monkeypatch.chdir(ROOT)
    found = [path.stem for path in bench.wanted(bench.parse_words(["--corpus", str(corpus)]))]
    assert found[0] == "common.de-en" and {"demo", "multi30k.de-en", "multi30k.en-de"} < set(found)
    # The one has no languages, the other some that this corpus lacks.
    assert not {"low-resource", "multi30k.en-cs"} & set(found)


def test_a_model_of_no_toolkit_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for given in ("foo", "none=/m", "joey="):
        with pytest.raises(SystemExit) as end:
            bench_peers.parse_words(["--models", "opennmt=/m", given])
        assert end.value.code == 2
        assert f"argument --models: '{given}' is not PEER=PATH" in capsys.readouterr().err.strip().split("\n")[-1]
    assert bench_peers.parse_words(["--models", "joey=/m"]).models == [("joey", Path("/m"))]


def test_one_toolkit_is_timed_at_its_jobs_in_a_process_of_its_own(tmp_path: Path) -> None:
    lines = [pair.src for pair in tiny.pairs(4)]
    (tmp_path / "text").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    jobs = json.dumps([["beam2", 2, 3, 4, 0], ["fixed", 1, 2, 3, 5]])
    words = ["ours", str(tiny.model_directory()), str(tmp_path / "text"), str(tmp_path / "out"), jobs]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "BENCH_PRECISION": "fp32", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, ROOT / "scripts/decode_peer.py", *words], env=environment, check=True)
    found = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert {name: job["sentences"] for name, job in found["jobs"].items()} == {"beam2": 4, "fixed": 3}
    assert found["jobs"]["fixed"]["tokens"] == 3 * 5
    assert found["load_seconds"] > 0 and found["peak_mb"] > 100 and found["jobs"]["beam2"]["seconds"] > 0
    translator = Translator.load(tiny.model_directory(), "fp32", threads=1)
    texts = [each.text for each in translator.translate(lines, translator.settings({"beam_size": 2}), 3)]
    assert (tmp_path / "out.beam2").read_text(encoding="utf-8") == "".join(f"{text}\n" for text in texts)


def test_short_and_long_sentences_are_whole_lines_of_about_the_length_asked_for() -> None:
    lines = ["a b c", "d e f g", "h", "i j k l m n o p q r s t u v"]
    for length in (10, 100):
        texts = bench.of_length(lines, lambda text: len(text.split()), length, 5)
        assert len(texts) == 5
        assert all(abs(len(text.split()) - length) <= max(length // 10, 2) for text in texts)


def test_a_process_is_timed_with_its_status_output_and_memory() -> None:
    code = "import sys; taken = b'x' * 150_000_000; print(sys.stdin.read(), len(taken)); sys.exit(3)"
    # By a small process: what it starts begins with its memory, and would begin with that of the tests.
    program = (
        "import dataclasses, json, sys\n"
        "from lab import measuring\n"
        f"done = measuring.run([sys.executable, '-c', {code!r}], {{}}, stdin='given')\n"
        "print(json.dumps(dataclasses.asdict(done)))"
    )
    said = subprocess.check_output([sys.executable, "-c", program], cwd=ROOT / "scripts", text=True)
    done = measuring.Finished(**json.loads(said))
    assert (done.status, done.output) == (3, "given 150000000\n")
    assert 150 < done.peak_mb < 200
    assert done.seconds > 0


def test_a_table_has_a_line_for_each_number_and_a_dash_where_there_is_none() -> None:
    lines = measuring.table({"first": {"speed": 1234.5, "series": [1]}, "second": {"memory": 2}}).split("\n")
    assert [line.split() for line in lines] == [
        ["first", "second"],
        ["speed", "1,234.500", "-"],
        ["memory", "-", "2.000"],
    ]


ONMT = (
    "[2026-11-23 04:37:54,671 INFO] Step 20/  300; acc: 8.8; ppl: 793.9; xent: 6.7; lr: 0.00100; sents:    4321; "
    "bsz: 3114/3285/216; 501/529 tok/s;    124 sec;\n"
)
EOLE = (
    "[2026-11-23 05:25:16,580 INFO] Step 10/  200; acc: 6.3; ppl: 1720.54; xent: 7.45; aux: 0.000; attn_ent: 1.849; "
    "lr: 1.00e-03; sents:    2237; bsz: 3249/3396/224; 290/303 tok/s;    112 sec;\n"
)
JOEY = "".join(
    f"2026-11-23 04:58:1{second} - INFO - joeynmt.training - Epoch   1, Step:        {update}, "
    f"Batch Loss:     8.993206, Batch Acc: 0.000000, Tokens per Sec:      {speed}, Lr: 0.001000\n"
    for second, update, speed in (("0,500", 5, 480), ("3,000", 10, 700))
)


def test_the_reports_of_other_toolkits_are_read() -> None:
    opennmt, eole, joey = (toolkits.PEERS[name].speeds for name in ("opennmt", "eole", "joey"))
    assert opennmt("noise\n" + ONMT) == [toolkits.Speed(20, 529.0, 1030.0, 3285.0)]
    assert eole(EOLE + "noise\n") == [toolkits.Speed(10, 303.0, 593.0, 3396.0)]
    assert joey(JOEY) == [toolkits.Speed(10, 700.0, None, 700 * 2.5 / 5)]


@pytest.mark.parametrize("name", list(toolkits.PEERS))
def test_the_settings_of_other_toolkits_hold_the_common_model_and_the_paths(name: str) -> None:
    path = ROOT / "scripts/peers" / f"{name}.yaml"
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    toolkits.PEERS[name].fill(tree, toolkits.Job(Path("/d"), Path("/m"), updates=20, every=5))
    text = yaml.safe_dump(tree)
    ours = read_config(ROOT / "configs/common.de-en.yaml")
    assert "/d/train.sp" in text and "/d/vocab.txt" in text and "/m" in text
    for value in (ours.model.embedding_size, ours.model.dropout, ours.train.batch_tokens, ours.train.learning_rate):
        assert f" {value}\n" in text or f"- {value}\n" in text, value


def test_only_reports_after_warm_up_count() -> None:
    done = measuring.Finished(0, seconds=1.0, peak_mb=7.0, output="", others_percent=0.0)
    speeds = [toolkits.Speed(update, speed, None, 9.0) for update, speed in ((5, 1.0), (10, 20.0), (15, 40.0))]
    assert bench_peers.numbers_of(speeds, done, warm_up=5)["train_tgt_tokens_per_second"] == 30
    with pytest.raises(toolkits.PeerError, match="no report after 15 updates"):
        bench_peers.numbers_of(speeds, done, warm_up=15)
