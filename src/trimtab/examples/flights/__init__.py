"""Flights from New York in 2013: which ones come late, are cancelled or end elsewhere."""
