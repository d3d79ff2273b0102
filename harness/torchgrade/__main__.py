"""``python -m torchgrade``."""

from __future__ import annotations

import sys

from torchgrade.cli import main

if __name__ == "__main__":
    sys.exit(main())
