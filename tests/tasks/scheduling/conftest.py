"""Small shops that the tests of simulators and policies share."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "simulator" / "drawn"))
