"""Writes templates/monitoring, the dashboard and the alerts: python -m scripts.monitoring"""

from __future__ import annotations

import json
from pathlib import Path

from scripts.monitoring.alerts import ALERTS
from scripts.monitoring.dashboard import dashboard

FOLDER = Path(__file__).parents[2] / "templates" / "monitoring"


def files() -> dict[Path, str]:
    """Path -> content of the files in templates/monitoring."""
    found = {FOLDER / "dashboard.json": dashboard()}
    found |= {FOLDER / "alerts" / f"{name}.json": given for name, given in ALERTS.items()}
    return {path: json.dumps(given, indent=2) + "\n" for path, given in found.items()}


def main() -> None:
    """Write the files, and delete others."""
    wanted = files()
    for old in (FOLDER / "alerts").glob("*.json"):
        if old not in wanted:
            old.unlink()
    for path, text in wanted.items():
        path.write_text(text)
