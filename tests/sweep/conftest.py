"""What mounts in the sweeps is mounted where nobody else sees it, as in the integration tests."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))
import lab  # noqa: E402


def pytest_configure():
    lab.enter_private_mounts()
