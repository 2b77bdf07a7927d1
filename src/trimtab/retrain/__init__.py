"""When to learn again, and from which part of the past (book ch. 9)."""
