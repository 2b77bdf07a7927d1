"""From features and mature labels to an immutable predictor: matrices, encodings, learners, provenance (book ch. 6)."""
