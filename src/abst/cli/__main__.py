"""``python -m abst.cli`` is the program too."""

from abst.cli import main

main()
