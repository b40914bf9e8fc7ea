"""Model files: what is not exactly ours is refused with a sentence, and a half-written one is never seen."""

import io
import os
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers import artefacts
from classifiers.artefacts import Unusable, from_bytes, to_bytes

KEY = b"a secret of this installation"
BLOB = to_bytes(kind="slop", arrays={"weights": np.arange(20.0)}, about={"version": "1"}, key=KEY)


def refusal(blob, kind="slop", keys=(KEY,)):
    with pytest.raises(Unusable) as refused:
        from_bytes(blob, kind=kind, keys=keys)
    return str(refused.value)


def test_what_was_written_is_read():
    arrays, header = from_bytes(BLOB, kind="slop", keys=[b"another", KEY])
    np.testing.assert_array_equal(arrays["weights"], np.arange(20.0))
    assert header["about"] == {"version": "1"}
    assert set(header["made_with"]) == {"python", "numpy", "scikit-learn"}


def test_the_same_model_gives_the_same_bytes():
    assert to_bytes(kind="slop", arrays={"weights": np.arange(20.0)}, about={"version": "1"}, key=KEY) == BLOB


@settings(deadline=None, max_examples=150)
@given(st.integers(0, len(BLOB) - 1), st.integers(1, 255))
def test_a_changed_byte_anywhere_is_noticed(position, change):
    damaged = bytearray(BLOB)
    damaged[position] ^= change
    assert refusal(bytes(damaged)).endswith(".")


@settings(deadline=None, max_examples=50)
@given(st.integers(0, len(BLOB) - 1))
def test_a_file_cut_short_is_refused(length):
    refusal(BLOB[:length])


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=200))
def test_foreign_bytes_are_refused(junk):
    assert refusal(junk).endswith(".")


def test_an_older_format_is_named():
    assert "format 0" in refusal(BLOB.replace(b"breakwater-model 1", b"breakwater-model 0", 1))


def test_another_installations_signature_is_refused():
    assert "not made by this Breakwater" in refusal(BLOB, keys=[b"another"])


def test_a_model_of_another_kind_is_refused():
    assert "'slop'" in refusal(BLOB, kind="images")


def test_a_pickle_is_never_loaded_even_when_signed():
    class Bomb:
        def __reduce__(self):
            return os.abort, ()

    array = np.empty(1, object)
    array[0] = Bomb()
    assert "cannot be read" in refusal(to_bytes(kind="slop", arrays={"weights": array}, about={}, key=KEY))
    assert "not a model" in refusal(pickle.dumps(Bomb()))


def test_a_broken_payload_with_a_good_signature_is_refused():
    magic, line, _, payload = BLOB.split(b"\n", 3)
    payload = payload[: len(payload) // 2]
    assert "cannot be read" in refusal(b"\n".join([magic, line, artefacts._signature(KEY, magic, line, payload), payload]))


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    path = tmp_path / "a.model"
    artefacts.write(path, b"old")

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        artefacts.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.model"]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(Unusable, match="no readable model file"):
        artefacts.read(tmp_path / "none.model")


def test_no_more_is_read_than_a_model_may_have(monkeypatch, tmp_path):
    monkeypatch.setattr(artefacts, "LARGEST", 10)
    (tmp_path / "large").write_bytes(b"breakwater-model 1\n" * 10)
    assert "too large" in refusal(artefacts.read(tmp_path / "large"))
    assert io.BytesIO(artefacts.read(tmp_path / "large")).getbuffer().nbytes == 11
