"""The same 18 features in SQL written by hand for DuckDB, four ways; plain DOUBLE sums, no exactness asked."""

HOUR = 3_600_000_000
DAY = 24 * HOUR
WINDOWS = {1: HOUR, 7: HOUR, 30: DAY}


def start(days, at="__at"):
    hop = WINDOWS[days]
    return f"(({at} - {days * DAY}) // {hop} * {hop})"


def range_join():
    """One join on the longest window, the shorter ones by FILTER."""
    columns = []
    for days in WINDOWS:
        inside = f"FILTER (WHERE f.__known >= s{days})"
        columns += [
            f"count(value) {inside} AS count{days}",
            f"sum(value) {inside} AS sum{days}",
            f"avg(value) {inside} AS mean{days}",
            f"min(value) {inside} AS min{days}",
            f"max(value) {inside} AS max{days}",
            f"stddev_samp(value) {inside} AS std{days}",
        ]
    starts = ", ".join(f"{start(days)} AS s{days}" for days in WINDOWS)
    return f"""
        SELECT __row, {", ".join(columns)}
        FROM (SELECT *, {starts} FROM requests) AS r
        JOIN facts AS f ON f.key = r.key AND f.__known < r.__at AND f.__known >= s30
        GROUP BY __row"""


def blocked_range_joins():
    """One join per window, each on (key, block of time as long as the window)."""
    parts, columns = [], []
    for days, hop in WINDOWS.items():
        block = days * DAY + hop
        parts.append(f"""
        w{days} AS (
            SELECT __row, count(value) AS count{days}, sum(value) AS sum{days}, avg(value) AS mean{days},
                min(value) AS min{days}, max(value) AS max{days}, stddev_samp(value) AS std{days}
            FROM (
                SELECT __row, key, __at, {start(days)} AS s, {start(days)} // {block} AS block FROM requests
                UNION ALL
                SELECT __row, key, __at, {start(days)} AS s, (__at - 1) // {block} AS block FROM requests
                WHERE (__at - 1) // {block} > {start(days)} // {block}
            ) AS r
            JOIN (SELECT *, __known // {block} AS block FROM facts) AS f
            ON f.key = r.key AND f.block = r.block AND f.__known < r.__at AND f.__known >= s
            GROUP BY __row)""")
        columns += [f"{name}{days}" for name in ("count", "sum", "mean", "min", "max", "std")]
    joins = " ".join(f"LEFT JOIN w{days} USING (__row)" for days in WINDOWS)
    return f"WITH {', '.join(parts)} SELECT __row, {', '.join(columns)} FROM requests {joins}"


STATE = "count(value) AS n, sum(value) AS s, sum(value * value) AS q, min(value) AS lo, max(value) AS hi"
MERGED = "sum(n) AS n, sum(s) AS s, sum(q) AS q, min(lo) AS lo, max(hi) AS hi"


def finished(days):
    variance = "greatest(0, (q - s * s / n) / (n - 1))"
    return f"""
        n AS count{days}, s AS sum{days}, s / n AS mean{days}, lo AS min{days}, hi AS max{days},
        CASE WHEN n > 1 THEN sqrt({variance}) END AS std{days}"""


def tile_join():
    """Hourly tiles joined for the windows on the hour, daily tiles for the month, and the facts of the last hour."""
    short = ", ".join(
        f"{part} FILTER (WHERE tile >= t{days}) AS {part[:3]}{part[4:-1]}{days}"
        for days in (1, 7)
        for part in ("sum(n)", "sum(s)", "sum(q)", "min(lo)", "max(hi)")
    )
    window = "SELECT __row, {merged} FROM ({parts}) GROUP BY __row"
    parts = {
        days: " UNION ALL ".join(
            (
                f"SELECT __row, sumn{days} AS n, sums{days} AS s, sumq{days} AS q, minlo{days} AS lo, maxhi{days} AS hi FROM short",
                "SELECT * FROM tail",
            )
        )
        for days in (1, 7)
    }
    parts[30] = "SELECT * FROM long UNION ALL SELECT * FROM today UNION ALL SELECT * FROM tail"
    windows = ", ".join(
        f"w{days} AS (SELECT __row, {finished(days)} FROM ({window.format(merged=MERGED, parts=parts[days])}))"
        for days in WINDOWS
    )
    return f"""
        WITH hourly AS MATERIALIZED (SELECT key, __known // {HOUR} AS tile, {STATE} FROM facts GROUP BY ALL),
        daily AS (SELECT h.key, h.tile // 24 AS tile, {MERGED} FROM hourly AS h GROUP BY h.key, h.tile // 24),
        asks AS (
            SELECT __row, key, __at, __at // {HOUR} AS hour, __at // {DAY} AS day,
                __at // {HOUR} - 24 AS t1, __at // {HOUR} - 168 AS t7
            FROM requests),
        tail AS (
            SELECT __row, {STATE} FROM asks JOIN (SELECT *, __known // {HOUR} AS hour FROM facts) AS f
            USING (key, hour) WHERE f.__known < asks.__at GROUP BY __row),
        today AS (
            SELECT __row, {MERGED} FROM asks JOIN (SELECT *, tile // 24 AS day FROM hourly) AS h
            USING (key, day) WHERE tile < hour GROUP BY __row),
        short AS (
            SELECT __row, {short} FROM asks JOIN hourly AS h ON h.key = asks.key AND tile < hour AND tile >= t7
            GROUP BY __row),
        long AS (
            SELECT __row, {MERGED} FROM asks JOIN daily AS d ON d.key = asks.key AND tile < day AND tile >= day - 30
            GROUP BY __row),
        {windows}
        SELECT * FROM requests LEFT JOIN w1 USING (__row) LEFT JOIN w7 USING (__row) LEFT JOIN w30 USING (__row)"""


