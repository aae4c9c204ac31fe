"""environment.yml (conda, Binder) from the pins of requirements.txt; run by `make lock`."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def pins() -> list[str]:
    """Pins of requirements.txt with their environment markers, without hashes."""
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    found = [line.rstrip(" \\") for line in lines if re.match(r"[A-Za-z0-9]", line)]
    return [line.replace("'", '"') for line in found]


def environment() -> str:
    """Text of environment.yml."""
    body = "\n".join(f"      - '{pin}'" for pin in pins())
    return (
        "# Written by `make lock` from requirements.txt: the same versions, for conda and Binder.\n"
        "name: rednote-study\nchannels: [conda-forge]\ndependencies:\n  - python=3.11\n  - pip\n  - pip:\n"
        f"{body}\n      - '-e .'\n"
    )


if __name__ == "__main__":
    print(environment(), end="")
