"""One prediction told from its request to its label: the record of it, its features, its score and who gave it."""
