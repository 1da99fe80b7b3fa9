"""`python -m docs.scoreboard`: what `simcore conformance` finds, as the Markdown of the scoreboard page."""

from __future__ import annotations

from collections import Counter

from simcore.brokers.errors import ConfigError
from simcore.conformance import default_file, run_file, summary

STATUSES = ("passed", "failed", "unsupported")


def scoreboard() -> str:
    """A row a kind of case, and a line for every case that fails or is not supported yet."""
    try:
        outcomes = run_file(default_file())
    except ConfigError:
        return "**No scoreboard**: the file of cases was not there when this page was built."
    counts = summary(outcomes)
    lines = [f"**{counts['passed']} passed, {counts['failed']} failed, {counts['unsupported']} unsupported.**", ""]
    lines += ["| kind of case | passed | failed | unsupported |", "|---|--:|--:|--:|"]
    for kind in dict.fromkeys(one.kind for one in outcomes):
        own = Counter(str(one.status) for one in outcomes if one.kind == kind)
        lines.append(f"| {kind} | " + " | ".join(str(own[status] or "") for status in STATUSES) + " |")
    open_ones = [one for one in outcomes if one.status in STATUSES[1:]]
    if open_ones:
        lines += ["", "## Open", ""]
        lines += [f"- `{one.id}` {one.status}: {'; '.join(one.wrong)}" for one in open_ones]
    return "\n".join(lines)


if __name__ == "__main__":
    print(scoreboard())
