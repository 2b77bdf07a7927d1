"""`python -m trimtab` is the command line."""

from trimtab.cli import main

if __name__ == "__main__":
    main()
