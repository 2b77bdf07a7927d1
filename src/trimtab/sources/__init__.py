"""From a user's table to facts with one kind of time: typed columns, known times, identities (book ch. 3)."""
