"""What happens on the demo instance: real posts, some of them reported, and people who ask to join."""

import hashlib
from datetime import timedelta

from . import mastodon_json, posts

DOMAIN = "demo.example"
ATTRIBUTION = (
    "Posts: YouTube Spam Collection by T. C. Alberto, J. V. Lochter and T. A. Almeida (2015), UCI Machine Learning Repository, CC BY 4.0. "
    "Names are pseudonyms, and all times are moved together."
)
# The comments were written in 19 months under a handful of videos: what takes hours on a busy instance took months there.
WAVE_DAYS = 600
REPORTED_SPAMMERS, REPORTED_OTHERS = 34, 6
RULES = [("1", "No advertising outside the marketplace."), ("2", "Be kind to one another.")]
# category, what the reporter says
SPAM_REPORTS = [
    ("spam", "Posts the same link under everything."),
    ("spam", "Advertising."),
    ("spam", ""),
    ("spam", "Looks like a bot to me."),
    ("violation", "This is an advertisement and does not belong here."),
    ("other", "Third time today that I see this."),
]
OTHER_REPORTS = [("other", "I find this annoying."), ("violation", "Not kind."), ("spam", "")]
# name, mail domain, address, why they would like to join
SIGN_UPS = [
    ("marta_k", "mail.example", "192.0.2.14", "I sing in a choir and a friend who is already here invited me."),
    ("tomasz", "post.example", "198.51.100.23", "I make field recordings of rivers and would like to share them."),
    ("elif_draws", "mail.example", "192.0.2.88", "Illustrator. Looking for a calmer place than where I was."),
    ("old_vinyl", "records.example", "203.0.113.5", "I collect records from the seventies. I can tell you about any of them."),
    ("bo", "post.example", "198.51.100.77", "hi"),
    ("sunita_r", "mail.example", "192.0.2.120", "I teach music at a school and want to follow other teachers."),
    ("joao_m", "correio.example", "203.0.113.60", "Quero praticar inglês e falar de música brasileira."),
    ("quiet_reader", "mail.example", "192.0.2.9", ""),
    ("best_deals_01", "fastmail.invalid", "203.0.113.201", "I love this community and want to share great offers with everybody."),
    ("best_deals_02", "fastmail.invalid", "203.0.113.202", "I love this community and want to share great offers with everyone."),
    ("best_deals_03", "fastmail.invalid", "203.0.113.203", "I love this community and want to share great offers with everybody!"),
    ("best_deals_04", "fastmail.invalid", "203.0.113.204", "I love this community and want to share great offers with everybody"),
    ("promo_agent", "fastmail.invalid", "203.0.113.205", "Growing accounts since 2012, ask me how."),
]


def deliveries(now):
    """Every delivery of the demo as a body (bytes), in the order of their times, the newest just before `now` (a datetime).

    The same `now` gives the same bytes: a fill that was interrupted goes on without doubling anything.
    """
    rows = [timed for path in posts.SHIPPED for timed in posts.with_times(list(posts.read_rows(path)), now)]
    newest = now - timedelta(minutes=1)
    timed = sorted(posts.shifted(rows, newest), key=lambda pair: pair[1])
    statuses = list(posts.statuses(timed, DOMAIN))
    told = [(at, mastodon_json.body("status.created", status, at)) for _, at, status in statuses]
    told += _reports(statuses, now)
    told += _sign_ups(now)
    return [body for _, body in sorted(told, key=lambda pair: pair[0])]


def _reports(statuses, now):
    """The newest reported authors; who is reported by whom, and how often, is drawn from their names."""
    by_author = {}
    for row, at, status in statuses:
        by_author.setdefault(row["author"], []).append((row["label"], at, status))
    spammers = [author for author, theirs in by_author.items() if all(label == "spam" for label, _, _ in theirs)]
    others = [author for author, theirs in by_author.items() if all(label == "fine" for label, _, _ in theirs)]
    drawn = sorted(spammers, key=_draw)[:REPORTED_SPAMMERS] + sorted(others, key=_draw)[:REPORTED_OTHERS]
    reporters = sorted(others, key=_draw, reverse=True)
    told = []
    for author in drawn:
        choices = SPAM_REPORTS if author in spammers else OTHER_REPORTS
        times = 1 + _draw(author) % (4 if author in spammers else 1)
        for nth in range(times):
            draw = _draw(f"{author}/{nth}")
            category, comment = choices[draw % len(choices)]
            # Reports come in over the last two days.
            at = now - timedelta(minutes=3 + draw % 2880)
            reporter = reporters[draw % (len(reporters) // 2)]
            theirs = [status for _, _, status in by_author[author]][-5:]
            rules = [RULES[0] if author in spammers else RULES[1]] if category == "violation" else []
            report = mastodon_json.report(
                mastodon_json.stable_id("report", author, str(nth)),
                _admin(by_author[reporter][-1][2]["account"], by_author[reporter][0][1]),
                _admin(theirs[-1]["account"], by_author[author][0][1]),
                theirs,
                category,
                comment,
                at,
                rules,
            )
            told.append((at, mastodon_json.body("report.created", report, at)))
    return told


def _sign_ups(now):
    told = []
    for number, (name, mail_domain, ip, reason) in enumerate(SIGN_UPS):
        at = now - timedelta(minutes=7 + 41 * number)
        account = mastodon_json.account(DOMAIN, name, at)
        joining = mastodon_json.admin_account(
            account, at, f"{name}@{mail_domain}", ip, approved=False, confirmed=name != "quiet_reader", invite_request=reason or None
        )
        told.append((at, mastodon_json.body("account.created", joining, at)))
    return told


def _admin(account, created_at):
    draw = _draw(account["username"])
    return mastodon_json.admin_account(account, created_at, f"{account['username']}@mail.example", f"198.51.100.{draw % 254 + 1}")


def _draw(name):
    """A number that is always the same for `name`."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4])
