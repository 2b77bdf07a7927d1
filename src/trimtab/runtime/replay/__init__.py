"""The whole loop over a system's own history, under several policies at once."""
