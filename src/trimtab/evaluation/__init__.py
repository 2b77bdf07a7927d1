"""How good, how sure, and compared with what: paired, clustered by day (book ch. 6)."""
