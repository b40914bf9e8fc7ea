"""How far a long command is: a bar on a terminal, a line now and then elsewhere."""

import time

WIDTH = 30


class Progress:
    """Tells `what` is being done out of `total` on a command's `stream` (stdout or stderr); call `show(done)` as often as you like."""

    def __init__(self, stream, what, total, every=5.0):
        self.stream, self.what, self.total = stream, what, total
        self.bar = stream.isatty()
        self.every = 0.1 if self.bar else every
        self.started = time.monotonic()
        self._next = 0.0 if self.bar else self.started + every

    def show(self, done):
        now = time.monotonic()
        if now >= self._next:
            self._next = now + self.every
            self._write(done, "")

    def finish(self, done):
        """The last word, always written."""
        self._write(done, "\n" if self.bar else "")

    def _write(self, done, end):
        seconds = max(time.monotonic() - self.started, 0.001)
        counts = f"{done:,} of {self.total:,}, {done / seconds:,.0f} a second"
        if self.bar:
            filled = WIDTH * min(done, self.total) // max(self.total, 1)
            self.stream.write(f"\r{self.what}  [{'#' * filled}{'.' * (WIDTH - filled)}]  {counts}   ", ending=end)
        else:
            self.stream.write(f"{self.what}: {counts}")
        self.stream.flush()
