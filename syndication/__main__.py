"""`python -m syndication` is `syndicate`."""

from syndication.cli import main

if __name__ == "__main__":
    main()
