"""Check that a built wheel holds what it must, nothing else, and starts: check_wheel.py WHEEL."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

REQUIRED = (
    "diagnostics/py.typed",
    "tuner/cli.py",
    "tuner/py.typed",
    "tuner/sample_data/README.md",
    "tuner/sample_data/dev.txt",
    "tuner/sample_data/test.txt",
    "tuner/sample_data/train.txt",
)
PACKAGES = ("diagnostics", "studies", "tuner")


def problems(names: list[str], studies: list[str]) -> list[str]:
    """List what is missing from the wheel's file names, and what should not be there."""
    missing = [f"missing: {name}" for name in (*REQUIRED, *studies) if name not in names]
    foreign = [
        f"does not belong there: {name}"
        for name in names
        if name.split("/")[0] not in PACKAGES and ".dist-info/" not in name
    ]
    return missing + foreign


def start(wheel: zipfile.ZipFile) -> None:
    """Run the command from the unpacked wheel, away from the checkout."""
    with tempfile.TemporaryDirectory() as folder:
        wheel.extractall(folder)
        for arguments in (["--version"], ["studies"]):
            subprocess.run([sys.executable, "-m", "tuner", *arguments], cwd=folder, check=True)


def main() -> int:
    """Return 0 when the wheel is right, 1 with a list of problems otherwise."""
    studies = [path.as_posix() for path in sorted(Path("studies").glob("*.toml"))]
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        found = problems(wheel.namelist(), studies)
        if not studies:
            found.append("no studies in the checkout")
        if found:
            print("\n".join(found))
            return 1
        start(wheel)
        print(f"{sys.argv[1]}: {len(wheel.namelist())} files, {len(studies)} studies")
    return 0


if __name__ == "__main__":
    sys.exit(main())
