"""90 days of payments, sales, logins and refunds, and new requests from the same customers."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HOUR = 3_600_000_000
DAY = 24 * HOUR
DAYS = 90
CUSTOMERS, DEVICES, MERCHANTS, CITIES = 20_000, 15_000, 2_000, 250
FACTS = {"sales": 150_000, "logins": 120_000, "refunds": 30_000}
PAYMENTS = 33_000
"""So many that over 30,000 are mature."""

CHANNELS = ("app", "phone", "shop", "web")
CATEGORIES = tuple(f"category {number:02}" for number in range(24))
COUNTRIES = tuple(f"country {number:02}" for number in range(40))
REQUEST = (
    "payment",
    "asked",
    "customer",
    "device",
    "merchant",
    "city",
    "amount",
    "items",
    "channel",
    "category",
    "country",
)


def write(folder, end, seed=0):
    """Write the five sources as Parquet into `folder`; the history ends at `end`, in epoch microseconds."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    failing = random.beta(1, 6, DEVICES)
    tables = {
        "sales": _sales(random, end),
        "logins": _logins(random, end, failing),
        "refunds": _refunds(random, end),
    }
    tables["payments"] = payments(random, _times(random, PAYMENTS, end))
    tables["settlements"] = _settlements(random, tables["payments"], failing)
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")


def asked_now(count, end, seed=1):
    """New requests as rows of plain values, without their time: what callers send while the server is up."""
    random = np.random.default_rng(seed)
    table = payments(random, np.full(count, end), first=PAYMENTS)
    return table.select([name for name in REQUEST if name != "asked"]).to_pylist()


def payments(random, at, first=0):
    count = len(at)
    shares = np.arange(len(COUNTRIES), 0, -1.0)
    return pa.table(
        {
            "payment": np.arange(first, first + count),
            "asked": _instants(at),
            "customer": random.integers(0, CUSTOMERS, count),
            "device": random.integers(0, DEVICES, count),
            "merchant": _merchants(random, count),
            "city": random.integers(0, CITIES, count),
            "amount": np.round(random.gamma(2.0, 40.0, count) + 0.5, 2),
            "items": random.integers(1, 9, count),
            "channel": random.choice(CHANNELS, count),
            "category": random.choice(CATEGORIES, count),
            "country": random.choice(COUNTRIES, count, p=shares / shares.sum()),
        }
    )


def _sales(random, end):
    count = FACTS["sales"]
    return pa.table(
        {
            "sale": np.arange(count),
            "sold": _instants(_times(random, count, end)),
            "customer": random.integers(0, CUSTOMERS, count),
            "merchant": _merchants(random, count),
            "city": random.integers(0, CITIES, count),
            "amount": np.round(random.gamma(2.0, 40.0, count) + 0.5, 2),
        }
    )


def _logins(random, end, failing):
    count = FACTS["logins"]
    device = random.integers(0, DEVICES, count)
    return pa.table(
        {
            "login": np.arange(count),
            "seen": _instants(_times(random, count, end)),
            "customer": random.integers(0, CUSTOMERS, count),
            "device": device,
            "city": random.integers(0, CITIES, count),
            "failed": (random.random(count) < failing[device]).astype(np.int64),
        }
    )


def _refunds(random, end):
    count = FACTS["refunds"]
    return pa.table(
        {
            "refund": np.arange(count),
            "refunded": _instants(_times(random, count, end)),
            "merchant": _merchants(random, count),
            "amount": np.round(random.gamma(2.0, 20.0, count) + 0.5, 2),
        }
    )


def _settlements(random, asked, failing):
    """Disputes come of failing devices, large amounts and some categories; an answer takes up to a day."""
    column = {name: asked[name].to_numpy() for name in ("device", "amount", "payment")}
    category = np.asarray(asked["category"].combine_chunks().dictionary_encode().indices)
    odds = -3.0 + 4.0 * failing[column["device"]] + column["amount"] / 120 + np.sin(category)
    disputed = random.random(len(odds)) < 1 / (1 + np.exp(-odds))
    at = asked["asked"].cast(pa.int64()).to_numpy()
    settled = at + random.integers(HOUR, DAY, len(at))
    return pa.table({"payment": column["payment"], "settled": _instants(settled), "disputed": disputed})


def _merchants(random, count):
    shares = np.arange(1, MERCHANTS + 1) ** -0.6
    return random.choice(MERCHANTS, count, p=shares / shares.sum())


def _times(random, count, end):
    return np.sort(random.integers(end - DAYS * DAY, end, count))


def _instants(values):
    return pa.array(np.asarray(values, dtype=np.int64), pa.timestamp("us", "UTC"))
