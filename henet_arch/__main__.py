"""`python -m henet_arch`."""

from .cli import main

main()
