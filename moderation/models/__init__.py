"""The nouns of Breakwater and what must always be true of them."""

from .cases import Case, CaseEvent, Category, PassedOn, Queue, QueuePolicy, RoutingRule, Severity
from .community import Account, Instance, Mode, Software
from .content import Delivery, Post, Report, SignUp
from .decisions import Action, Appeal, DecidedPost, Decision, Writeback
from .evidence import Band, Cluster, Detector, Finding, LearnedModel, Member, Trace, Verdict
from .people import ApiToken, IdempotentAnswer, OneTimeLink, Person, Role, Scope
from .policy_log import PolicyChange, broken_at, log_change
from .states import StaleState
from .weekly import WeeklyReport
from .wellbeing import LedgerEntry, Limit, Meter, OptOut, Reservation

__all__ = [
    "Account", "Action", "ApiToken", "Appeal", "Band", "Case", "CaseEvent", "Category", "Cluster", "DecidedPost", "Decision", "Delivery",
    "Detector", "Finding", "IdempotentAnswer", "Instance", "LearnedModel", "LedgerEntry", "Limit", "Member", "Meter", "Mode", "OneTimeLink", "OptOut",
    "PassedOn", "Person", "PolicyChange", "Post", "Queue", "QueuePolicy", "Report", "Reservation", "Role", "RoutingRule", "Scope",
    "Severity", "SignUp", "Software", "StaleState", "Trace", "Verdict", "WeeklyReport", "Writeback", "broken_at", "log_change",
]  # fmt: skip
