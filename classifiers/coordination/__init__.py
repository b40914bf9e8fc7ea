"""Accounts that act together: acts in, groups with their evidence out. Pure: arrays and plain values only."""

from .engine import VERSION, find
from .events import ACTIONS, Events
from .groups import Group

__all__ = ["ACTIONS", "VERSION", "Events", "Group", "find"]
