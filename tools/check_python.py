"""Say in one sentence why a Python cannot set this project up; silent if it can.

The makefile runs this first, with whatever Python the user has, so it keeps to what every Python understands.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "make: Python must be 3.11 or newer; got %d.%d. Name another: make PYTHON=python3.12 ..."
        % sys.version_info[:2]
    )
try:
    import ensurepip  # noqa: F401
    import venv  # noqa: F401
except ImportError:
    sys.exit(
        "make: Python must be complete; got one without its venv module. "
        "Install it (Debian and Ubuntu: apt install python3-venv) or name another: make PYTHON=python3.12 ..."
    )
