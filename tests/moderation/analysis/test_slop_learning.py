"""The model of an instance learns from settled decisions of people, and has to prove itself."""

import io
import itertools
import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from classifiers.slop_training import TooFewLabels, shipped_rows
from moderation.analysis import slop, slop_learning, slop_models
from moderation.models import Action, Appeal, Case, Category, DecidedPost, Decision, LearnedModel, PolicyChange, Verdict, broken_at
from tests.factories import make_account, make_case, make_instance, make_person, make_post

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(days=30)


@pytest.fixture
def instance():
    return make_instance()


@pytest.fixture
def decide(instance):
    person = make_person()

    def decided(text, action, category="spam", at=LONG_AGO, post=None, **given):
        post = post or make_post(make_account(instance), text=text)
        case = make_case(post.account, category=Category.objects.get(slug=category), state=Case.State.DECIDED)
        decision = Decision.objects.create(case=case, account=post.account, moderator=person, action=action, created_at=at, **given)
        DecidedPost.objects.create(decision=decision, post=post)
        return decision

    return decided


def told(instance):
    return [(row["text"], row["label"]) for row in slop_learning.labels(instance)]


def test_acting_on_spam_is_a_label_and_so_is_no_action_on_anything(instance, decide):
    decide("buy this", Action.SUSPEND, "spam", at=LONG_AGO)
    decide("buy that", Action.WARN, "slop", at=LONG_AGO + timedelta(hours=1))
    decide("hello", Action.NO_ACTION, "harassment", at=LONG_AGO + timedelta(hours=2))
    assert told(instance) == [("buy this", "spam"), ("buy that", "spam"), ("hello", "fine")]


def test_acting_on_something_other_than_spam_says_nothing_about_spam(instance, decide):
    decide("you fool", Action.SUSPEND, "harassment")
    decide("a note", Action.NOTE)
    assert told(instance) == []


def test_a_decision_is_learned_from_only_once_it_is_settled(instance, decide, settings):
    settings.SLOP_SETTLED_DAYS = 7
    decide("yesterday", Action.SUSPEND, at=timezone.now() - timedelta(days=1))
    taken_back = decide("taken back", Action.SUSPEND)
    decide("undo", Action.UNDO, post=taken_back.posts.get().post, supersedes=taken_back)
    Appeal.objects.create(decision=decide("appealed", Action.SUSPEND))
    Appeal.objects.create(decision=decide("overturned", Action.SUSPEND), state=Appeal.State.OVERTURNED)
    Appeal.objects.create(decision=decide("upheld", Action.SUSPEND), state=Appeal.State.UPHELD)
    assert told(instance) == [("upheld", "spam")]


def test_the_last_decision_on_a_post_counts(instance, decide):
    first = decide("a post", Action.SUSPEND)
    decide("", Action.NO_ACTION, post=first.posts.get().post, at=LONG_AGO + timedelta(days=1))
    assert told(instance) == [("a post", "fine")]


def test_another_instances_decisions_and_empty_posts_teach_nothing(instance, decide):
    decide("", Action.NO_ACTION)
    decide("elsewhere", Action.SUSPEND, post=make_post(text="elsewhere"))
    assert told(instance) == []


def lessons(decide, per_label=30):
    """Decisions that contradict the prior: what ships as fine is spam here, by a word that only these posts have."""
    texts = itertools.islice((row["text"] for row in shipped_rows(("sms",)) if row["label"] == "fine"), 2 * per_label)
    for number, text in enumerate(texts):
        spam = number % 2
        decide(f"{text} a golden teapot" if spam else text, Action.SUSPEND if spam else Action.NO_ACTION, at=LONG_AGO + timedelta(minutes=number))


def test_a_better_model_comes_into_force_is_logged_and_judges_only_its_instance(instance, decide):
    lessons(decide)
    lesson = slop_learning.learn(instance=instance)
    assert lesson.in_force
    assert lesson.row.figures["loss"] < lesson.row.figures["loss_in_force"]
    assert lesson.row.figures["compared_on"] == 60
    assert PolicyChange.objects.get().after == lesson.row.version
    assert broken_at() is None
    here, elsewhere = make_post(make_account(instance), text="my golden teapot"), make_post(text="my golden teapot")
    own, general = slop.score([here, elsewhere])
    assert own.model_version == lesson.row.version
    assert general.model_version == slop_models.prior().version
    assert own.score > 0.5 > general.score
    assert own.verdict == Verdict.CANT_TELL  # 30 confirmed-fine posts promise nothing


