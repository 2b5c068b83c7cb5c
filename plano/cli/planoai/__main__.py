"""`python -m planoai` is the command `planoai`."""

from __future__ import annotations

from plano.cli.main import main

if __name__ == "__main__":
    main()
