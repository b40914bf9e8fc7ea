"""Slop and spam findings for posts: what the model says, why, and why not when it can't tell."""

from collections import defaultdict

from django.conf import settings

from moderation.models import Detector, Finding, Verdict

from .slop_models import models_for

# The strongest are kept; the others are summed up in "rest".
SPANS_KEPT, SIGNS_KEPT = 12, 4
VERDICTS = {"likely": Verdict.LIKELY, "cant_tell": Verdict.CANT_TELL, "unlikely": Verdict.UNLIKELY}


def score(posts):
    """One unsaved Finding for each of `posts`, in their order, by the model of its instance. Writes nothing."""
    of_instance = defaultdict(list)
    for post in posts:
        of_instance[post.instance_id].append(post)
    found = {}
    for instance_id, model in models_for(of_instance).items():
        ours = of_instance[instance_id]
        judged = model.judge([post.text for post in ours], settings.SLOP_FALSE_ALARMS)
        found |= {id(post): _finding(post, model, one) for post, one in zip(ours, judged, strict=True)}
    return [found[id(post)] for post in posts]


def _finding(post, model, judged):
    return Finding(
        post=post,
        detector=Detector.SLOP,
        model_version=model.version,
        score=judged.score,
        verdict=VERDICTS[judged.verdict],
        explanation=explanation(post.text, judged),
    )


def explanation(text, judged):
    """Plain JSON: base + the weights of "spans" and "signs" + "rest" = "logit"; start and end are character positions in `text`."""
    spans = sorted(sorted(judged.spans, key=lambda span: -abs(span.weight))[:SPANS_KEPT], key=lambda span: span.start)
    signs = sorted(judged.signs, key=lambda sign: -abs(sign.weight))[:SIGNS_KEPT]
    told = {
        "logit": judged.logit,
        "base": judged.base,
        "spans": [{"start": s.start, "end": s.end, "text": text[s.start : s.end][:80], "weight": s.weight} for s in spans],
        "signs": [{"sign": s.name, "step": s.step, "weight": s.weight} for s in signs],
        "rest": judged.logit - judged.base - sum(part.weight for part in (*spans, *signs)),
    }
    if judged.disguises:
        told["disguises"] = [{"kind": kind, "start": start, "end": end} for kind, start, end in judged.disguises[:SPANS_KEPT]]
    if judged.interval:
        told["interval"] = list(judged.interval)
    if judged.because:
        told["cant_tell_because"] = judged.because
    return told