def test_a_model_that_is_no_better_stays_out_and_its_figures_are_kept(instance, decide, monkeypatch):
    lessons(decide)
    prior = slop_models.prior()
    monkeypatch.setattr(slop_learning, "train_instance", lambda rows, prior: (replace(prior, about={**prior.about, "version": "worse"}), np.zeros(60) + 9))
    lesson = slop_learning.learn(instance=instance)
    assert not lesson.in_force
    assert (lesson.row.state, lesson.row.blob) == (LearnedModel.State.NOT_BETTER, None)
    assert slop_models.models_for([instance.pk])[instance.pk] is prior
    assert not PolicyChange.objects.exists()


def in_force(instance):
    return slop_models.models_for([instance.pk])[instance.pk].version


def test_the_next_model_is_compared_on_what_the_present_one_could_not_have_seen(instance, decide, monkeypatch, settings):
    settings.SLOP_SETTLED_DAYS = 0
    lessons(decide)
    prior = slop_models.prior()
    names = iter(["first", "second", "third"])

    def perfect(rows, prior):
        logits = np.array([5.0 if row["label"] == "spam" else -5.0 for row in rows])
        return replace(prior, about={**prior.about, "version": next(names)}), logits

    monkeypatch.setattr(slop_learning, "train_instance", perfect)
    assert slop_learning.learn(instance=instance).in_force
    second = slop_learning.learn(instance=instance)
    assert not second.in_force
    assert second.row.figures["compared_on"] == 0
    later = LearnedModel.objects.get(version="first").created_at
    for number in range(50):
        decide(f"new words number {number}", Action.SUSPEND if number % 2 else Action.NO_ACTION, at=later)
    third = slop_learning.learn(instance=instance)
    assert third.in_force
    assert third.row.figures["compared_on"] == 50
    assert in_force(instance) == "third"
    assert slop_learning.go_back(instance=instance).version == "first"
    assert in_force(instance) == "first"
    assert slop_learning.go_back(instance=instance) is None
    assert in_force(instance) == prior.version
    with pytest.raises(slop_learning.NothingBefore):
        slop_learning.go_back(instance=instance)


def test_a_stored_model_that_cannot_be_read_leaves_the_prior_in_charge(instance, caplog):
    LearnedModel.objects.create(instance=instance, detector="slop", version="x", state="current", blob=slop_models.prior().to_bytes(b"another key"))
    [finding] = slop.score([make_post(make_account(instance))])
    assert finding.model_version == slop_models.prior().version
    assert "not made by this Breakwater" in caplog.text


def test_scoring_reads_the_models_of_all_instances_in_one_query(instance, django_assert_num_queries):
    posts = [make_post(make_account(each)) for each in (instance, make_instance(), instance)]
    with django_assert_num_queries(1):
        findings = slop.score(posts)
    assert [finding.post for finding in findings] == posts


def test_too_few_decisions_are_named(instance, decide):
    decide("one", Action.SUSPEND)
    with pytest.raises(TooFewLabels, match="there are 1 and 0"):
        slop_learning.learn(instance=instance)


def test_an_instance_learns_and_goes_back_by_command(instance, decide):
    lessons(decide)
    out = io.StringIO()
    call_command("train_slop", "--instance", instance.slug, stdout=out)
    assert json.loads(out.getvalue())["in_force"] is True
    out = io.StringIO()
    call_command("train_slop", "--instance", instance.slug, "--back", stdout=out)
    assert json.loads(out.getvalue())["version"] == slop_models.prior().version
    with pytest.raises(CommandError, match="no slop model of its own"):
        call_command("train_slop", "--instance", instance.slug, "--back")
    with pytest.raises(CommandError, match="no instance"):
        call_command("train_slop", "--instance", "nowhere")
