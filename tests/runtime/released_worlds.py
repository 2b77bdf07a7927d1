"""A small world without learners, whose last policy has to earn its traffic."""

from __future__ import annotations

import numpy as np
from policy_worlds import DAY, World

from trimtab import Release, Retrain, days, every
from trimtab.declare.policy import Policy
from trimtab.declare.triggers import never
from trimtab.runtime.replay.examining import ReleaseExaminer
from trimtab.runtime.replay.measuring import measures
from trimtab.runtime.replay.service import jobs_for, settle

NEVER = Policy("never", Retrain(never()))
WEEKLY = Policy("own", Retrain(every(days(7))))
RELEASE = Release(canary=(0.25,), exposures=2)


class ReleasedWorld(World):
    """A world whose last policy has to earn its traffic; `worse` says how much more a fit errs, by day and window."""

    def worse(self, spec):
        return 0.0

    def score(self, spec, rows):
        own = self.noise[(rows + spec.as_of // DAY) % len(self.at)]
        miss = 0.2 + np.clip(own + self.worse(spec), -0.15, 0.6)
        return np.abs(self.label[rows] - miss)

    def released(self, policy=WEEKLY, release=RELEASE, **options):
        answers = self.answers()
        policies = (NEVER, policy)
        wanted = {each.name: ("online",) for each in policies}
        (_, line), self.results = settle(
            policies,
            self.ticks,
            lambda lines: jobs_for(lines, self.at, self.period, wanted),
            self.run,
            lambda each, results: measures(answers, each, results),
            {
                policy.name: lambda results: ReleaseExaminer(
                    answers, policy, release, 2 * DAY, results, **options
                )
            },
        )
        return line
