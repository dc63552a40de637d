"""The catalog: areas' listings joined."""

from __future__ import annotations

import pytest
from sectorbench.harness.catalog import BaselineEntry, Catalog
from sectorbench.harness.errors import RegistryError


def test_areas_are_joined_and_no_name_is_given_twice() -> None:
    one = Catalog(built_in={"area/one": "m:T"}, builtins={})
    two = Catalog(built_in={"area/two": "m:U"}, builtins={}, baselines={"b": BaselineEntry("m:f", "area/two", "s")})
    both = Catalog.joined(one, two)
    assert both.built_in == {"area/one": "m:T", "area/two": "m:U"} and both.baselines == two.baselines
    with pytest.raises(RegistryError, match="two areas list area/one among built_in"):
        Catalog.joined(one, two, one)
