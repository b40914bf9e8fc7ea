"""Training and scoring by command."""

import io
import json
import sys

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from classifiers.slop import PRIOR_KEY, SlopModel, shipped_prior
from classifiers.slop_training import digest, shipped_rows


def run(capsys, monkeypatch, *arguments, stdin=b""):
    """(exit code, answers, what was said on stderr)"""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
    code = 0
    try:
        call_command(*arguments)
    except SystemExit as left:
        code = left.code
    told = capsys.readouterr()
    return code, [json.loads(line) for line in told.out.splitlines()], told.err


def ndjson(*rows):
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def test_scores_come_in_the_order_of_the_posts(capsys, monkeypatch):
    texts = ["Subscribe to my channel http://spam.example/x", "I love this song", "", "\ud800 lone"] * 70
    code, answers, err = run(capsys, monkeypatch, "score_slop", stdin=ndjson(*({"id": i, "text": text} for i, text in enumerate(texts))))
    assert (code, err) == (0, "")
    assert [answer["id"] for answer in answers] == list(range(280))
    assert answers[0]["score"] > answers[1]["score"]
    assert {answer["verdict"] for answer in answers} == {"cant_tell"}
    reasons = answers[0]["reasons"]
    total = reasons["base"] + reasons["rest"] + sum(part["weight"] for part in reasons["spans"] + reasons["signs"])
    assert total == pytest.approx(reasons["logit"], abs=1e-9)
    assert all(texts[0][span["start"] : span["end"]] == span["text"] for span in reasons["spans"])


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"not json\n", "not valid JSON"),
        (b"[1]\n", "not a JSON object"),
        (b'{"id": 1}\n', "'text' is missing"),
        (b'{"id": 1, "text": 5}\n', '"text" is not text'),
        (b'{"id": [], "text": "a"}\n', '"id" is neither'),
        (b"\xff\xfe\n", "not valid JSON"),
    ],
)
def test_a_bad_line_is_named_skipped_and_remembered_in_the_exit_code(capsys, monkeypatch, line, what):
    code, answers, err = run(capsys, monkeypatch, "score_slop", stdin=ndjson({"id": "a", "text": "one"}) + line + ndjson({"id": "b", "text": "two"}))
    assert code == 1
    assert [answer["id"] for answer in answers] == ["a", "b"]
    assert "Line 2:" in err
    assert what in err


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "labels.ndjson"
    path.write_bytes(ndjson(*shipped_rows(("youtube01",))[:60]) + b'{"id": 1, "text": "a", "label": "maybe"}\n')
    return path


def test_a_model_learned_from_labels_scores(capsys, monkeypatch, tmp_path, labels):
    code, [told], err = run(capsys, monkeypatch, "train_slop", "--labels", str(labels), "--out", str(tmp_path / "own.model"))
    assert code == 1
    assert 'Line 61: "label" is neither spam nor fine' in err
    assert told["spam"] + told["fine"] == 60
    code, [answer], _ = run(capsys, monkeypatch, "score_slop", "--model", str(tmp_path / "own.model"), stdin=ndjson({"id": 1, "text": "my channel"}))
    assert code == 0
    assert answer["reasons"]["cant_tell_because"]["code"] == "not_calibrated"


def test_a_model_of_another_installation_is_refused(monkeypatch, tmp_path, settings):
    (tmp_path / "own.model").write_bytes(shipped_prior().to_bytes(b"another installation"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(CommandError, match="not made by this Breakwater"):
        call_command("score_slop", "--model", str(tmp_path / "own.model"))


def test_too_few_labels_are_refused_with_a_sentence(tmp_path):
    (tmp_path / "few").write_bytes(ndjson({"text": "a", "label": "spam"}))
    with pytest.raises(CommandError, match="there are 1 and 0"):
        call_command("train_slop", "--labels", str(tmp_path / "few"), "--out", str(tmp_path / "model"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CommandError, match="none: No such file"):
        call_command("train_slop", "--labels", str(tmp_path / "none"), "--out", str(tmp_path / "model"))
    with pytest.raises(CommandError, match="--out"):
        call_command("train_slop", "--labels", str(tmp_path / "none"))


def test_the_shipped_prior_is_what_the_shipped_data_make(tmp_path):
    call_command("train_slop", "--out", str(tmp_path / "prior.model"), stdout=io.StringIO())
    rows, shipped = shipped_rows(), shipped_prior()
    again = SlopModel.load(tmp_path / "prior.model", [PRIOR_KEY])
    assert again.about["training_sha256"] == shipped.about["training_sha256"] == digest(rows)
    # Not bit by bit: libraries and processors round differently.
    texts = [row["text"] for row in rows[::40]]
    np.testing.assert_allclose(again.logits(texts), shipped.logits(texts), atol=0.05)
