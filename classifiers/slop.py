"""The slop and spam scorer: a linear model over n-grams and signs, an instance's own on top of a shipped prior.

It knows three answers: likely, can't tell, unlikely. "Likely" is a promise about false alarms that is made only where it was
earned on confirmed-fine items of the same instance and length; the prior alone never earns it.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.special import expit

from . import artefacts
from .calibration import fewest_fine, interval, promise
from .explanation import explain
from .features import SlopFeatures
from .ngrams import WORDS

KIND = "slop"
PRIOR_PATH = Path(__file__).parent / "data" / "prior.model"
# The shipped file is signed with a key everyone can read: that finds damage. Models of an instance have a secret key.
PRIOR_KEY = b"the prior that ships with Breakwater"
LENGTH_GROUPS = {"short": 0, "long": 100}  # name → from how many characters; one threshold for all would be wrong for short texts
FALSE_ALARMS = 0.01  # share of fine posts that may be called likely
MISSES = 0.05  # "unlikely": at most this share of confirmed spam scores as low
KNOWN_WORDS = 0.5  # a text of whose words the model has seen fewer is none it can judge


def length_group(text):
    return [name for name, least in LENGTH_GROUPS.items() if len(text) >= least][-1]


@dataclass(frozen=True)
class Score:
    """What the model says of one text: `base` and the weights of `spans` and `signs` add up to `logit`, whose sigmoid is `score`.

    `because`: why it can't tell, {"code": …, numbers}. `disguises`: see disguise.Reading. `interval`: Venn–ABERS, (low, high).
    """

    score: float
    logit: float
    verdict: str  # likely, cant_tell, unlikely
    because: dict | None
    base: float
    spans: list
    signs: list
    disguises: tuple
    interval: tuple | None


@dataclass(frozen=True, eq=False)
class SlopModel:
    """A trained scorer. `weights` (n_columns,) float32 and `intercept` give a calibrated logit.

    `fine` and `spam`: length group → logits of items that moderators of the instance confirmed, by models that had not seen
    them. `uncertainty`: a venn_abers table. All three are empty in the prior.
    """

    features: SlopFeatures
    weights: np.ndarray
    intercept: float
    about: dict
    fine: dict = field(default_factory=dict)
    spam: dict = field(default_factory=dict)
    uncertainty: tuple | None = None

    @property
    def version(self):
        return self.about["version"]

    def logits(self, texts):
        """Calibrated logits (n_texts,)."""
        return self.features.transform(texts) @ self.weights.astype(np.float64) + self.intercept

    @lru_cache(maxsize=8)  # noqa: B019 - a process holds few models, for long
    def thresholds(self, rate):
        """Length group → (logit above which it is likely, logit below which it is unlikely); None where that cannot be promised."""
        limits = {}
        for group in LENGTH_GROUPS:
            lowest = promise(-np.asarray(self.spam.get(group, ()), float), MISSES)
            limits[group] = promise(self.fine.get(group, ()), rate), None if lowest is None else -lowest
        return limits

    def judge(self, texts, rate=FALSE_ALARMS):
        """list[Score], one for each of `texts`; give some hundreds at most. `rate`: share of fine posts that may be called likely."""
        if not texts:
            return []
        weights = self.weights.astype(np.float64)
        traced = self.features.trace(texts)
        logits = traced.matrix @ weights + self.intercept
        explained = explain(weights, traced, first_sign=self.features.first_sign)
        known = _share_of_known_words(traced, weights)
        low, high = interval(self.uncertainty, logits) if self.uncertainty else (None, None)
        scores = []
        for i, (spans, signs) in enumerate(explained):
            verdict, because = self._verdict(logits[i], known[i], length_group(texts[i]), rate)
            scores.append(
                Score(
                    score=float(expit(logits[i])),
                    logit=float(logits[i]),
                    verdict=verdict,
                    because=because,
                    base=self.intercept,
                    spans=spans,
                    signs=signs,
                    disguises=traced.readings[i].disguises,
                    interval=(float(low[i]), float(high[i])) if self.uncertainty else None,
                )
            )
        return scores

    def _verdict(self, logit, known, group, rate):
        likely, unlikely = self.thresholds(rate)[group]
        if np.isnan(known):
            return "cant_tell", {"code": "no_words"}
        if likely is None:
            return "cant_tell", {"code": "not_calibrated", "group": group, "fine": len(self.fine.get(group, ())), "needed": fewest_fine(rate)}
        if known < KNOWN_WORDS:
            return "cant_tell", {"code": "unfamiliar", "known": round(float(known), 2)}
        if logit > likely:
            return "likely", None
        if unlikely is not None and logit < min(unlikely, likely):
            return "unlikely", None
        return "cant_tell", {"code": "between"}

    def to_bytes(self, key):
        """The model file, see artefacts."""
        seen = np.flatnonzero(self.weights)
        arrays = {
            "seen": seen.astype(np.uint32),
            "weights": self.weights[seen].astype(np.float32),
            "intercept": np.array(self.intercept),
            "bits": np.array(self.features.bits),
            "sign_weight": np.array(self.features.sign_weight),
        }
        for side in ("fine", "spam"):
            arrays |= {f"{side}_{group}": np.asarray(logits, np.float32) for group, logits in getattr(self, side).items()}
        if self.uncertainty:
            arrays |= {name: np.asarray(array, np.float32) for name, array in zip(("edges", "low", "high"), self.uncertainty, strict=True)}
        return artefacts.to_bytes(kind=KIND, arrays=arrays, about=self.about, key=key)

    @classmethod
    def from_bytes(cls, blob, keys):
        """The model in `blob`, signed with one of `keys`; raises artefacts.Unusable."""
        arrays, header = artefacts.from_bytes(blob, kind=KIND, keys=keys)
        features = SlopFeatures(bits=int(arrays["bits"]), sign_weight=float(arrays["sign_weight"]))
        weights = np.zeros(features.n_columns, np.float32)
        weights[arrays["seen"]] = arrays["weights"]
        sides = {side: {g: arrays[f"{side}_{g}"] for g in LENGTH_GROUPS if f"{side}_{g}" in arrays} for side in ("fine", "spam")}
        table = (arrays["edges"], arrays["low"], arrays["high"]) if "edges" in arrays else None
        return cls(features=features, weights=weights, intercept=float(arrays["intercept"]), about=header["about"], uncertainty=table, **sides)

    @classmethod
    def load(cls, path, keys):
        """The model file at `path`; raises artefacts.Unusable."""
        return cls.from_bytes(artefacts.read(path), keys)


def shipped_prior():
    """The SlopModel that ships with Breakwater; raises artefacts.Unusable."""
    return SlopModel.load(PRIOR_PATH, [PRIOR_KEY])


def _share_of_known_words(traced, weights):
    """Share of each text's word n-grams that were in the training data; NaN for a text without words."""
    words = traced.found.kind == WORDS
    document, column = traced.found.document[words], traced.column[words]
    total = np.bincount(document, minlength=len(traced.readings))
    known = np.bincount(document, weights[column] != 0, minlength=len(traced.readings))
    return np.divide(known, total, out=np.full(len(total), np.nan), where=total > 0)
