"""Bytes named by their SHA-256: in files, or in memory."""
