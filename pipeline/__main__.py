"""`python -m pipeline` is the command `dateline`."""

from pipeline.cli import main

main()
