"""The append-only record: embedded in SQLite and Parquet, or in memory."""
