"""Does the model still do what it did? Harm with a stated rate of false pages, drift as its explanation (book ch. 8)."""
