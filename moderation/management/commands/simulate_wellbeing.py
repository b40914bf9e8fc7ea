"""Drive a wave of cases through the real code, and say whether every limit held."""

import json
import tempfile
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from moderation.management import simulation


class Command(BaseCommand):
    help = (
        "Simulate people in several tabs facing a wave of cases: real claims, charges and decisions by function call, in a "
        "database made for it beside the configured one and dropped afterwards. The last line is JSON: breaches (entries that passed "
        "a cap, must be 0), lost (cases that are nowhere, must be 0), refused, held, exposures, avoided (severe accounts decided "
        "about without looking at theirs), gini (of severe exposure), decided. Exits with 1 when a limit was passed or a case lost."
    )

    def add_arguments(self, parser):
        parser.add_argument("--moderators", type=int, default=8)
        parser.add_argument("--tabs", type=int, default=3, help="open tabs for each of them")
        parser.add_argument("--cases", type=int, default=300)
        parser.add_argument("--severe", type=float, default=0.3, help="share of the cases that are severe")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--opted-out", type=float, default=0.1, help="share of the moderators who look at nothing severe")

    def handle(self, *, moderators, tabs, cases, severe, seed, opted_out, **options):
        for name, value, most in (
            ("moderators", moderators, 200),
            ("tabs", tabs, 20),
            ("cases", cases, 100_000),
            ("severe", severe, 1),
            ("opted-out", opted_out, 1),
        ):
            if not 0 <= value <= most:
                raise CommandError(f"--{name} must be between 0 and {most}.")
        self.stderr.write(f"{moderators} moderators with {tabs} tabs each face {cases} cases …")
        with tempfile.TemporaryDirectory() as folder:
            found = self._in_scratch_database(Path(folder), moderators=moderators, tabs=tabs, cases=cases, severe=severe, seed=seed, opted_out=opted_out)
        self.stdout.write(json.dumps(found))
        if found["breaches"] or found["lost"]:
            raise CommandError("A limit was passed or a case was lost.")

    def _in_scratch_database(self, folder, **given):
        configured = connection.settings_dict["NAME"]
        where = folder / "simulation.sqlite3" if connection.vendor == "sqlite" else f"breakwater_simulation_{folder.name}"
        connection.settings_dict["TEST"]["NAME"] = str(where)
        try:
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        except (DatabaseError, SystemExit) as error:
            raise CommandError("The database user may not create a database for the simulation. Run it with one who may.") from error
        try:
            return simulation.run(**given)
        finally:
            connection.creation.destroy_test_db(configured, verbosity=0)
