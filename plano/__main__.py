"""`python -m plano` is the same command as `planoai`."""

from plano.cli.main import main

if __name__ == "__main__":
    main()
