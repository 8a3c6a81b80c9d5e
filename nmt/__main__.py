"""The program: `nmt`, and `python -m nmt`."""

import os
import signal


def main() -> None:
    """Run a command; until it handles SIGINT itself, that ends the process at once."""
    # KeyboardInterrupt, amid imports, becomes a traceback or another error, or is swallowed. What is ignored stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # That another process of a training ended is told by us, in one line.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    from nmt.cli import main as run

    run()


if __name__ == "__main__":
    main()
