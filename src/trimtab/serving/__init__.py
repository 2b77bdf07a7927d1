"""Prediction as a service: the path of one request, engines for models, HTTP, and batches (book ch. 7)."""
