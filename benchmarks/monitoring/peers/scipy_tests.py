"""By hand with scipy: Kolmogorov-Smirnov for numbers, chi-squared for texts, an alert when p < 0.05 or with Bonferroni."""

import common
import numpy as np
from scipy.stats import chi2_contingency, ks_2samp


def watch(stream):
    reference, columns = stream.reference["values"], range(len(stream.names))
    sizes = [int(reference[:, place].max()) + 1 for place in columns[stream.numbers :]]

    def p_value(values, place):
        before, after = reference[:, place], values[:, place]
        if place >= stream.numbers:
            size = sizes[place - stream.numbers]
            counts = np.array([np.bincount(each.astype(int), minlength=size) for each in (before, after)])
            return chi2_contingency(counts[:, counts.any(axis=0)]).pvalue
        after = after[~np.isnan(after)]
        return ks_2samp(before, after).pvalue if after.size else 1.0

    def judge(place):
        values = stream.window(place)["values"]
        least = min(p_value(values, column) for column in columns)
        return {"scipy tests, p < 0.05": least < 0.05, "scipy tests, Bonferroni": least < 0.05 / len(columns)}

    return common.each_window(
        range(stream.windows), lambda place: {k: bool(v) for k, v in judge(place).items()}
    )


if __name__ == "__main__":
    common.main(watch, ["scipy", "numpy"])
