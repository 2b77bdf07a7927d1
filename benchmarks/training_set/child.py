"""One measurement in a fresh process: CPU seconds and peak memory of one plan over one data set."""

import json
import resource
import sys
import time

import duckdb
import pyarrow.parquet as pq
from benchmarks.training_set.handwritten import PLANS

from trimtab.adapters.engines.duckdb import DuckDBEngine
from trimtab.declare.features import Features
from trimtab.declare.kinds import Kind
from trimtab.declare.source import Source
from trimtab.features import FactsTable, compute
from trimtab.units import days

THREADS = 2
FUNCTIONS = ("count", "sum", "mean", "min", "max", "std")
WINDOWS = (1, 7, 30)


def declared():
    keyed = Source("facts.parquet", known="__known").by("key")
    return Features(
        **{f"{f}{d}": getattr(keyed, f)("value", over=days(d)) for d in WINDOWS for f in FUNCTIONS},
    )


def trimtab(facts, requests):
    engine = DuckDBEngine(threads=THREADS)
    engine.register("facts", facts)
    engine.register("requests", requests)
    features = declared()
    kinds = {"key": Kind.INT, "value": Kind.FLOAT}

    def run():
        return compute(
            engine,
            features,
            requests="requests",
            request_kinds={"key": Kind.INT},
            request_source=Source("requests.parquet", known="__at"),
            facts={"facts": FactsTable("facts", kinds)},
        )

    return run


def handwritten(plan, facts, requests):
    connection = duckdb.connect(config={"threads": THREADS, "preserve_insertion_order": False})
    connection.register("facts", facts)
    connection.register("requests", requests)
    query = PLANS[plan]()
    return lambda: connection.sql(query).to_arrow_table()


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(plan, folder, result):
    facts, requests = pq.read_table(f"{folder}/facts.parquet"), pq.read_table(f"{folder}/requests.parquet")
    run = trimtab(facts, requests) if plan == "trimtab" else handwritten(plan, facts, requests)
    duckdb.sql("SELECT 1").to_arrow_table()  # what any first query loads is not measured
    wall, used = time.perf_counter(), cpu()
    found = run()
    measured = {"cpu": cpu() - used, "wall": time.perf_counter() - wall}
    measured["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if result:
        pq.write_table(found, result)
    print(json.dumps(measured))


if __name__ == "__main__":
    main(*sys.argv[1:4])
