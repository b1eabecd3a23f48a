"""`python -m rag.cli`: the `quoth` command where it is not on the path."""

from rag.cli.commands import main

if __name__ == "__main__":
    main()
