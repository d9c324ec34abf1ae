"""`quaver` and `python -m quaver`."""

from quaver.cli.app import main

if __name__ == "__main__":
    main()
