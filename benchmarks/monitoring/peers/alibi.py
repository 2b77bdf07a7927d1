"""alibi-detect: TabularDrift at its defaults, Kolmogorov-Smirnov and chi-squared with Bonferroni at p < 0.05."""

import warnings

warnings.filterwarnings("ignore")

import common  # noqa: E402
from alibi_detect.cd import TabularDrift  # noqa: E402


def watch(stream):
    texts = dict.fromkeys(range(stream.numbers, len(stream.names)))
    detector = TabularDrift(stream.reference["values"], categories_per_feature=texts)

    def judge(place):
        answer = detector.predict(stream.window(place)["values"])
        return {"alibi-detect TabularDrift": bool(answer["data"]["is_drift"])}

    return common.each_window(range(stream.windows), judge)


if __name__ == "__main__":
    common.main(watch, ["alibi-detect", "pandas", "numpy", "scipy", "scikit-learn"])
