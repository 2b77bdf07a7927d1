"""`trimtab watch LOG` as a user types it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import trimtab as tt
from command_line import run
from prediction_logs import DAY, START, log_table

COLUMNS = ("--time", "asked", "--label", "bought", "--label-known", "told")


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def table(found, name="log.parquet"):
        (pq.write_table if name.endswith(".parquet") else pyarrow.csv.write_csv)(found, name)
        return found

    return table


def test_planted_harm_pages_from_the_command_line(write, tmp_path):
    write(log_table(harm_from=50))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "trimtab",
            "watch",
            "log.parquet",
            *COLUMNS,
            "--out",
            "figures",
            "--json",
            "out.json",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, "a page is open at the end: " + done.stderr
    text = " ".join(done.stdout.split())
    assert "1 page in 60 windows of 1 day; at most 1 false page a year" in text
    assert "the relation between features and label changed" in text
    assert (
        "check trimtab watch log.parquet --time asked --label bought --label-known told --out figures" in text
    )
    assert "figures of every window: figures/windows.parquet" in text
    found = json.loads(Path("out.json").read_text())
    assert found == json.loads(Path("figures/watch.json").read_text())
    assert START + 50 * DAY <= found["pages"][0]["at"] <= START + 62 * DAY
    assert len(pq.read_table("figures/windows.parquet")) == 60
    assert len(pyarrow.csv.read_csv("figures/windows.csv")) == 60
    assert "page 1" in Path("figures/watch.html").read_text()


def test_a_calm_csv_says_so_and_what_to_try_next(write, capsys):
    write(log_table(), "log.csv")
    code, text = run(capsys, "watch log.csv --time asked --label bought --label-known told")
    assert code == 0
    assert "No page is open: 0 pages in 60 windows" in text
    assert "report: log-watch.html" in text
    assert "next: trimtab watch log.csv --time asked --label bought --label-known told --out figures" in text
    assert Path("log-watch.html").exists()


def test_the_command_and_the_function_find_the_same(write, capsys):
    table = write(log_table(harm_from=50))
    run(
        capsys, "watch log.parquet --time asked --label bought --label-known told --every 100 --json out.json"
    )
    done = tt.watch(table, time="asked", label="bought", label_known="told", every=100)
    told = json.loads(Path("out.json").read_text())
    assert [page["at"] for page in told["pages"]] == [page.at for page in done.pages]
    assert told["figures"] == json.loads(json.dumps(done.to_json()))["figures"]


def test_labels_and_an_accepted_period_may_live_in_other_files(write, capsys):
    table = log_table(harm_from=50)
    write(table.select(["request", "bought", "told"]), "labels.csv")
    served = table.drop_columns(["bought", "told"])
    write(served.slice(0, 30 * 120), "accepted.parquet")
    write(served.slice(30 * 120))
    words = (
        "watch log.parquet --time asked --label bought --label-known told --labels labels.csv --id request"
    )
    code, text = run(capsys, f"{words} --reference accepted.parquet")
    assert code == 1
    assert "1 page in 50 windows" in text
    assert "accepted: the 3,600 rows of the reference file" in text


def test_the_accepted_period_ends_where_the_user_says(write, capsys):
    write(log_table())
    words = "watch log.parquet --time asked --label bought --label-known told --zone America/New_York"
    _, text = run(capsys, f"{words} --reference-until 2024-02-10")
    assert "rows before 2024-02-10 05:00, as asked" in text, "midnight in New York"
    _, text = run(capsys, f"{words} --reference-until 2000")
    assert "as asked" in text
    code, text = run(capsys, f"{words} --reference-until february")
    assert code == 1
    assert "'february' is no date" in text


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("watch lg.parquet", "there is no file lg.parquet; found: log.parquet; did you mean 'log.parquet'?"),
        ("watch log.parquet", "which column is the time of a prediction?; found: asked, amount"),
        ("watch log.parquet --time aksed", "no column 'aksed' in the log; found: asked, amount"),
        ("watch log.parquet --time aksed", "did you mean 'asked'?; do: name another one with --time"),
        ("watch log.parquet --time amount", "column 'amount' holds no times"),
        ("watch log.parquet --time asked --score shop", "the score 'shop' is no number; found: string"),
        ("watch log.parquet --time asked --score amount --task binary", "is no probability in"),
        ("watch log.parquet --time asked --window 20d", "too few windows of 20 days from 2024-01-01"),
        ("watch log.parquet --time asked --window soon", "'soon' is no duration"),
        ("watch log.parquet --time asked --loss bier", "no loss 'bier'"),
        ("watch log.parquet --time asked --loss money", "needs the price of both mistakes"),
        ("watch log.parquet --time asked --slices shpo", "no column 'shpo' in the log"),
        (
            "watch log.parquet --time asked --false-pages-per-year 400",
            "a page budget is above 0 and below one page",
        ),
        ("watch log.parquet --time asked --tolerance -1", "--tolerance is a number above 0; found: -1"),
        (
            "watch log.parquet --time asked --label shop",
            "which value of 'shop' is a yes?; found: north, south, west",
        ),
        ("watch log.parquet --time asked --every 10 --window 1d", "give --window or --every, not both"),
        ("watch log.parquet --time asked --labels log.parquet", "labels are joined by an id"),
        ("watch log.parquet --time asked --zone Europe/Berlino", "did you mean 'Europe/Berlin'?"),
        ("watch empty.csv --time asked", "empty.csv is empty"),
        ("watch nothing.parquet --time asked", "the log holds no row"),
        ("watch notes.txt", "do not know how to read notes.txt"),
        (
            "watch flights --window 1d",
            "flights is a system, which declares how it is watched; found: --window",
        ),
        ("watch shop.py", "no system file 'shop.py'"),
    ],
)
def test_bad_input_ends_as_one_paragraph(write, capsys, words, told):
    table = write(log_table(days=40, rows=20))
    write(table.slice(0, 0), "nothing.parquet")
    Path("empty.csv").touch()
    Path("notes.txt").write_text("no table")
    if words.startswith(("watch lg", "watch shop.py")):
        for name in ("nothing.parquet", "empty.csv", "notes.txt"):
            Path(name).unlink()
    code, text = run(capsys, words)
    assert code == 1
    assert told in text
    assert text.startswith("error: ")


def test_a_system_is_handed_to_those_who_watch_systems(write, capsys, monkeypatch):
    write(log_table(days=40, rows=20))
    asked = []
    monkeypatch.setattr("trimtab.cli.watch._watch_system", lambda target, *_: asked.append(target))
    for target in ("flights", "shop.py", "package.module:system"):
        assert run(capsys, "watch", target)[0] == 0
    assert asked == ["flights", "shop.py", "package.module:system"]


@pytest.mark.parametrize("column", ["amount", "score", "bought"])
def test_rows_without_a_value_are_no_fault(write, capsys, column):
    table = log_table()
    place = table.column_names.index(column)
    some = pa.array(table[column].to_numpy(), mask=np.arange(len(table)) % 10 == 0)
    write(table.set_column(place, column, some))
    code, text = run(capsys, "watch log.parquet --time asked --label bought --label-known told")
    assert code == 0
    assert "0 pages" in text
