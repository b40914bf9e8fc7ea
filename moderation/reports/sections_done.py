"""Sections on what was done: decisions, appeals, what the machine got wrong, what was sent, and corrections."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import words
from .privacy import ENOUGH
from .shapes import Column, Row, Section, Table
from .tables import compared, others, pick


def decisions(now, before, undone, so_far):
    sentences = []
    if not so_far:
        people = (
            _("%(n)s moderators were active.") % {"n": words.number(now["moderators"])}
            if now["moderators"]
            else _("Fewer than %(n)s moderators were active.") % {"n": now["moderators_fewer_than"]}
        )
        sentences.append(people)
    sentences.append(
        ngettext(
            "%(made)s decision was made, in %(acts)s act.", "%(made)s decisions were made, in %(acts)s acts: one act may decide on a whole wave.", now["made"]
        )
        % {"made": words.number(now["made"]), "acts": words.number(now["acts"])}
    )
    tables = []
    if now["made"] or (before and before["made"]):
        tables.append(compared("decisions_by_action", _("Decisions by action"), _("Action"), now["by_action"], before and before["by_action"], words.action))
    if now["by_policy"]:
        tables.append(_by_policy(now))
    if now["by_rule"]:
        rows = tuple(Row(rule, words.plain(rule), (amount,)) for rule, amount in sorted(now["by_rule"].items(), key=lambda pair: (-pair[1], pair[0])))
        note = others(now["other_rules"])
        tables.append(
            Table("decisions_by_rule", _("Community rules that were named"), _("Rule"), (Column("made", _("Decisions")),), rows, chart="bars", note=note)
        )
    if undone["by_action"]:
        columns = (Column("undone", _("Undone")), Column("replaced", _("Replaced")))
        rows = tuple(Row(name, words.action(name), (line["undone"], line["replaced"])) for name, line in sorted(undone["by_action"].items()))
        note = _("%(n)s of them were made in earlier weeks.") % {"n": words.number(undone["of_earlier_weeks"])} if undone["of_earlier_weeks"] else ""
        tables.append(Table("undone", _("Decisions that were undone or replaced by another"), _("What had been decided"), columns, rows, note=note))
    else:
        sentences.append(_("No decision was undone or replaced."))
    return Section("decisions", _("Decisions"), tuple(sentences), tuple(tables))


def _by_policy(now):
    actions = sorted(now["by_action"], key=lambda name: (-now["by_action"][name], name))
    columns = (Column("made", _("Decisions")), *(Column(name, words.action(name)) for name in actions))
    rows = tuple(
        Row(
            "+".join(f"{policy['queue'] or 'none'}.v{policy['version'] or 0}" for policy in entry["policies"]),
            words.policies(entry["policies"]),
            (entry["made"], *(entry["by_action"].get(name, 0) for name in actions)),
        )
        for entry in now["by_policy"]
    )
    note = ""
    if now["policies_joined"]:
        note = _("Policies under which fewer than %(n)s people decided, or one did most of it, are told together.") % {"n": ENOUGH}
    return Table("decisions_by_policy", _("Decisions by the queue's policy then in force"), _("Policy"), columns, rows, chart="bars", note=note)


def appeals(now, before):
    if not any(now.values()) and not (before and any(before.values())):
        return Section("appeals", _("Appeals"), (_("Nobody appealed."),))
    names = {"received": _("received"), "upheld": _("decision stands"), "overturned": _("decision was changed"), "waiting": _("waiting for an answer")}
    table = compared("appeals", _("Appeals received and answered"), _("Appeals"), pick(now, names), pick(before, names), names.get, keep_empty=True)
    return Section("appeals", _("Appeals"), tables=(table,))


def detectors(detectors):
    title = _("What the machine got right and wrong")
    seen = [line for line in detectors if any(line[verdict]["n"] for verdict in ("likely", "cant_tell", "unlikely"))]
    if not seen:
        return Section("detectors", title, (_("No decision of this week was about something a detector had judged."),))
    columns = (
        Column("share", _("Precision"), "share"),
        # xgettext:no-python-format
        Column("low", _("95 % from"), "share"),
        Column("high", _("to"), "share"),
        Column("n", _("Judged")),
        Column("wrong", _("Wrong")),
    )
    rows = tuple(
        Row(
            line["detector"],
            words.detector(line["detector"]),
            (line["likely"]["share"], line["likely"]["low"], line["likely"]["high"], line["likely"]["n"], line["likely"]["n"] - line["likely"]["acted"]),
        )
        for line in seen
    )
    # xgettext:no-python-format
    note = _("Of what a detector called likely, the share that was acted on, with its 95 % interval (Wilson). Wrong: not acted on. A wave counts once.")
    said = Table("detectors", _("What detectors called likely"), _("Detector"), columns, rows, chart="intervals", note=note)
    columns = (
        Column("cant_tell", _("Could not tell")),
        Column("cant_tell_acted", _("of these acted on")),
        Column("unlikely", _("Called unlikely")),
        Column("unlikely_acted", _("of these acted on")),
        Column("versions", _("Versions"), "text"),
    )
    rows = tuple(
        Row(
            line["detector"],
            words.detector(line["detector"]),
            (*(line[verdict][part] for verdict in ("cant_tell", "unlikely") for part in ("n", "acted")), words.plain(", ".join(line["model_versions"]))),
        )
        for line in seen
    )
    note = _("Only what people looked at can be counted. What no one reported and no detector brought is not known.")
    missed = Table("detectors_missed", _("What detectors did not call likely"), _("Detector"), columns, rows, note=note)
    return Section("detectors", title, tables=(said, missed))


def link_domains(links):
    title = _("Links in removed posts")
    if not links["posts"]:
        return Section("link_domains", title, (_("No post was removed."),))
    sentence = ngettext("%(n)s post was removed, %(linking)s with a link.", "%(n)s posts were removed, %(linking)s of them with a link.", links["posts"])
    sentence %= {"n": words.number(links["posts"]), "linking": words.number(links["linking"])}
    if not links["domains"]:
        return Section("link_domains", title, (sentence,))
    rows = tuple(Row(host, words.plain(host), (amount,)) for host, amount in sorted(links["domains"].items(), key=lambda pair: (-pair[1], pair[0])))
    columns = (Column("posts", _("Posts")),)
    table = Table("link_domains", _("Domains that removed posts linked to"), _("Domain"), columns, rows, chart="bars", note=others(links["others"]))
    return Section("link_domains", title, (sentence,), (table,))


def writebacks(calls):
    title = _("What was sent to the instance")
    if not calls["asked"]:
        return Section("writebacks", title, (_("Nothing had to be sent."),))
    refused = calls["by_state"]["refused"]
    sentence = (
        ngettext("%(n)s call was refused.", "%(n)s calls were refused.", refused) % {"n": words.number(refused)} if refused else _("Nothing was refused.")
    )
    states = {state: amount for state, amount in calls["by_state"].items() if amount}
    rows = tuple(Row(state, words.state_of_call(state), (amount,)) for state, amount in sorted(states.items(), key=lambda pair: (-pair[1], pair[0])))
    tables = [
        Table("writebacks", _("Calls that this week's decisions asked for"), _("What became of them"), (Column("calls", _("Calls")),), rows, chart="bars")
    ]
    if calls["refused_by_call"]:
        rows = tuple(Row(call, words.plain(call), (amount,)) for call, amount in sorted(calls["refused_by_call"].items()))
        tables.append(Table("writebacks_refused", _("Calls that were refused"), _("Call"), (Column("calls", _("Calls")),), rows))
    return Section("writebacks", title, (sentence,), tuple(tables))


def corrections(corrections):
    title = _("Corrections of earlier weeks")
    if not corrections:
        return Section("corrections", title, (_("Nothing has become known since that changes an earlier report."),))
    rows = tuple(Row(line["week"], line["week"], (_correction(line),)) for line in corrections)
    table = Table("corrections", _("What became known since"), _("Week"), (Column("what", _("What"), "text"),), rows)
    return Section("corrections", title, (_("A report never changes once its week is over. What became known later is listed here."),), (table,))


def _correction(line):
    if line["kind"] == "recount":
        return _("%(figure)s: was %(was)s, counts %(now)s today") % {
            "figure": words.figure(line["figure"]),
            "was": words.number(line["was"]),
            "now": words.number(line["now"]),
        }
    count = words.number(line["count"])
    if line["kind"] == "late_reports":
        return ngettext(
            "%(n)s report made then arrived only now. It is counted here.", "%(n)s reports made then arrived only now. They are counted here.", line["count"]
        ) % {"n": count}
    if line["kind"] == "overturned":
        return ngettext("%(n)s decision was changed on appeal", "%(n)s decisions were changed on appeal", line["count"]) % {"n": count}
    sentence = (
        ngettext("%(n)s decision to “%(action)s” was undone", "%(n)s decisions to “%(action)s” were undone", line["count"])
        if line["kind"] == "undone"
        else ngettext("%(n)s decision to “%(action)s” was replaced", "%(n)s decisions to “%(action)s” were replaced", line["count"])
    )
    return sentence % {"n": count, "action": words.action(line["action"])}
