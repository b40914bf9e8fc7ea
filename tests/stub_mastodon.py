"""A small server that behaves as Mastodon's admin API does, strikes, rate limits, refusals and lost answers included.

    with StubMastodon() as stub:
        stub.add_account("101")
        instance = make_instance(base_url=stub.url, api_token=stub.token, mode="act")

It answers from memory on a loopback port. What it did is in `stub.strikes`, `stub.mails` and `stub.requests`; what goes
wrong next is put into `stub.faults`.
"""

import json
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

DATA = Path(__file__).parent / "data" / "mastodon"
SCOPES = {"read:accounts", "admin:read:accounts", "admin:read:reports", "admin:write:accounts", "admin:write:reports"}
AGENT = "900"
FLAGS = {"sensitive": "sensitized", "disable": "disabled", "silence": "silenced", "suspend": "suspended"}
UNDO = {"unsensitive": "sensitized", "enable": "disabled", "unsilence": "silenced", "unsuspend": "suspended"}


@dataclass
class Fault:
    """What goes wrong with the next `times` requests that match; `after` the server has acted, or before it acts.

    kind: "drop" (the connection ends without an answer), "hang" (no answer until the stub stops), or a status.
    """

    method: str
    path: str  # a regular expression, searched
    kind: str | int
    after: bool = False
    times: int = 1
    headers: dict = field(default_factory=dict)


class Refusal(Exception):
    def __init__(self, status, words):
        self.status, self.words = status, words


class StubMastodon:
    """The server and everything it knows. `lock` guards all of it."""

    def __init__(self, token="stub-token", scopes=SCOPES, permissions=(1 << 4) | (1 << 10), limit=300):  # noqa: S107
        self.token, self.scopes, self.permissions, self.limit = token, set(scopes), permissions, limit
        self.accounts, self.reports, self.faults = {}, {}, []
        self.strikes, self.mails, self.requests = [], [], []
        self.resets_at = datetime.now(UTC) + timedelta(minutes=5)
        self.remaining = limit
        self.page = 100  # the most one page holds
        self.lock, self.stopped = threading.RLock(), threading.Event()
        self.template = json.loads((DATA / "admin_account_5.json").read_text())
        self.report_template = json.loads((DATA / "admin_report_1.json").read_text())
        self.add_account(AGENT, username="breakwater", rank=10)

    def __enter__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def add_account(self, account_id, **given):
        values = {"username": f"account_{account_id}", "domain": None, "approved": True, "confirmed": True, "rank": 0}
        flags = dict.fromkeys(["suspended", "silenced", "sensitized", "disabled"], False)
        self.accounts[account_id] = {"id": account_id, **values, **flags, **given}
        return self.accounts[account_id]

    def add_report(self, report_id, target, reporter=AGENT, **given):
        self.reports[report_id] = {"id": report_id, "target": target, "reporter": reporter, "closed_by": None, **given}
        return self.reports[report_id]

    def strikes_on(self, account_id):
        return sum(strike["account"] == account_id for strike in self.strikes)

    def strike_counts(self):
        """{account id: strikes}"""
        return Counter(strike["account"] for strike in self.strikes)

    def writes(self):
        """[(path, body)] of the writes that arrived, in order."""
        return [(path, body) for method, path, body in self.requests if method != "GET"]

    # What the admin API does, under the lock.

    def act(self, method, path, query, body):
        if (method, path) == ("GET", "/api/v2/instance"):
            return {"domain": "stub.example", "version": "4.6.4", "title": "Stub"}
        if (method, path) == ("GET", "/api/v1/accounts/verify_credentials"):
            self._need("read:accounts")
            role = {"id": "3", "name": "Moderator", "permissions": str(self.permissions)}
            return {"id": AGENT, "username": "breakwater", "acct": "breakwater", "role": role}
        found = re.fullmatch(r"/api/v[12]/admin/(accounts|reports)(?:/([^/]+))?(?:/([a-z_]+))?", path)
        if not found:
            raise Refusal(404, "Record not found")
        noun, key, verb = found.groups()
        self._need(f"admin:{'read' if method == 'GET' else 'write'}:{noun}")
        if key is None:
            return self._list(noun, query)
        rows = self.accounts if noun == "accounts" else self.reports
        if key not in rows:
            raise Refusal(404, "Record not found")
        if not self.permissions & ((1 << 10) if noun == "accounts" else (1 << 4)):
            raise Refusal(403, "This action is not allowed")
        if method == "GET" and verb is None:
            return self.render(rows[key], noun)
        if method == "POST" and verb:
            return (self._on_account if noun == "accounts" else self._on_report)(rows[key], verb, body)
        raise Refusal(404, "Record not found")

    def _need(self, scope):
        if scope not in self.scopes and scope.rpartition(":")[0] not in self.scopes:
            raise Refusal(403, "This action is outside the authorized scopes")

    def _list(self, noun, query):
        if noun == "accounts":
            rows = [row for row in self.accounts.values() if query.get("status") != "pending" or not row["approved"]]
        else:
            rows = [row for row in self.reports.values() if bool(row["closed_by"]) == ("resolved" in query)]
            if "target_account_id" in query:
                rows = [row for row in rows if row["target"] == query["target_account_id"]]
        rows = sorted(rows, key=lambda row: -int(row["id"]))
        if "max_id" in query:
            rows = [row for row in rows if int(row["id"]) < int(query["max_id"])]
        if "since_id" in query:
            rows = [row for row in rows if int(row["id"]) > int(query["since_id"])]
        size = min(int(query.get("limit", 100)), self.page)
        self.more = len(rows) > size
        return [self.render(row, noun) for row in rows[:size]]

    def _on_account(self, row, verb, body):
        local = row["domain"] is None
        if verb == "action":
            return self._strike(row, body, local)
        if verb in ("approve", "reject", "enable") and not local:
            raise Refusal(403, "This action is not allowed")
        if verb in ("approve", "reject") and row["approved"]:
            raise Refusal(403, "This action is not allowed")
        if verb == "unsuspend" and not row["suspended"]:
            raise Refusal(403, "This action is not allowed")
        if verb == "reject":
            del self.accounts[row["id"]]
            return {}
        if verb == "approve":
            row["approved"] = True
        elif verb in UNDO:
            row[UNDO[verb]] = False
        else:
            raise Refusal(404, "Record not found")
        return self.render(row, "accounts")

    def _strike(self, row, body, local):
        kind = body.get("type")
        if kind not in (*FLAGS, "none"):
            raise Refusal(422, "Validation failed: Type is not included in the list")
        if row["rank"] >= self.accounts[AGENT]["rank"] or (kind == "disable" and not local):
            raise Refusal(403, "This action is not allowed")
        report = body.get("report_id")
        if report and report not in self.reports:
            raise Refusal(404, "Record not found")
        if kind in FLAGS:
            row[FLAGS[kind]] = True
        self.strikes.append({"account": row["id"], "type": kind, "text": body.get("text", ""), "report": report})
        closed = [self.reports[report]] if kind == "none" and report else []
        if kind != "none":
            closed = [each for each in self.reports.values() if each["target"] == row["id"] and not each["closed_by"]]
        for each in closed:
            each["closed_by"] = AGENT
        # The server's own default is true: what is left out is mailed.
        if body.get("send_email_notification", True) and local:
            self.mails.append(row["id"])
        return {}

    def _on_report(self, row, verb, body):
        if verb == "resolve":
            row["closed_by"] = AGENT
        elif verb == "reopen":
            row["closed_by"] = None
        else:
            raise Refusal(404, "Record not found")
        return self.render(row, "reports")

    def render(self, row, noun):
        if noun == "accounts":
            remote = row["domain"] is not None
            shown = {key: row[key] for key in ("id", "username", "domain", "suspended", "silenced", "sensitized", "disabled", "approved", "confirmed")}
            if remote:
                shown.update(dict.fromkeys(["email", "ip", "confirmed", "disabled", "approved", "locale", "ips", "role"]))
            acct = f"{row['username']}@{row['domain']}" if remote else row["username"]
            return {**self.template, **shown, "account": {**self.template["account"], "id": row["id"], "username": row["username"], "acct": acct}}
        closer = self.accounts.get(row["closed_by"] or "")
        return {
            **self.report_template,
            "id": row["id"],
            "action_taken": bool(row["closed_by"]),
            "action_taken_at": "2026-08-01T13:49:58.789Z" if row["closed_by"] else None,
            "account": self.render(self.accounts[row["reporter"]], "accounts"),
            "target_account": self.render(self.accounts[row["target"]], "accounts"),
            "action_taken_by_account": self.render(closer, "accounts") if closer else None,
            "assigned_account": None,
            "statuses": [],
        }


