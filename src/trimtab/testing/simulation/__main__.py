"""`python -m trimtab.testing.simulation --years 2000 --processes 2`: a campaign, or one of its lives again."""

from __future__ import annotations

import argparse
import sys

from trimtab.testing.simulation.campaign import campaign, report


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for; 1 when a law was broken."""
    parser = argparse.ArgumentParser(prog="python -m trimtab.testing.simulation", description=__doc__)
    parser.add_argument("--years", type=int, default=20, help="how many lives, each with a seed of its own")
    parser.add_argument("--length", type=float, default=1.0, help="years of each life")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="only the life with this seed")
    given = parser.parse_args(arguments)
    seeds = range(given.first, given.first + given.years) if given.seed is None else [given.seed]
    lives = list(campaign(seeds, given.length, given.processes))
    sys.stdout.write(report(lives))
    return int(any(life.problem is not None for life in lives))


if __name__ == "__main__":
    sys.exit(main())
