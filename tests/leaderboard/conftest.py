"""Records and a site that several tests look at; each is made once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sectorbench.leaderboard.site import SiteReport, build_site

sys.path.insert(0, str(Path(__file__).parent / "synthetic"))

from region_records import REGION_CARDS, write_region_records
from site_records import CARDS, CONTROLS, write_everything


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory):
    """A folder of records with every case, and some of them by name."""
    root = tmp_path_factory.mktemp("records")
    return root, write_everything(root)


@pytest.fixture(scope="session")
def regional(tmp_path_factory) -> Path:
    """A folder of records with regions."""
    root = tmp_path_factory.mktemp("regions")
    write_region_records(root)
    return root


@pytest.fixture(scope="session")
def built(synthetic, regional, tmp_path_factory) -> tuple[Path, SiteReport]:
    """The site of all these records, in a folder whose name a browser must escape."""
    folder = tmp_path_factory.mktemp("out") / "my site 网站 #1"
    return folder, build_site([synthetic[0], regional], {**CARDS, **REGION_CARDS}, folder, controls=CONTROLS)
