"""The nouns of a system file as frozen values, the column algebra, and the static checks."""
