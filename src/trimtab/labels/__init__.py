"""Requests meet their labels: which answer was known when, and which are mature (book ch. 4)."""
