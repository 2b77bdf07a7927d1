"""NannyML at its defaults: univariate drift, CBPE without labels, and realised performance once labels came.

All windows go in at once, as chunks of 1,000, which costs it less than one call a window would.
"""

import time
import warnings

warnings.filterwarnings("ignore")

import common  # noqa: E402
import pandas as pd  # noqa: E402
from nannyml import CBPE, PerformanceCalculator, UnivariateDriftCalculator  # noqa: E402

METRICS = ["roc_auc", "f1", "accuracy"]
PROBLEM = {"y_pred_proba": "score", "y_pred": "decision", "y_true": "label", "metrics": METRICS}


def watch(stream):
    def frame(rows):
        made = pd.DataFrame(rows["values"], columns=stream.names)
        for name in stream.names[stream.numbers :]:
            made[name] = made[name].astype(int).astype(str).astype("category")
        said = rows["score"]
        return made.assign(score=said, decision=(said >= 0.5).astype(int), label=rows["label"])

    before, after = frame(stream.reference), frame(stream.rows)
    common_options = {**PROBLEM, "problem_type": "classification_binary", "chunk_size": stream.size}
    drift = UnivariateDriftCalculator(column_names=stream.names, chunk_size=stream.size)
    return {
        "NannyML univariate drift": judged(drift.fit(before).calculate, after),
        "NannyML CBPE": judged(CBPE(**common_options).fit(before).estimate, after.drop(columns="label")),
        **common.delayed(
            stream,
            {
                "NannyML realised": judged(
                    PerformanceCalculator(**common_options).fit(before).calculate, after
                )
            },
        ),
    }


def judged(answer, frame):
    """Which chunks alert in any metric or column, and the CPU seconds of each."""
    began = time.process_time()
    try:
        result, failed = answer(frame).filter(period="analysis").to_df(), []
    except Exception as error:  # noqa: BLE001  # what a tool cannot judge is counted
        windows = len(frame) // 1000
        return common.new() | {"failed": [f"{type(error).__name__}: {error}"[:200]] * windows}
    seconds = (time.process_time() - began) / len(result)
    flags = result.loc[:, [column for column in result.columns if column[-1] == "alert"]].any(axis=1)
    places = [place for place, alert in enumerate(flags) if alert]
    return common.new() | {"alerts": places, "seconds": [seconds] * len(result), "failed": failed}


if __name__ == "__main__":
    common.main(watch, ["nannyml", "statsmodels", "scikit-learn", "lightgbm", "pandas", "numpy"])
