"""The weekly abuse report on standard output, or into a file."""

import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from moderation.reports import rendering, weekly
from moderation.reports.weeks import BadWeek, Week

FORMS = {"html": rendering.to_html, "pdf": rendering.to_pdf, "csv": rendering.to_csv, "json": rendering.to_json}


class Command(BaseCommand):
    help = "Writes the weekly abuse report: the stored one of a week that is over (made now if need be), or the running week so far."

    def add_arguments(self, parser):
        parser.add_argument("--week", help="ISO week such as 2026-W47; the last one that is over when left out")
        parser.add_argument("--format", choices=sorted(FORMS), default="html")
        parser.add_argument("--output", type=Path, help="a file to write, instead of standard output")

    def handle(self, *args, week, format, output, **options):
        try:
            wanted = Week.parse(week) if week else Week.current().previous
        except BadWeek as error:
            raise CommandError(f"There is no week {week}. Weeks are written like 2026-W07.") from error
        if not wanted.begun:
            raise CommandError(f"{wanted} has not begun yet.")
        report = weekly.build(wanted) if wanted.closed else weekly.preview(wanted)
        made = FORMS[format](report)
        if output:
            output.write_bytes(made if isinstance(made, bytes) else made.encode())
        elif isinstance(made, bytes):
            sys.stdout.buffer.write(made)
        else:
            self.stdout.write(made, ending="")
