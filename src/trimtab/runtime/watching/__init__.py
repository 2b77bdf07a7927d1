"""Watching: the monitors over a declared system, or over a log of predictions that anyone served."""
