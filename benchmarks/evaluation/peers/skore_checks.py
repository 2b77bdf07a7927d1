"""skore's checks of a report, at defaults, in its own environment: skore_checks.py FAULT SEED."""

import json
import os
import sys

import pandas as pd
from planted import learner, table
from skore import EstimatorReport


def main():
    made = table(sys.argv[1], int(sys.argv[2]))
    learned, judged = (pd.DataFrame(rows, columns=made.names) for rows in (made.learned, made.judged))
    # the report trains the learner itself; that is not counted
    report = EstimatorReport(
        learner(), X_train=learned, y_train=made.label, X_test=judged, y_test=made.answers, pos_label=1
    )
    began = sum(os.times()[:4])
    shown = report.checks.summarize()
    spent = sum(os.times()[:4]) - began
    found = shown.frame()
    # tips count as well: that is where a feature that equals the answer is told
    found = found[found["section"].isin(("issue", "tip"))]
    flagged = [": ".join(map(str, row)) for row in found[["title", "explanation"]].itertuples(index=False)]
    print(json.dumps({"skore": {"seconds": spent, "flagged": flagged, "failed": []}}))


main()
