"""The parts of a report as it is read: a letter of sections, each with sentences and tables. Plain values, in words."""

import unicodedata
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Column:
    key: str
    label: str
    kind: str = "number"  # number; share: in [0, 1]; text


@dataclass(frozen=True)
class Row:
    key: str
    label: str
    values: tuple  # one for each column; None: not known, or not told


@dataclass(frozen=True)
class Table:
    """`chart`: which picture stands beside it. bars: the first column, with the second as a mark; intervals: share, low, high."""

    key: str
    title: str
    head: str  # what the rows are
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    chart: str = ""
    note: str = ""

    @property
    def wide(self):
        """Too wide to stand beside its picture."""
        return len(self.columns) > 5


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    sentences: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Figure:
    """One of the few numbers at the top. `before`: the week before; None where there is none."""

    key: str
    label: str
    now: int
    before: int | None
    shown: str  # the same, as they are read
    shown_before: str


@dataclass(frozen=True)
class Letter:
    week: str
    dates: str
    title: str
    headline: str
    so_far: bool
    figures: tuple[Figure, ...] = field(default=())
    sections: tuple[Section, ...] = field(default=())

    @property
    def compared(self):
        """Whether the week before is shown beside this one."""
        return any(figure.before is not None for figure in self.figures)


def plain(text, limit=80):
    """Text that others wrote, on one line and cut: without control characters, or those that turn the direction of writing."""
    clean = "".join(" " if character.isspace() else character for character in text if character.isspace() or unicodedata.category(character)[0] != "C")
    clean = " ".join(clean.split())
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
