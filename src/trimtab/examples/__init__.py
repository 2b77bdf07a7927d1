"""Complete systems with real data, ready to run, replay and copy."""
