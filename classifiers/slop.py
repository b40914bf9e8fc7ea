"""The slop and spam scorer: a linear model over n-grams, an instance's own on top of a shipped prior.

It knows three answers: likely, can't tell, unlikely. "Likely" is a promise about false alarms that is made only where it was
earned on confirmed-fine items of the same instance and length; the prior alone never earns it.
"""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.special import expit

from . import artefacts
from .calibration import fewest_fine, interval, promise
from .disguise import read
from .explanation import character_weights, spans
from .ngrams import NgramHasher

KIND = "slop"
PRIOR_PATH = Path(__file__).parent / "data" / "prior.model"
# The shipped file is signed with a key everyone can read: that finds damage. Models of an instance have a secret key.
PRIOR_KEY = b"the prior that ships with Breakwater"
LENGTH_GROUPS = (("short", 0), ("long", 100))  # name, from how many characters; one threshold for all would be wrong for short ones
MISSES = 0.05  # "unlikely": at most this share of confirmed spam scores as low
KNOWN_WORDS = 0.5  # a text of which the model has seen fewer of its words is none it can judge


def length_group(characters):
    return [name for name, least in LENGTH_GROUPS if characters >= least][-1]


@dataclass(frozen=True)
class Score:
    """What the model says of one text. `spans` and `base` add up to `logit`; `because`: why it can't tell, a code with numbers."""

    score: float
    logit: float
    verdict: str
    base: float
    spans: tuple = ()
    disguises: tuple = ()
    interval: tuple | None = None
    because: dict | None = None


@dataclass(frozen=True)
class SlopModel:
    """weights (n_columns,) float32 and intercept: their logit is calibrated, its sigmoid is the score."""

    weights: np.ndarray
    intercept: float
    about: dict
    fine: dict = field(default_factory=dict)  # length group → logits of confirmed-fine items of the instance, not seen in training
    spam: dict = field(default_factory=dict)
    uncertainty: tuple | None = None  # venn_abers table over logits

    @property
    def version(self):
        return self.about["version"]

    @cached_property
    def hasher(self):
        return NgramHasher(bits=int(np.log2(len(self.weights))) - 1)

    def logits(self, texts):
        """Calibrated logits (n_texts,)."""
        return self.hasher.transform(texts) @ self.weights.astype(float) + self.intercept

    def thresholds(self, rate):
        """Length group → (above this it is likely, below this unlikely); None where the promise cannot be made."""
        groups = [name for name, _ in LENGTH_GROUPS]
        none = np.empty(0)
        low = {g: promise(-np.asarray(self.spam.get(g, none), float), MISSES) for g in groups}
        return {g: (promise(self.fine.get(g, none), rate), None if low[g] is None else -low[g]) for g in groups}

    def judge(self, texts, rate=0.01):
        """list[Score], one for each text; `rate`: the share of fine posts that may be called likely."""
        if not texts:
            return []
        weights = self.weights.astype(float)
        readings = [read(text) for text in texts]
        found = self.hasher.occurrences(readings)
        matrix = self.hasher.matrix(found, len(readings))
        logits = matrix @ weights + self.intercept
        known = _share_of_known_words(found, weights, len(readings))
        shares = character_weights(weights, matrix, found, readings)
        low, high = interval(self.uncertainty, logits) if self.uncertainty else (None, None)
        limits = self.thresholds(rate)
        scores = []
        for i, reading in enumerate(readings):
            group = length_group(len(reading.text))
            verdict, because = self._verdict(logits[i], known[i], group, limits[group], rate)
            scores.append(
                Score(
                    score=float(expit(logits[i])),
                    logit=float(logits[i]),
                    verdict=verdict,
                    base=self.intercept,
                    spans=tuple(spans(reading, shares[i])),
                    disguises=reading.disguises,
                    interval=(float(low[i]), float(high[i])) if self.uncertainty else None,
                    because=because,
                )
            )
        return scores

    def _verdict(self, logit, known, group, limits, rate):
        likely, unlikely = limits
        if np.isnan(known):
            return "cant_tell", {"code": "no_words"}
        if likely is None:
            return "cant_tell", {"code": "not_calibrated", "group": group, "fine": len(self.fine.get(group, ())), "needed": fewest_fine(rate)}
        if known < KNOWN_WORDS:
            return "cant_tell", {"code": "unfamiliar", "known": round(float(known), 2)}
        if logit > likely:
            return "likely", None
        if unlikely is not None and logit < unlikely and logit < likely:
            return "unlikely", None
        return "cant_tell", {"code": "between"}

    def to_bytes(self, key):
        arrays = {"weights": self.weights.astype(np.float32), "intercept": np.array(self.intercept)}
        for side in ("fine", "spam"):
            arrays |= {f"{side}_{group}": np.asarray(logits, np.float32) for group, logits in getattr(self, side).items()}
        if self.uncertainty:
            arrays |= dict(zip(("edges", "low", "high"), (np.asarray(a, np.float32) for a in self.uncertainty), strict=True))
        return artefacts.to_bytes(kind=KIND, arrays=arrays, about=self.about, key=key)

    @classmethod
    def from_parts(cls, arrays, header):
        sides = {side: {group: arrays[f"{side}_{group}"] for group, _ in LENGTH_GROUPS if f"{side}_{group}" in arrays} for side in ("fine", "spam")}
        table = (arrays["edges"], arrays["low"], arrays["high"]) if "edges" in arrays else None
        return cls(weights=arrays["weights"], intercept=float(arrays["intercept"]), about=header["about"], uncertainty=table, **sides)

    @classmethod
    def load(cls, path, keys):
        """The model at `path`, signed with one of `keys`; raises artefacts.Unusable."""
        return cls.from_parts(*artefacts.read(path, kind=KIND, keys=keys))


def shipped_prior():
    """The SlopModel that ships with Breakwater; raises artefacts.Unusable."""
    return SlopModel.load(PRIOR_PATH, [PRIOR_KEY])


def _share_of_known_words(found, weights, documents):
    """Share of each text's word n-grams that were in the training data; NaN for a text without words."""
    words = found.kind == 1
    total = np.bincount(found.document[words], minlength=documents)
    known = np.bincount(found.document[words], weights[found.column[words]] != 0, minlength=documents)
    return np.divide(known, total, out=np.full(documents, np.nan), where=total > 0)
