"""Rows by what an instance calls them: made where they are missing, changed only by what is newer."""


def upsert(rows, key, wanted, build, merge):
    """Make or change the rows that `wanted` names, in at most four statements; returns {key: row}.

    `rows` is a queryset (its scope included), `key` the unique field within it, `wanted` {key: what was seen},
    `build(key, seen)` an unsaved row, `merge(row, seen)` changes a row and returns the set of fields it changed.
    Call it in a transaction. Rows are locked in one order everywhere, and merged again after a lost race to make them.
    """
    known = _locked(rows, key, wanted)
    missing = sorted(set(wanted) - set(known))
    if missing:
        rows.bulk_create([build(name, wanted[name]) for name in missing], ignore_conflicts=True)
        known |= _locked(rows, key, missing)
    changed, fields = [], set()
    for name, row in known.items():
        if changes := merge(row, wanted[name]):
            changed.append(row)
            fields |= changes
    if changed:
        rows.bulk_update(changed, sorted(fields))
    return known


def _locked(rows, key, names):
    found = rows.filter(**{f"{key}__in": list(names)}).order_by("pk").select_for_update(of=("self",), no_key=True)
    return {getattr(row, key): row for row in found}


def assign(row, columns):
    """Set `columns` on `row`; the set of those that differed."""
    changed = {name for name, value in columns.items() if getattr(row, name) != value}
    for name in changed:
        setattr(row, name, columns[name])
    return changed
