"""Limits over samples: spec 5.26 to 5.31."""

from question import CannotAnswer, member, typed

SECOND, MINUTE = 1_000, 60_000
# In the list's order: name, what a sample brings, window in ms or None for a value, and how it acts.
LIMITS = (
    ("cpuMsPerMinute", "cpuMs", MINUTE, "measured"),
    ("memoryBytes", "memoryBytes", None, "measured"),
    ("requestsPerSecond", "requests", SECOND, "admission"),
    ("requestsPerMinute", "requests", MINUTE, "admission"),
    ("requestsInFlight", "inFlight", None, "admission"),
    ("bridgeCallsPerSecond", "bridgeCalls", SECOND, "admission"),
    ("storageBytes", "storageBytes", None, "admission"),
    ("cacheBytes", "cacheBytes", None, "evicting"),
)
INCREMENTS = ("cpuMs", "requests", "bridgeCalls")
VALUES = ("memoryBytes", "inFlight", "storageBytes", "cacheBytes")


class Limit:
    def __init__(self, name, source, window, kind, settings):
        self.name, self.source, self.window, self.kind = name, source, window, kind
        self.max = member(settings, "max", "integer")
        self.warn = member(settings, "warn", "integer", self.max * 3 // 4)
        self.action = member(settings, "action", "text")
        if self.action not in ("warn", "throttle", "suspend", "kill"):
            raise CannotAnswer("action is none of the list")
        if min(self.max, self.warn) < 0:
            raise CannotAnswer("a limit is negative")
        self.counted = []
        self.has_warned = self.is_over = False
        # For a window that is over: the instant at which its sum came down, or will if nothing is added.
        self.down_at = None

    def sum_at(self, instant):
        return sum(amount for at, amount in self.counted if instant - self.window < at <= instant)

    def room_at(self, instant):
        return self.max - self.sum_at(instant)

    def act(self):
        """What is told when it is crossed."""
        if self.kind == "measured":
            return [self.action]
        if self.kind == "evicting":
            return ["evict"]
        return ["refuse"] + [self.action] * (self.action in ("suspend", "kill"))

    def judge(self, instant, current, is_crossed):
        """Actions of one instant, given what is counted and whether that, or what was refused, is too much."""
        actions = []
        if self.is_over:
            if self.window is None:
                is_released = not is_crossed
            else:
                quiet = instant - self.down_at
                is_released = quiet > self.window if is_crossed else quiet >= self.window
            if is_released:
                actions.append("release")
                self.is_over = False
        if current <= self.warn:
            self.has_warned = False
        elif not self.has_warned:
            actions.append("warn")
            self.has_warned = True
        if is_crossed and not self.is_over:
            actions += self.act()
            self.is_over = True
        if is_crossed and self.window is not None:
            self.down_at = self.comes_down_after(instant)
        return actions

    def comes_down_after(self, instant):
        """What an admission limit refused was too much at that instant alone."""
        if self.kind == "admission":
            return instant
        for leaves in sorted(at + self.window for at, _ in self.counted):
            if leaves > instant and self.sum_at(leaves) <= self.max:
                return leaves
        raise AssertionError("an empty window is never over")


def run_limits(question):
    settings = member(question, "limits", "object")
    limits = [
        Limit(*row, typed(settings[row[0]], "object", row[0])) for row in LIMITS if row[0] in settings
    ]
    actions = []
    for instant, sample in read_samples(question):
        refusing = admit(limits, instant, sample)
        for limit in limits:
            if limit.window is not None:
                current = limit.sum_at(instant)
                is_crossed = limit is refusing.get(limit.source) if limit.kind == "admission" else current > limit.max
            elif limit.source in sample:
                current = sample[limit.source]
                is_crossed = current > limit.max
            else:
                continue
            for action in limit.judge(instant, current, is_crossed):
                actions.append({"atMs": instant, "limit": limit.name, "action": action})
                if action == "kill":
                    return {"actions": actions}
    return {"actions": actions}


def admit(limits, instant, sample):
    """Counts of each increment what fits; answers which limit refused the rest, by increment."""
    refusing = {}
    for source in INCREMENTS:
        concerned = [limit for limit in limits if limit.source == source]
        amount = sample.get(source, 0)
        admission = [limit for limit in concerned if limit.kind == "admission"]
        fits = min([amount] + [limit.room_at(instant) for limit in admission])
        for limit in concerned:
            limit.counted.append((instant, fits))
        if fits < amount:
            refusing[source] = next(limit for limit in admission if limit.room_at(instant) == 0)
    return refusing


def read_samples(question):
    """Samples of one instant as one, an earlier one as of the last (spec 5.32)."""
    merged = {}
    last = None
    for sample in member(question, "samples", "list"):
        typed(sample, "object", "samples")
        instant = member(sample, "atMs", "integer")
        last = instant if last is None else max(instant, last)
        instant = last
        into = merged.setdefault(instant, {})
        for name in INCREMENTS + VALUES:
            amount = member(sample, name, "integer", None)
            if amount is None:
                continue
            if amount < 0:
                raise CannotAnswer(f"{name} is negative")
            into[name] = into.get(name, 0) + amount if name in INCREMENTS else max(into.get(name, 0), amount)
    return merged.items()
