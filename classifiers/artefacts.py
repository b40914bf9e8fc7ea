"""Model files: what they were made from, signed, and never a pickle.

Three lines and a payload: the format's name and version, a JSON header, the HMAC-SHA256 of everything else in hex, then a
NumPy .npz that is read with allow_pickle=False. A file that is not exactly that is refused with a sentence.
"""

import hashlib
import hmac
import io
import json
import os
import platform
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import sklearn

FORMAT = 1
LARGEST = 16_000_000  # bytes: nothing of ours comes near it
_MAGIC = b"breakwater-model "


class Unusable(ValueError):
    """A model file that is foreign, older, newer, damaged or not signed by us; the message says which."""


def _signature(key, magic, header, payload):
    return hmac.new(key, b"\n".join([magic, header, payload]), hashlib.sha256).hexdigest().encode()


def to_bytes(*, kind, arrays, about, key):
    """A model file's bytes. `arrays`: name → ndarray; `about`: plain JSON; `key`: secret bytes. The same input gives the same bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    payload = buffer.getvalue()
    made_with = {"python": platform.python_version(), "numpy": np.__version__, "scikit-learn": sklearn.__version__}
    header = {"kind": kind, "about": about, "made_with": made_with, "payload_sha256": hashlib.sha256(payload).hexdigest()}
    line = json.dumps(header, sort_keys=True, ensure_ascii=True).encode()
    magic = _MAGIC + str(FORMAT).encode()
    return b"\n".join([magic, line, _signature(key, magic, line, payload), payload])


def from_bytes(blob, *, kind, keys):
    """(arrays, header) of a model file of `kind` signed with one of `keys`; raises Unusable."""
    if len(blob) > LARGEST:
        raise Unusable("This file is too large to be a model of Breakwater.")
    if not blob.startswith(_MAGIC):
        raise Unusable("This file is not a model of Breakwater.")
    parts = blob.split(b"\n", 3)
    if len(parts) != 4:
        raise Unusable("This model file is cut short. Train it again.")
    magic, line, signature, payload = parts
    if magic != _MAGIC + str(FORMAT).encode():
        version = magic[len(_MAGIC) :].decode("ascii", "replace")[:20]
        raise Unusable(f"This model file has format {version}; this Breakwater reads format {FORMAT}. Train it again.")
    # The signature comes first: nothing unsigned is parsed.
    if not any(hmac.compare_digest(signature, _signature(key, magic, line, payload)) for key in keys):
        raise Unusable("This model file is damaged, or was not made by this Breakwater. Train it again.")
    header = json.loads(line)
    if header["kind"] != kind:
        raise Unusable(f"This is a model of the kind {header['kind']!r}, where {kind!r} is needed.")
    try:
        with np.load(io.BytesIO(payload), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (ValueError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise Unusable("This model file cannot be read. Train it again.") from error
    return arrays, header


def write(path, blob):
    """Put `blob` at `path` in one step: whoever reads sees the old file or the new one, never a part."""
    path = Path(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(blob)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def read(path):
    """The bytes of the file at `path`, no more than a model may have; raises Unusable when there is none."""
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise Unusable(f"There is no readable model file at {path}.") from error
