"""river: ADWIN at its defaults on the errors of labelled rows, one by one, once their labels came."""

import common
from river.drift import ADWIN


def watch(stream):
    detector = ADWIN()

    def judge(place):
        rows, alert = stream.window(place), False
        for wrong in ((rows["score"] >= 0.5) != rows["label"]).tolist():
            detector.update(wrong)
            alert = alert or detector.drift_detected
        return {"river ADWIN on errors": alert}

    return common.delayed(stream, common.each_window(range(stream.windows), judge))


if __name__ == "__main__":
    common.main(watch, ["river", "numpy"])
