"""The 28 tests of the ML Test Score, each judged from what is on record. Source: Breck et al., 2017."""
