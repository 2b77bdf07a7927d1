"""The assessment of whole systems: what it says of a world is what was put into it."""

import json

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

import trimtab as tt
from orders import orders_system, orders_tables
from trimtab.cli import cli
from trimtab.errors import UsageError
from trimtab.evaluation.assess_verdict import Answer
from trimtab.loading import EXAMPLES
from trimtab.report import to_html
from trimtab.runtime.assessing.run import fits_a_year


def world(chance, rows=3000):
    """Orders that are late with a chance that is a function of their weight and shop."""
    tables = orders_tables(rows=rows)
    weight, shop = (tables["orders"][name].to_numpy(zero_copy_only=False) for name in ("weight", "shop"))
    late = np.random.default_rng(5).random(rows) < chance(weight, shop)
    place = tables["deliveries"].column_names.index("hours_late")
    hours = pa.array(np.where(late, 2.5, 0.0))
    tables["deliveries"] = tables["deliveries"].set_column(place, "hours_late", hours)
    return orders_system(tables)


@pytest.fixture(scope="module")
def noise():
    return world(lambda weight, _: np.full(len(weight), 0.3))


@pytest.fixture(scope="module")
def telling():
    """Lateness grows with the weight, and differs by shop."""
    return tt.assess(world(lambda weight, shop: 1 / (1 + np.exp(3 - weight - 2.0 * (shop == "north")))))


def test_noise_gives_no_go(noise, tmp_path):
    found = tt.assess(noise, home=tmp_path)
    assert found.verdict.answer in {Answer.RULE, Answer.COLLECT}
    assert found.ladder.chosen is None


def test_a_smooth_world_gives_the_linear_rung_to_start_with(telling):
    assert (telling.verdict.answer, telling.verdict.rung) == (Answer.GO, "a linear model")
    names = [step.name for step in telling.ladder.steps]
    assert names[0] == "always the same answer"
    assert {"rate by shop", "a rule on one column"} <= set(names)
    assert telling.cheaper_at


def test_a_world_that_is_a_cut_gives_the_rule_and_finds_the_cut(tmp_path):
    found = tt.assess(world(lambda weight, _: np.where(weight >= 5, 0.8, 0.1)), home=tmp_path)
    assert found.verdict.answer is not Answer.GO
    assert found.ladder.rule == "a rule on one column"
    assert "heavy below 1" in found.ladder.step(found.ladder.rule).words


def test_a_world_that_turns_round_is_flattered_by_a_random_split(tmp_path):
    found = tt.assess(orders_system(orders_tables(rows=6000)), home=tmp_path)
    assert found.flattery.flatters
    assert any("memorises its days" in each.what for each in found.findings)


def test_everything_is_shown_and_written(telling):
    written = json.loads(json.dumps(telling.to_json()))
    assert written["verdict"] == telling.verdict.answer.value
    assert [each["answer"] for each in written["questions"]] == [None] * 9
    assert written["worth"]["currency"] == "EUR"
    page = to_html(telling.document())
    for title in ("The ladder", "Money", "More data", "Month by month", "Questions for people"):
        assert title in page
    assert "unanswered" in str(telling)


def test_too_little_history_asks_for_labels_first(tmp_path):
    found = tt.assess(orders_system(orders_tables(rows=150, length_days=20)), home=tmp_path)
    assert found.verdict.answer is Answer.COLLECT
    assert found.ladder is None
    assert "200 rows" in found.verdict.finding.action


def test_answers_are_kept_with_name_and_date_and_nothing_is_overwritten(tmp_path, telling):
    system = orders_system(orders_tables(rows=150, length_days=20))
    tt.answer(system, {3: "yes, by contract"}, by="Ann", home=tmp_path)
    kept = tt.answer(system, {3: "no longer"}, by="Ben", home=tmp_path)
    assert [(each.text, each.by) for each in kept] == [("yes, by contract", "Ann"), ("no longer", "Ben")]
    third = tt.assess(system, home=tmp_path).to_json()["questions"][2]
    assert (third["answer"], third["by"]) == ("no longer", "Ben")
    assert third["at"] > 0


@pytest.mark.parametrize(("given", "by"), [({12: "yes"}, "Ann"), ({1: " "}, "Ann"), ({1: "yes"}, "")])
def test_an_answer_needs_a_question_words_and_a_name(given, by, tmp_path):
    system = orders_system(orders_tables(rows=50, length_days=5))
    with pytest.raises(UsageError):
        tt.answer(system, given, by=by, home=tmp_path)


def test_the_command_keeps_answers(tmp_path):
    said = CliRunner().invoke(
        cli, ["assess", "bikes", "--answer", "7=the yard", "--by", "Ann", "--home", str(tmp_path)]
    )
    assert said.exit_code == 0, said.output
    assert "kept: 1 now, 1 in all" in said.output
    assert json.loads((tmp_path / "answers" / "bikes.json").read_text())[0]["text"] == "the yard"


def test_the_plan_of_retraining_says_how_many_fits_a_year():
    assert fits_a_year(tt.never()) == 0
    assert fits_a_year(tt.every(tt.days(30)) | tt.every(tt.days(7))) == pytest.approx(365 / 7)
    assert fits_a_year(tt.on_incident()) == 52


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_loads_by_name(name):
    assert tt.load(name).name
