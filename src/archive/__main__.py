"""`python -m archive` is the same program as `archive`."""

from archive.cli.main import main

if __name__ == "__main__":
    main()