def _handler(stub):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        wbufsize = 65536  # headers and body in one packet

        def log_message(self, *args):
            pass

        def do_GET(self):
            self._handle("GET")

        def do_POST(self):
            self._handle("POST")

        do_PUT = do_DELETE = do_POST

        def _handle(self, method):
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            parts = urlsplit(self.path)
            query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
            body = json.loads(raw) if raw else {}
            with stub.lock:
                stub.requests.append((method, parts.path, body))
                fault = next((each for each in stub.faults if each.times > 0 and each.method == method and re.search(each.path, parts.path)), None)
                if fault:
                    fault.times -= 1
                stub.more = False
                if fault and not fault.after:
                    answer = (fault.kind, {"error": "There was a temporary problem serving your request, please try again"})
                else:
                    answer = self._answer(method, parts.path, query, body)
                    if fault:
                        answer = (fault.kind, {"error": "Gateway time-out"})
                more, headers = stub.more, {**self._limits(), **(fault.headers if fault else {})}
            status, said = answer
            if status == "hang":
                stub.stopped.wait(20)
            if status in ("hang", "drop"):
                self.close_connection = True
                return
            if more:
                headers["Link"] = f'<{stub.url}{parts.path}?max_id={said[-1]["id"]}>; rel="next"'
            self._write(status, said, headers)

        def _limits(self):
            stub.remaining = max(stub.remaining - 1, 0)
            reset = stub.resets_at.isoformat().replace("+00:00", "Z")
            return {"X-RateLimit-Limit": str(stub.limit), "X-RateLimit-Remaining": str(stub.remaining), "X-RateLimit-Reset": reset}

        def _answer(self, method, path, query, body):
            if path != "/api/v2/instance" and self.headers.get("Authorization") != f"Bearer {stub.token}":
                return 401, {"error": "The access token is invalid"}
            if stub.remaining <= 0:
                return 429, {"error": "Too many requests"}
            try:
                return 200, stub.act(method, path, query, body)
            except Refusal as refusal:
                return refusal.status, {"error": refusal.words}

        def _write(self, status, said, headers):
            body = json.dumps(said).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler
