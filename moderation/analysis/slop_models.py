"""Which slop model judges the posts of an instance, and the keys that sign models."""

import hashlib
import hmac
import logging
from functools import lru_cache

from django.conf import settings

from classifiers.artefacts import Unusable
from classifiers.slop import SlopModel, shipped_prior
from moderation.models import Detector, LearnedModel

log = logging.getLogger(__name__)


def signing_keys():
    """Keys for model files, derived from SECRET_KEY and its fallbacks; the first one signs."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [hmac.new(secret.encode(), b"breakwater.models", hashlib.sha256).digest() for secret in secrets]


@lru_cache(maxsize=1)
def prior():
    """The shipped SlopModel, read once in a process."""
    return shipped_prior()


def models_for(instance_ids):
    """{instance id: SlopModel} of the models in force; the prior where an instance has none of its own that can be read."""
    current = LearnedModel.objects.filter(instance__in=set(instance_ids), detector=Detector.SLOP, state=LearnedModel.State.CURRENT)
    own = {row["instance"]: stored(row["pk"], row["version"]) for row in current.values("pk", "version", "instance")}
    return {instance_id: own.get(instance_id) or prior() for instance_id in instance_ids}


@lru_cache(maxsize=8)  # about 3 MB each
def stored(pk, version):
    """The SlopModel of a LearnedModel row; None, with a warning, if it cannot be used. `version` keeps the cache true."""
    row = LearnedModel.objects.select_related("instance").get(pk=pk)
    try:
        return SlopModel.from_bytes(bytes(row.blob), signing_keys())
    except Unusable as problem:
        log.warning("The slop model %s of %s is not used: %s", version, row.instance, problem)
        return None
