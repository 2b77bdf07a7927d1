"""Stores of online features: bytes by key, in LMDB or in memory."""
