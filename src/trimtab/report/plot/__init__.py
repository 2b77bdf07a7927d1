"""Charts as SVG, drawn on the server: scales, ticks, labels and lines."""
