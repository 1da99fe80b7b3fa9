"""How often a broker may be asked: one bucket of tokens a rate, shared by everything a session sends."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simcore.live.capabilities import Rate

SECOND = 1_000_000_000


class Budget:
    """Requests under `rates`, by `clock` (ns). A bucket begins full and fills evenly."""

    def __init__(self, rates: Sequence[Rate], clock: Callable[[], int]) -> None:
        self.rates, self._clock = tuple(rates), clock
        self._tokens = [float(rate.most) for rate in self.rates]
        self._at = clock()

    def wait(self) -> float:
        """Seconds until one more request may go; 0.0: it may go now."""
        now = self._clock()
        passed, self._at = max(now - self._at, 0) / SECOND, now
        longest = 0.0
        for n, rate in enumerate(self.rates):
            tokens = min(self._tokens[n] + passed * rate.requests / rate.seconds, float(rate.most))
            self._tokens[n] = tokens
            if tokens < 1.0 - 1e-9:
                longest = max(longest, (1.0 - tokens) * rate.seconds / rate.requests)
        return longest

    def room(self) -> float:
        """How many requests may go now; inf without rates."""
        self.wait()
        return min(self._tokens, default=float("inf"))

    def take(self) -> bool:
        """Take one request's token; False, and nothing is taken, where it must wait."""
        if self.wait() > 0.0:
            return False
        self._tokens = [tokens - 1.0 for tokens in self._tokens]
        return True
