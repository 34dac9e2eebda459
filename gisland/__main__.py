"""``python -m gisland`` is the command line."""

from gisland.cli import main

if __name__ == "__main__":
    main()
