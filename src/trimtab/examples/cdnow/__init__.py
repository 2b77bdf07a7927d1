"""Customers of the music shop CDNOW in 1997 and 1998: who does not come back within 60 days."""
