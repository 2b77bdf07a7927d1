"""Ways to continue a fitted learner on new rows: one pass, leaves refit, trees appended."""
