"""An instance's slop model learns from what its moderators decided, and comes into force only where it does better.

What the machine alone found is never learned from. A decision counts once it is settled: not taken back, not under appeal,
and old enough that neither is to be expected.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from classifiers.slop_training import train_instance
from moderation.models import Action, Appeal, DecidedPost, Decision, Detector, Instance, LearnedModel, log_change

from .slop_models import prior, signing_keys, stored

ABOUT_SPAM = ("spam", "slop")  # categories of cases whose posts, acted on, are spam
ACTED = (Action.WARN, Action.MARK_SENSITIVE, Action.LIMIT, Action.FREEZE, Action.SUSPEND)
MOST_LABELS = 50_000  # the newest: communities change
FEWEST_COMPARED = 50  # fewer items prove nothing


class NothingBefore(Exception):
    """There is no model of this instance to go back from."""


@dataclass(frozen=True)
class Lesson:
    """What came of learning: the row that was kept, and whether it is in force now. Figures are in the row."""

    row: LearnedModel
    in_force: bool


def labels(instance):
    """What moderators of `instance` settled: [{"text", "label", "at"}], oldest first, each post once, by its last decision.

    spam: acted on in a case about spam or slop. fine: "no action", whatever the case was about. Everything else says nothing
    about spam.
    """
    settled = timezone.now() - timedelta(days=settings.SLOP_SETTLED_DAYS)
    decisions = Decision.objects.filter(case__instance=instance, superseded_by=None, created_at__lt=settled).exclude(
        appeals__state__in=[Appeal.State.OPEN, Appeal.State.OVERTURNED]
    )
    rows = (
        DecidedPost.objects.filter(decision__in=decisions, post__boost_of="")
        .exclude(post__text="")
        .order_by("-decision__created_at", "-decision__pk")
        .values_list("post_id", "post__text", "decision__action", "decision__case__category__slug", "decision__created_at")
    )
    told = {}
    for post_id, text, action, category, at in rows[:MOST_LABELS].iterator():
        label = _label(action, category)
        if label:
            told.setdefault(post_id, {"text": text, "label": label, "at": at})
    return list(told.values())[::-1]


def _label(action, category):
    if action == Action.NO_ACTION:
        return "fine"
    return "spam" if action in ACTED and category in ABOUT_SPAM else None


def learn(*, instance, by=None):
    """Train a model of `instance` and put it in force if it is better than what is; a Lesson. Raises TooFewLabels.

    Both are compared on items neither had seen: the new one by cross-validation, the one in force on what was decided after
    it was made. Better is a lower mean log loss.
    """
    rows = labels(instance)
    current = _current(instance)
    model, unseen = train_instance(rows, prior())
    in_force = (current and stored(current.pk, current.version)) or prior()
    new = np.array([current is None or row["at"] >= current.created_at for row in rows])
    truth = np.array([row["label"] == "spam" for row in rows])[new]
    figures = {"spam": model.about["spam"], "fine": model.about["fine"], "compared_on": int(new.sum()), "compared_with": in_force.version}
    better = False
    if new.sum() >= FEWEST_COMPARED:
        figures["loss"] = _log_loss(unseen[new], truth)
        figures["loss_in_force"] = _log_loss(in_force.logits([row["text"] for row, is_new in zip(rows, new, strict=True) if is_new]), truth)
        better = figures["loss"] < figures["loss_in_force"]
    row = LearnedModel(instance=instance, detector=Detector.SLOP, version=model.version, figures=figures, created_by=by)
    if not better:
        row.state = LearnedModel.State.NOT_BETTER
        row.save()
        return Lesson(row, in_force=False)
    row.state, row.blob = LearnedModel.State.CURRENT, model.to_bytes(signing_keys()[0])
    with transaction.atomic():
        _one_at_a_time(instance)
        _in_force(instance).update(state=LearnedModel.State.RETIRED)
        row.save()
        log_change(by=by, subject=f"slop model of {instance.slug}", before=in_force.version, after=row.version)
    return Lesson(row, in_force=True)


def go_back(*, instance, by=None):
    """Put the model that was in force before back in force; the LearnedModel, or None for the prior. Raises NothingBefore."""
    with transaction.atomic():
        _one_at_a_time(instance)
        current = _current(instance)
        if current is None:
            raise NothingBefore(f"{instance} has no slop model of its own in force.")
        _in_force(instance).update(state=LearnedModel.State.RETIRED)
        kept = LearnedModel.objects.filter(instance=instance, detector=Detector.SLOP, state=LearnedModel.State.RETIRED)
        before = kept.filter(created_at__lt=current.created_at).order_by("-created_at").first()
        if before:
            before.state = LearnedModel.State.CURRENT
            before.save(update_fields=["state"])
        log_change(by=by, subject=f"slop model of {instance.slug}", before=current.version, after=before.version if before else prior().version)
    return before


def _one_at_a_time(instance):
    Instance.objects.select_for_update().get(pk=instance.pk)


def _in_force(instance):
    return LearnedModel.objects.filter(instance=instance, detector=Detector.SLOP, state=LearnedModel.State.CURRENT)


def _current(instance):
    return _in_force(instance).first()


def _log_loss(logits, truth):
    """Mean log loss of calibrated logits, in nats."""
    return float(np.mean(np.logaddexp(0, logits) - truth * logits))
