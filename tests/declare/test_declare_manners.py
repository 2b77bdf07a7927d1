import pytest

from trimtab import Retrain, days, every
from trimtab.declare.digest import digest
from trimtab.errors import DeclarationError


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"manner": "statefull"},
            ['manner= is none of "stateless", "stateful", "race"', "did you mean 'stateful'"],
        ),
        ({"manner": None}, ["found: None", 'write manner="stateless"']),
        ({"manner": "race", "update": "leaf-refit"}, ["update= is none of", "did you mean 'leaf_refit'"]),
        ({"update": "leaf_refit"}, ['manner="stateless" continues none', 'add manner="stateful"']),
        ({"manner": "stateful", "longest_chain": 0}, ["longest_chain= needs a whole number from 1 on"]),
        ({"manner": "stateful", "race_every": 2.5}, ["race_every= needs a whole number from 1 on"]),
    ],
)
def test_what_cannot_be_meant_is_refused_where_it_is_written(options, said):
    with pytest.raises(DeclarationError) as found:
        Retrain(**options)
    assert "test_declare_manners.py:" in str(found.value)
    for words in said:
        assert words in str(found.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "every 7 days, on everything"),
        ({"manner": "stateful", "race_every": 1}, "continued at most 8 times in a row, every one raced"),
        ({"manner": "stateful", "race_every": 9}, "on everything, continued at most 8 times in a row"),
        (
            {"manner": "stateful", "race_every": 2, "update": "partial_fit"},
            "continued by partial_fit at most 8",
        ),
        ({"manner": "stateful", "longest_chain": 30, "race_every": 12}, "every 12th raced"),
        ({"manner": "stateful", "longest_chain": 30, "race_every": 23}, "every 23rd raced"),
        ({"manner": "race"}, "continued or from scratch, raced each time, at most 8 updates in a row"),
    ],
)
def test_a_policy_says_in_words_how_it_learns(options, words):
    assert words in str(Retrain(every(days(7)), **options))


def test_manners_are_part_of_a_declaration():
    told = [{}, {"manner": "stateful"}, {"manner": "race"}, {"manner": "race", "update": "leaf_refit"}]
    told += [{"manner": "stateful", "longest_chain": 4}, {"manner": "stateful", "race_every": 2}]
    assert len({digest(Retrain(**each)) for each in told}) == len(told)
    assert digest(Retrain()) == digest(Retrain(manner="stateless"))
