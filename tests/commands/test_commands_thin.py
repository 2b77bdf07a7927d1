"""Tables that hold too little: every command says so in words, and days without requests are no trouble."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LogisticRegression

import trimtab as tt
from trimtab.errors import DataError
from trimtab.finding import Severity


def thin(folder, rows, label=None):
    """A system over so many rows within 100 days."""
    generator = np.random.default_rng(5)
    second = np.sort(generator.integers(0, 100 * 86_400, rows))
    asked = np.datetime64("2025-01-01", "us") + second.astype("timedelta64[s]")
    answers = generator.random(rows) < 0.5 if label is None else np.full(rows, label)
    table = {"row": np.arange(rows), "asked": asked, "x": generator.normal(size=rows), "label": answers}
    pq.write_table(pa.table(table | {"told": asked + np.timedelta64(1, "h")}), folder / "thin.parquet")
    return tt.table(
        "thin",
        str(folder / "thin.parquet"),
        LogisticRegression(),
        at="asked",
        label="label",
        label_known="told",
        matures_after=tt.days(1),
        id="row",
        zone="UTC",
    )


def test_days_without_a_request_are_replayed(tmp_path):
    done = tt.replay(thin(tmp_path, 40), home=tmp_path / "home", processes=1)
    assert done.rows < 40
    assert "never" in {each.name for each in done.policies}


@pytest.mark.parametrize("command", [tt.train, tt.replay, tt.evaluate, tt.assess])
def test_a_table_without_rows_is_told_by_its_name(tmp_path, command):
    with pytest.raises(DataError, match="source 'thin' holds no request"):
        command(thin(tmp_path, 0), home=tmp_path / "home")


def test_labels_that_all_say_the_same_are_told_before_anything_is_trained(tmp_path):
    found = tt.check(thin(tmp_path, 400, label=True))
    assert [each.what for each in found.findings if each.severity is Severity.ACT] == [
        "all 400 labels that are mature say the same"
    ]
    other = thin(tmp_path, 400)
    assert not [each for each in tt.check(other).findings if each.severity is Severity.ACT]


def test_classes_that_are_many_or_rare_are_told(tmp_path):
    system = thin(tmp_path, 600)
    table = pq.read_table(tmp_path / "thin.parquet").drop_columns(["label"])
    words = [f"kind {place % 60}" if place else "once" for place in range(600)]
    pq.write_table(table.append_column("label", pa.array(words)), tmp_path / "thin.parquet")
    told = " ".join(each.what for each in tt.check(system).findings)
    assert "the label has 61 classes" in told
    assert "61 of 61 classes have fewer than 20 rows" in told
    few = [f"kind {place % 3}" for place in range(600)]
    pq.write_table(table.append_column("label", pa.array(few)), tmp_path / "thin.parquet")
    assert "classes" not in " ".join(each.what for each in tt.check(system).findings)
