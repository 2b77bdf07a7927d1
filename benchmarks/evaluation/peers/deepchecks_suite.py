"""Deepchecks' whole suite for tables, at defaults, in its own environment: deepchecks_suite.py FAULT SEED."""

import json
import os
import sys

import pandas as pd
from deepchecks.tabular import Dataset
from deepchecks.tabular.suites import full_suite
from planted import learner, table


def main():
    made = table(sys.argv[1], int(sys.argv[2]))
    learned, judged = (pd.DataFrame(rows, columns=made.names) for rows in (made.learned, made.judged))
    model = learner().fit(learned, made.label)
    began = sum(os.times()[:4])
    sets = [
        Dataset(rows.assign(label=label, at=at), label="label", datetime_name="at", cat_features=[])
        for rows, label, at in zip((learned, judged), (made.label, made.answers), made.asked, strict=True)
    ]
    done = full_suite().run(*sets, model)
    spent = sum(os.times()[:4]) - began
    ran = [each for each in done.results if hasattr(each, "conditions_results")]
    flagged = [told(each) for each in ran if each.conditions_results and not each.passed_conditions()]
    failed = [each.check.name() for each in done.results if not hasattr(each, "conditions_results")]
    print(json.dumps({"deepchecks": {"seconds": spent, "flagged": flagged, "failed": failed}}))


def told(result):
    """A check that did not pass, what it says, and for weak segments where the worst one is."""
    words = "; ".join(each.details for each in result.conditions_results if not each.is_pass())
    if isinstance(result.value, dict) and "weak_segments_list" in result.value:
        worst = result.value["weak_segments_list"].iloc[0]
        words += "; worst: " + ", ".join(str(worst[name]) for name in worst.index if "Feature" in name)
    return f"{result.get_header()}: {words}"


main()
