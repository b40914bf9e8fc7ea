"""What may be told of people's work without telling of a person.

A figure that was made by the work of few people, or mostly by that of one, tells how much or how fast a person worked.
So such figures are published only for groups in which at least ENOUGH people took part and none did more than half
(k-anonymity with a rule against dominance). What falls short is joined with its neighbours until it no longer does,
and left out if it never does. Everything published is disjoint, so subtracting one figure from another tells no more.
"""

from collections import Counter

ENOUGH = 5


def enough(people):
    """Whether a figure that `people` (Counter: person → amount) made may be told. Amounts by nobody known count as one person's more."""
    known = [amount for person, amount in people.items() if person is not None and amount > 0]
    total = sum(people.values())
    return len(known) >= ENOUGH and max(people.values()) * 2 <= total


def join_groups(groups):
    """Put groups that may not be told together with others.

    `groups`: {key: Counter(person → amount)}. Returns a list of (keys, whether it may be told), each key in exactly one
    entry: groups that stand alone, then at most one of all the others. The others take in the smallest groups that
    could stand alone until they may be told themselves: otherwise they would be the total less the rest.
    """
    present = {key: people for key, people in groups.items() if sum(people.values())}
    alone = sorted((key for key in present if enough(present[key])), key=lambda key: (-sum(present[key].values()), str(key)))
    others = sorted((key for key in present if key not in alone), key=str)
    together = sum((present[key] for key in others), Counter())
    while others and alone and not enough(together):
        others.append(alone.pop())
        together += present[others[-1]]
    told = [([key], True) for key in alone]
    return told + [(others, enough(together))] if others else told


def join_ranges(ranges):
    """Join neighbouring ranges of a histogram until each may be told.

    `ranges`: a list of Counter(person → amount), in order. Returns a list of (first, last, amount) over the positions
    of `ranges`, which covers all of them, or None when even all of them together may not be told.
    """
    cells = []
    first, people = 0, Counter()
    for position, amounts in enumerate(ranges):
        people = people + amounts
        if enough(people):
            cells.append((first, position, people))
            first, people = position + 1, Counter()
    if first < len(ranges):
        last = len(ranges) - 1
        while cells:
            start, _, before = cells.pop()
            people = before + people
            if enough(people):
                cells.append((start, last, people))
                break
    return [(start, end, sum(amounts.values())) for start, end, amounts in cells] or None
