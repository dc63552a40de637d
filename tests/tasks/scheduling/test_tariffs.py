"""Tariff files say what is paid when; one that leaves an hour open is refused."""

import pytest
import yaml
from sectorbench.harness.errors import DataError
from sectorbench.tasks.scheduling.tariffs import ILLUSTRATIVE, load_tariff

FACTS = yaml.safe_load(ILLUSTRATIVE.read_text(encoding="utf-8"))


def test_shipped_tariff_says_that_it_is_nobodys():
    tariff = load_tariff()
    assert (tariff.name, tariff.version, tariff.currency) == ("industry-illustrative", "2026.1", "CNY")
    assert "made up" in tariff.source
    prices = tariff.prices_per_kwh
    assert [prices[level] / prices["flat"] for level in ("valley", "flat", "peak")] == pytest.approx([0.5, 1, 1.5])
    assert f"{tariff.name}-{tariff.version}.yaml" == ILLUSTRATIVE.name


def test_prices_per_minute_begin_at_the_hour_and_go_on_over_midnight():
    prices = load_tariff().per_minute(start_hour=22, minutes=25 * 60)
    assert len(prices) == 1_500
    assert prices[:60] == [0.6] * 60  # 22 to 23: flat
    assert prices[60 : 10 * 60] == [0.3] * 540  # 23 to 8: valley
    assert prices[10 * 60] == 0.6 and prices[12 * 60 - 1] == 0.6  # 8 to 10: flat
    assert prices[12 * 60] == 0.9  # 10: peak
    assert prices[24 * 60] == 0.6 and prices[-1] == 0.6  # 22 to 23 of the next day


BROKEN = {
    "gap": (lambda facts: facts["periods"].pop(2), "do not follow each other"),
    "overlap": (lambda facts: facts["periods"][0].update(to_hour=9), "do not follow each other"),
    "short day": (lambda facts: facts["periods"].pop(), "do not follow each other"),
    "unknown level": (lambda facts: facts["periods"][0].update(level="night"), "'night', which has no price"),
    "negative price": (lambda facts: facts["prices_per_kwh"].update(peak=-1), "prices_per_kwh.peak"),
    "no source": (lambda facts: facts.pop("source"), "source"),
    "unknown field": (lambda facts: facts.update(region="CN"), "region"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_file_that_is_no_tariff_is_refused_with_its_name(name, tmp_path):
    spoil, found = BROKEN[name]
    facts = yaml.safe_load(yaml.safe_dump(FACTS))
    spoil(facts)
    path = tmp_path / "tariff.yaml"
    path.write_text(yaml.safe_dump(facts), encoding="utf-8")
    with pytest.raises(DataError, match="not a tariff") as caught:
        load_tariff(path)
    assert str(path) in str(caught.value) and found in str(caught.value)


@pytest.mark.parametrize("text", ["", "[1, 2", None])
def test_file_that_cannot_be_read_is_refused(text, tmp_path):
    path = tmp_path / "tariff.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"tariff\.yaml: not a tariff"):
        load_tariff(path)
