"""Small worlds with groups in them: rows for Events.of."""

import numpy as np

DAY = 86_400.0
DAYS = 10


class World:
    """Four hundred people who post links of Zipf popularity by day, and whatever a test adds."""

    def __init__(self, seed=0, people=400, acts=6_000):
        self.rng = np.random.default_rng(seed)
        self.rows = []
        items = np.minimum((np.exp(self.rng.random(acts) * np.log(1_500)) - 1).astype(int), 1_499)
        for person, item in zip(self.rng.integers(0, people, acts), items, strict=True):
            self.act(f"person {person}", "link", f"news {item}", self.some_time())

    def some_time(self):
        return float(self.rng.integers(0, DAYS) * DAY + np.clip(self.rng.normal(14, 4), 0, 23.9) * 3600 + self.rng.random() * 60)

    def act(self, account, action, thing, at, post=None, bot=False):
        self.rows.append((account, action, thing, float(at), post, bot))

    def live(self, accounts, acts=8):
        """Let accounts have an ordinary life too."""
        for account in accounts:
            for _ in range(acts):
                self.act(account, "link", f"news {self.rng.integers(0, 1_500)}", self.some_time())

    def together(self, name, size=8, things=8, share=0.8, seconds=60.0, action="link", bot=False):
        """A group of `size`: each thing is done by a `share` of them within `seconds`. Returns their names."""
        accounts = [f"{name} {number}" for number in range(size)]
        self.live(accounts)
        for number in range(things):
            at = self.some_time()
            for account in accounts:
                if self.rng.random() < share:
                    self.act(account, action, f"{name} {number}", at + self.rng.random() * seconds, bot=bot)
        return accounts
