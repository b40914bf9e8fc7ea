"""Accounts that act together: acts in, groups with their evidence out. Pure: arrays and plain values only."""

from .engine import VERSION, Group, find
from .events import ACTIONS, Events

__all__ = ["ACTIONS", "VERSION", "Events", "Group", "find"]
