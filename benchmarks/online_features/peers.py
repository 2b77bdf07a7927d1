"""What the features are compared with: a floor that nothing can beat, and the way it is often done."""

import math
import sqlite3

from data import DAY, END

HOUR = DAY // 24
QUERIES = {
    "spent_7d": ("sum(price)", "sales", "customer", 7 * DAY, HOUR, ""),
    "sales_7d": ("count(*)", "sales", "customer", 7 * DAY, HOUR, ""),
    "mean_7d": ("avg(price)", "sales", "customer", 7 * DAY, HOUR, ""),
    "spread_7d": (
        "count(price), sum(price), sum(price * price)",
        "sales",
        "customer",
        7 * DAY,
        HOUR,
        "",
    ),
    "last_price": ("price", "sales", "customer", None, 0, "ORDER BY known DESC, id DESC LIMIT 1"),
    "shop_mean_1d": ("avg(price)", "sales", "shop", DAY, HOUR, ""),
    "shop_large_7d": ("max(price)", "sales", "shop", 7 * DAY, HOUR, ""),
    "views_6h": ("count(*)", "views", "customer", 6 * HOUR, HOUR // 12, ""),
    "since_view": ("max(known)", "views", "customer", None, 0, ""),
    "item_views_1d": ("count(*)", "views", "item", DAY, HOUR, ""),
    "refunds_30d": ("count(*)", "refunds", "customer", 30 * DAY, DAY, ""),
    "refunded_30d": ("sum(price)", "refunds", "customer", 30 * DAY, DAY, "AND price > 10.0"),
}


class Sqlite:
    """A table of raw facts per source, an index per key, one query per feature."""

    def __init__(self, path, tables):
        self._connection = sqlite3.connect(path)
        for name, table in tables.items():
            columns = ["id", "customer", "shop", "item", "price", "__known"]
            self._connection.execute(f"CREATE TABLE {name} (id, customer, shop, item, price, known)")
            rows = zip(*(table[column].to_pylist() for column in columns), strict=True)
            self._connection.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, ?, ?, ?)", rows)
            for key in ("customer", "shop", "item"):
                self._connection.execute(f"CREATE INDEX {name}_{key} ON {name} ({key}, known)")
        self._connection.commit()
        self._queries = {
            name: (
                f"SELECT {what} FROM {source} WHERE {key} = ? AND known >= ? AND known < ? {more}",
                key,
                over,
                hop,
            )
            for name, (what, source, key, over, hop, more) in QUERIES.items()
        }

    def features(self, row, at=END):
        found = []
        for name, (query, key, over, hop) in self._queries.items():
            start = 0 if over is None else (at - over) // hop * hop
            answer = self._connection.execute(query, (row[key], start, at)).fetchone()
            found.append(_finished(name, answer, at))
        return found


def _finished(name, answer, at):
    if answer is None:
        return None
    if name == "spread_7d":
        n, s, q = answer
        return None if n < 2 else math.sqrt(max(0.0, q - s * s / n) / (n - 1))
    if name == "since_view":
        return None if answer[0] is None else (at - answer[0]) / 1e6
    return answer[0]


class Floor:
    """The values of this one instant, merged before, in a dict by the same keys: right now, and wrong a moment later."""

    GROUPS = (("customer", 5), ("shop", 2), ("customer", 2), ("item", 1), ("customer", 2))

    def __init__(self, rows, answers):
        self._values = {}
        for row, values in zip(rows, answers, strict=True):
            first = 0
            for group, (key, size) in enumerate(self.GROUPS):
                self._values[group, row[key]] = values[first : first + size]
                first += size

    def features(self, row):
        found = []
        for group, (key, _) in enumerate(self.GROUPS):
            found += self._values[group, row[key]]
        return found
