"""A wave of cases and the people who face it: the limits hold, nothing is lost, and the count that says so can tell."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from moderation.management import simulation
from moderation.models import LedgerEntry, Queue
from tests.factories import make_person
from tests.moderation.racing import needs_postgres

ROOT = Path(__file__).resolve().parents[3]
GIVEN = {"moderators": 3, "tabs": 2, "cases": 16, "severe": 0.6, "seed": 7, "opted_out": 0.0}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"held": 0}),
        ({"moderators": 0}, {"held": 16, "decided": 0, "exposures": 0, "gini": 0.0}),
        ({"moderators": 1}, {"gini": 0.0}),
        ({"opted_out": 1.0}, {"exposures": 0}),
    ],
)
def test_no_limit_is_passed_and_no_case_is_lost(given, expected):
    needs_postgres()
    found = simulation.run(**{**GIVEN, **given})
    assert (found["breaches"], found["lost"], found["claimed"]) == (0, 0, 0)
    assert found["decided"] + found["waiting"] + found["held"] == 16
    assert {name: found[name] for name in expected} == expected


@pytest.mark.django_db
def test_the_audit_finds_an_entry_that_passed_a_cap():
    person, queue, now = make_person(), Queue.objects.get(slug="reports"), timezone.now()
    for minutes, units in ((3, 30), (2, 30), (1, 1)):
        LedgerEntry.objects.create(person=person, queue=queue, severity=3, modality="image", units=units, at=now - timedelta(minutes=minutes))
    assert simulation.breaches([]) == 1
    lowered = [(person.pk, queue.pk, 40, now - timedelta(minutes=2, seconds=30))]
    assert simulation.breaches(lowered) == 2


def test_gini_is_nothing_when_all_are_equal_and_grows_with_inequality():
    assert simulation.gini([]) == simulation.gini([0, 0]) == simulation.gini([5, 5, 5]) == 0
    assert simulation.gini([0, 0, 0, 8]) == 0.75
    assert simulation.gini([1, 3]) == simulation.gini([3, 1]) == 0.25


@pytest.mark.parametrize("arguments", [["--moderators", "-1"], ["--severe", "1.5"], ["--tabs", "1000"]])
def test_impossible_numbers_are_refused_in_a_sentence(arguments):
    with pytest.raises(CommandError, match="must be between"):
        call_command("simulate_wellbeing", *arguments)


def test_the_command_leaves_the_configured_database_alone(tmp_path):
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [sys.executable, str(ROOT / "manage.py"), "simulate_wellbeing", "--moderators", "2", "--tabs", "2", "--cases", "12", "--seed", "1"]
    ran = subprocess.run(command, env={**kept, "BREAKWATER_DATA": str(tmp_path)}, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout.splitlines()[-1])
    assert (found["breaches"], found["lost"]) == (0, 0)
    assert {"refused", "held", "exposures", "avoided", "gini", "decided"} <= set(found)
    assert not list(tmp_path.glob("*.sqlite3"))
