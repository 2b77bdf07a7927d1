"""Does the model know what it cannot know when it is asked: eleven checks, each of which can be wrong alone."""
