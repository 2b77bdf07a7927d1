"""Evidently: its preset at its defaults. The preset takes over a second a window, nearly all of it for pictures.

So alarms are read from DriftedColumnsCount, which is the number that the preset's verdict is, and the preset itself
runs on some windows: to be timed, and to see that it counts the same.
"""

import warnings

warnings.filterwarnings("ignore")

import common  # noqa: E402
import pandas as pd  # noqa: E402
from evidently import DataDefinition, Dataset, Report  # noqa: E402
from evidently.metrics import DriftedColumnsCount  # noqa: E402
from evidently.presets import DataDriftPreset  # noqa: E402

EVERY = 32  # one window in so many is also given to the preset


def watch(stream):
    numbers, texts = stream.names[: stream.numbers], stream.names[stream.numbers :]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=texts)

    def dataset(rows):
        frame = pd.DataFrame(rows["values"], columns=stream.names)
        frame[texts] = frame[texts].astype(int).astype(str)
        return Dataset.from_pandas(frame, data_definition=definition)

    reference = dataset(stream.reference)

    def value(metrics, place):
        report = Report(metrics).run(dataset(stream.window(place)), reference).dict()
        return next(each["value"] for each in report["metrics"] if "DriftedColumns" in each["metric_name"])

    def counted(place):
        drifted = value([DriftedColumnsCount()], place)
        return {"Evidently, dataset": drifted["share"] >= 0.5, "Evidently, any column": drifted["count"] > 0}

    def preset(place):
        return {"Evidently, full preset": value([DataDriftPreset()], place)["share"] >= 0.5}

    found = common.each_window(range(stream.windows), counted)
    return found | common.each_window(range(0, stream.windows, EVERY), preset)


if __name__ == "__main__":
    common.main(watch, ["evidently", "pandas", "numpy", "scipy", "scikit-learn"])
