"""Tables that many sections are made of."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import words
from .shapes import Column, Row, Table


def compared(key, title, head, now, before, label, *, keep_empty=False, note=""):
    """A table of {name: amount} with the week before beside it, largest first; with `keep_empty` all of `now`, in its order."""
    names = list(now) if keep_empty else sorted({**now, **(before or {})}, key=lambda name: (-now.get(name, 0), -(before or {}).get(name, 0), name))
    columns = [Column("now", _("This week")), Column("before", _("Week before"))]
    rows = tuple(Row(name, label(name), (now.get(name, 0), None if before is None else before.get(name, None if keep_empty else 0))) for name in names)
    return Table(key, title, head, tuple(columns), rows, chart="bars", note=note)


def pick(values, names):
    """Of {name: amount} the names given, in their order; what is not known is left out. None stays None."""
    return values and {name: values[name] for name in names if name in values}


def others(others):
    """A sentence on what a table does not name; empty when it names all."""
    if not others["names"]:
        return ""
    return ngettext("%(n)s other has %(amount)s.", "%(n)s others have %(amount)s together.", others["names"]) % {
        "n": words.number(others["names"]),
        "amount": words.number(others["amount"]),
    }
