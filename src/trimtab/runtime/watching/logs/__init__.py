"""The columns of a log, as the monitors read them."""
