"""The process behind `nmt` and `python -m nmt`."""

from __future__ import annotations

import sys

from nmt.huge_pages import start_again_with_huge_pages


def run() -> None:
    """Run the command that the process was started with."""
    if sys.argv[1:2] == ["train"]:
        start_again_with_huge_pages()
    from nmt.cli import main

    main()


if __name__ == "__main__":
    run()
