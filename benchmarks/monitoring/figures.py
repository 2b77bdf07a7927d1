"""From what tools answered to figures: false alarms, episodes, delays, cost."""

from dataclasses import dataclass
from statistics import mean, median

from benchmarks.monitoring.streams import CHANGE, LATE, ROWS

OURS = "trimtab"
ON = 0.5
"""A tool that alerts in so many of the windows before a change tells nothing by alerting after it."""


@dataclass(frozen=True)
class Delay:
    """How many windows after the change each stream's first alert came, None for never; the alerts before it."""

    found: list
    before: float

    @property
    def missed(self):
        return sum(each is None for each in self.found)

    @property
    def median(self):
        """That of all streams, a missed one being later than any other; None when it is missed."""
        ordered = sorted(float("inf") if each is None else each for each in self.found)
        middle = median(ordered) if ordered else float("inf")
        return None if middle == float("inf") else middle

    @property
    def worst(self):
        return max((each for each in self.found if each is not None), default=None)

    def text(self, less=0):
        """Median and worst, and how many were missed; "on" when alerts say nothing."""
        if self.before >= ON:
            return "on"
        if not self.found or self.missed == len(self.found):
            return "-"
        some = f", {self.missed} of {len(self.found)} missed" if self.missed else ""
        least = "> 99" if self.median is None else f"{self.median - less:g}"
        return f"{least} ({self.worst - less:g}{some})"


def flat(judged):
    """{detector: {scenario: [answer of each seed]}}, detectors in order of appearance."""
    found = {}
    for seed in judged:
        for answer in seed["answers"].values():
            for scenario, detectors in answer.get("streams", {}).items():
                for name, one in detectors.items():
                    found.setdefault(name, {}).setdefault(scenario, []).append(one)
    return found


def versions(judged):
    """{tool: its packages and their versions}."""
    return {
        tool: answer["versions"]
        for seed in judged
        for tool, answer in seed["answers"].items()
        if "versions" in answer
    }


def pages(answer):
    """The windows in which an alert began: pages of trimtab, alerting windows of the others."""
    return [page[0] for page in answer["pages"]] if "pages" in answer else answer["alerts"]


def episodes(alerts):
    """Runs of alerting windows."""
    return sum(1 for place in alerts if place - 1 not in set(alerts))


def quiet(answers):
    """Alerting windows and episodes per stream, means over seeds."""
    return mean(len(one["alerts"]) for one in answers), mean(
        len(one["pages"]) if "pages" in one else episodes(one["alerts"]) for one in answers
    )


def delay(answers):
    """The delays of all seeds of a harmful scenario."""
    found = [next((p - CHANGE for p in pages(one) if p >= CHANGE), None) for one in answers]
    before = mean(sum(place < CHANGE for place in one["alerts"]) for one in answers) / CHANGE
    return Delay(found, before)


def milliseconds(rounds):
    """CPU of a window in each round; trimtab's from when labels come, its first day has none."""
    return [1e3 * mean(one["seconds"][LATE if "pages" in one else 0 :]) for one in rounds if one["seconds"]]


def per_million(milliseconds_a_window):
    """CPU seconds per million rows."""
    return milliseconds_a_window / 1e3 * 1e6 / ROWS
