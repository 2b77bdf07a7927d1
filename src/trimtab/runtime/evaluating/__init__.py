"""A candidate evaluated on rows that it has not learned from: the rows, the trainings, the suite and its report."""
