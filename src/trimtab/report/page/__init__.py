"""The parts of an HTML page: its style, its blocks and its figures."""
