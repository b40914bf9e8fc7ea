"""Reading lines of JSON that people and other programs send: a bad line is named and passed over, and bounded memory holds it."""

import json

# Just above the largest body the webhook takes.
MAX_LINE_BYTES = 6_000_000


class BadLine(ValueError):
    """What is wrong with one line, in plain words."""


def read_rows(stream, parse, complain):
    """Yield `parse(row)` for each line of JSON object in a binary `stream`.

    `parse` raises BadLine, KeyError (a missing field) or TypeError. Each bad line is told to `complain(number, what)`, numbers
    from 1, and skipped. Empty lines are skipped in silence.
    """
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE_BYTES)
            complain(number, f"longer than {MAX_LINE_BYTES // 1_000_000} MB")
            continue
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise BadLine("not a JSON object")
            yield parse(row)
        except BadLine as error:
            complain(number, str(error))
        except KeyError as error:
            complain(number, f"the field {error} is missing")
        except (ValueError, RecursionError):
            complain(number, "not valid JSON")
