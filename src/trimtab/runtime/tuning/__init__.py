"""Settings of learners searched with a stated budget, on rows older than those that judge."""