def running_sums():
    """Running sums with one as-of join for all instants; minimum and maximum by blocks of tiles."""
    return running(
        f"SELECT key, __known, {SUMS_OF_FACTS} FROM facts WINDOW w AS (PARTITION BY key ORDER BY __known)",
        "__at",
    )


def running_tiles():
    """The same, with sums over hourly tiles and the facts of the last hour added."""
    tiles = (
        f"SELECT key, tile * {HOUR} AS __known, sum(n) OVER w AS n, sum(s) OVER w AS s, sum(q) OVER w AS q"
    )
    over = f"{tiles} FROM tiles{HOUR} WINDOW w AS (PARTITION BY key ORDER BY tile)"
    return running(over, f"__at // {HOUR} * {HOUR}", "tail.{0}")


SUMS_OF_FACTS = "count(value) OVER w AS n, sum(value) OVER w AS s, sum(value * value) OVER w AS q"


def running(over, last, rest="0"):
    """The query over given running sums, looked up as of `last`; `rest` is what came after it."""
    probes = " UNION ALL ".join(
        f"SELECT __row, key, {instant} AS t, {i} AS probe FROM requests"
        for i, instant in enumerate((last, *(start(days) for days in WINDOWS)))
    )
    picked = ", ".join(
        f"any_value({part}) FILTER (WHERE probe = {i}) AS {part}{i}"
        for i in range(4)
        for part in ("n", "s", "q")
    )
    sums = ", ".join(
        f"coalesce({part}0, 0) + coalesce({rest.format(part)}, 0) - coalesce({part}{i}, 0) AS {part}_{days}"
        for i, days in enumerate(WINDOWS, 1)
        for part in ("n", "s", "q")
    )
    extremes = []
    for days, hop in WINDOWS.items():
        steps = days * DAY // hop
        extremes.append(f"""
        m{days} AS (
            SELECT __row, min(lo) AS lo, max(hi) AS hi FROM (
                SELECT __row, key, tile, (tile - {steps}) // {steps} AS block
                FROM (SELECT *, __at // {hop} AS tile FROM requests)
                UNION ALL
                SELECT __row, key, tile, (tile - 1) // {steps} AS block
                FROM (SELECT *, __at // {hop} AS tile FROM requests)
                WHERE (tile - 1) // {steps} > (tile - {steps}) // {steps}
            ) AS r JOIN (SELECT *, tile // {steps} AS block FROM tiles{hop}) AS t
            ON t.key = r.key AND t.block = r.block AND t.tile < r.tile AND t.tile >= r.tile - {steps}
            GROUP BY __row)""")
    tails = f"""
        tail AS (
            SELECT __row, {STATE}
            FROM (SELECT *, __at // {HOUR} AS hour FROM requests) AS r
            JOIN (SELECT *, __known // {HOUR} AS hour FROM facts) AS f USING (key, hour)
            WHERE f.__known < r.__at GROUP BY __row),
        today AS (
            SELECT __row, min(lo) AS lo, max(hi) AS hi
            FROM (SELECT *, __at // {HOUR} AS hour, __at // {DAY} AS day FROM requests) AS r
            JOIN (SELECT *, tile // 24 AS day FROM tiles{HOUR}) AS t USING (key, day)
            WHERE t.tile < r.hour GROUP BY __row)"""
    variance = "greatest(0, (q_{0} - s_{0} * s_{0} / n_{0}) / (n_{0} - 1))"
    columns = ", ".join(
        f"n_{days} AS count{days}, CASE WHEN n_{days} > 0 THEN s_{days} END AS sum{days}, CASE WHEN n_{days} > 0 THEN s_{days} / n_{days} END AS mean{days}, "
        f"least(m{days}.lo, tail.lo{', today.lo' if days == 30 else ''}) AS min{days}, "
        f"greatest(m{days}.hi, tail.hi{', today.hi' if days == 30 else ''}) AS max{days}, "
        f"CASE WHEN n_{days} > 1 THEN sqrt({variance.format(days)}) END AS std{days}"
        for days in WINDOWS
    )
    return f"""
        WITH tiles{HOUR} AS MATERIALIZED (
            SELECT key, __known // {HOUR} AS tile, {STATE} FROM facts GROUP BY ALL),
        running AS ({over}),
        found AS (
            SELECT __row, {picked} FROM (
                SELECT p.__row, p.probe, r.n, r.s, r.q FROM ({probes}) AS p
                ASOF JOIN running AS r ON p.key = r.key AND p.t > r.__known)
            GROUP BY __row),
        tiles{DAY} AS (
            SELECT h.key, h.tile // 24 AS tile, min(lo) AS lo, max(hi) AS hi FROM tiles{HOUR} AS h
            GROUP BY h.key, h.tile // 24),
        {", ".join(extremes)}, {tails},
        sums AS (
            SELECT r.__row, {sums} FROM requests AS r LEFT JOIN found USING (__row) LEFT JOIN tail USING (__row))
        SELECT __row, {columns} FROM requests LEFT JOIN sums USING (__row) LEFT JOIN m1 USING (__row)
        LEFT JOIN m7 USING (__row) LEFT JOIN m30 USING (__row) LEFT JOIN tail USING (__row)
        LEFT JOIN today USING (__row)"""


PLANS = {
    "range join": range_join,
    "blocked range joins": blocked_range_joins,
    "tile join": tile_join,
    "running sums": running_sums,
    "running sums over tiles": running_tiles,
}
