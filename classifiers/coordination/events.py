"""The acts that are compared, as arrays: who did what to which object, and when."""

from dataclasses import dataclass

import numpy as np

ACTIONS = ("link", "domain", "hashtags", "text", "media", "reply", "report", "signup_ip", "signup_mail", "signup_reason")
SIGN_UP = ("signup_ip", "signup_mail", "signup_reason")
_NUMBER = {name: number for number, name in enumerate(ACTIONS)}


@dataclass(frozen=True, eq=False)
class Events:
    """n acts, ordered by object and time. An object belongs to one action: equal words of two actions are two objects."""

    account: np.ndarray  # int32 [n], index into `accounts`
    object: np.ndarray  # int32 [n], index into `objects`
    at: np.ndarray  # float64 [n], seconds
    post: np.ndarray  # int64 [n]; rows of one post are one act
    accounts: list  # names
    objects: list  # (action, name)
    action: np.ndarray  # int8 [number of objects], index into ACTIONS
    bot: np.ndarray  # bool [number of accounts]: calls itself a bot

    @classmethod
    def of(cls, rows):
        """From an iterable of (account, action, object, at in seconds, post or None, bot), in any order; repeated rows count once."""
        accounts, objects, posts = {}, {}, {}
        columns = ([], [], [], [])
        bots = set()
        for account, action, name, at, post, bot in rows:
            who = accounts.setdefault(account, len(accounts))
            if bot:
                bots.add(who)
            columns[0].append(who)
            columns[1].append(objects.setdefault((action, name), len(objects)))
            columns[2].append(at)
            columns[3].append(posts.setdefault(len(posts) if post is None else ("post", post), len(posts)))
        who, what = np.array(columns[0], np.int32), np.array(columns[1], np.int32)
        at, post = np.array(columns[2], np.float64), np.array(columns[3], np.int64)
        order = np.lexsort((who, at, what))
        who, what, at, post = who[order], what[order], at[order], post[order]
        if len(who):
            again = np.r_[False, (who[1:] == who[:-1]) & (what[1:] == what[:-1]) & (at[1:] == at[:-1])]
            who, what, at, post = who[~again], what[~again], at[~again], post[~again]
        bot = np.zeros(len(accounts), bool)
        bot[list(bots)] = True
        action = np.array([_NUMBER[action] for action, _ in objects], np.int8)
        return cls(who, what, at, post, list(accounts), list(objects), action, bot)

    def __len__(self):
        return len(self.at)

    def only(self, keep):
        """The same accounts and objects with the acts where the mask `keep` is true."""
        return Events(self.account[keep], self.object[keep], self.at[keep], self.post[keep], self.accounts, self.objects, self.action, self.bot)

    def moved(self, at):
        """The same acts at other times."""
        order = np.lexsort((self.account, at, self.object))
        return Events(self.account[order], self.object[order], at[order], self.post[order], self.accounts, self.objects, self.action, self.bot)

    def in_bursts(self, actions, pause):
        """The same acts where each burst on an object of one of `actions`, ended by `pause` seconds without an act, is an object."""
        new = np.r_[True, np.diff(self.object) != 0][: len(self)]
        apart = np.isin(self.action[self.object], [_NUMBER[name] for name in actions])
        new[1:] |= apart[1:] & (np.diff(self.at) > pause)
        old = self.object[np.flatnonzero(new)]
        objects, action = [self.objects[each] for each in old], self.action[old]
        return Events(self.account, np.cumsum(new) - 1, self.at, self.post, self.accounts, objects, action, self.bot)

    def without_echoes(self):
        """Without the domain of each post that has a link others share: the two are one thing. Where nobody shares the link, the
        domain is what may be shared."""
        kind = self.action[self.object]
        shared = np.bincount(self.object, minlength=len(self.objects)) > 1
        links = np.zeros(self.post.max(initial=0) + 1, bool)
        links[self.post[(kind == _NUMBER["link"]) & shared[self.object]]] = True
        return self.only((kind != _NUMBER["domain"]) | ~links[self.post])

    def of_actions(self, names):
        """The acts whose action is one of `names`."""
        return self.only(np.isin(self.action[self.object], [_NUMBER[name] for name in names]))
