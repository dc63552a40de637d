"""Suites and the composed configuration: every group, every option, every suite."""

from __future__ import annotations

import pytest
import yaml
from sectorbench.benchmarks.configuration import RunConfig, compose, groups, load_suite, suite_names, to_yaml
from sectorbench.harness.errors import UsageError
from sectorbench.tasks.registry import CATALOG


@pytest.mark.parametrize(("group", "option"), [(g, o) for g, options in groups().items() for o in options])
def test_every_option_of_every_group_composes(group, option):
    config = compose([f"{group}={option}"])
    if group != "executor":
        chosen = getattr(config, group)
        assert option in (getattr(chosen, "name", None), getattr(chosen, "level", None))


def test_the_defaults_compose_to_the_quickstart():
    config = compose([])
    assert config.benchmarks.name == "quickstart"
    assert (config.device.name, config.sandbox.level, config.executor.workers) == ("auto", "auto", 1)


def test_a_number_that_hydra_would_misread_stays_what_was_typed():
    assert compose(["executor.timeout_s=1e3"]).executor.timeout_s == 1000.0
    with pytest.raises(UsageError, match="integer"):
        compose(["seed=1.5"])


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("benchmarks=quick", "quickstart"),
        ("executer=local", "executor"),
        ("executor.worker=2", "executor.workers"),
        ("keep=all", "keep"),
        ("repeats=0", "greater than or equal"),
        ("+new=1", "override"),
        ("seed", "key=value"),
        ("seed=${oc.env:HOME}", "configuration"),
        ("seed={a", "configuration"),
    ],
)
def test_a_wrong_override_is_a_usage_error_that_names_a_right_one(override, said):
    with pytest.raises(UsageError, match=said):
        compose([override])


def test_the_printed_configuration_reads_back():
    config = compose(["seed=3"])
    raw = yaml.safe_load(to_yaml(config, {"models": ["模型"]}))
    assert raw.pop("options") == {"models": ["模型"]}
    assert RunConfig.model_validate(raw) == config


@pytest.mark.parametrize("name", suite_names())
def test_a_suite_names_tasks_tracks_and_models_that_exist(name):
    suite = load_suite(name)
    assert suite.name == name
    for line in suite.tasks:
        assert line.track in [t.name for t in CATALOG.task(line.task).card.tracks]
    assert set(suite.models) <= set(CATALOG.model_names())
    served = {i for m in suite.models for i in CATALOG.model(m).manifest.interfaces}
    assert {CATALOG.task(line.task).card.interface for line in suite.tasks} <= served


def test_the_quickstart_needs_no_download_and_measures_every_area():
    suite = load_suite("quickstart")
    cards = [CATALOG.task(line.task).card for line in suite.tasks]
    assert all(card.data is None for card in cards)
    assert {card.area for card in cards} == {name.partition("/")[0] for name in CATALOG.built_in}
    assert all({card.floor, card.incumbent} - {None} <= set(suite.models) for card in cards)


def test_areas_have_equal_weight_in_the_quickstart():
    weights: dict[str, float] = {}
    for line in load_suite("quickstart").tasks:
        area = line.task.partition("/")[0]
        weights[area] = weights.get(area, 0.0) + line.weight
    assert set(weights.values()) == {1.0}


@pytest.mark.parametrize("value", ["1e300", ".inf", ".nan", "0", "-1", "40000000"])
def test_a_time_limit_that_no_timer_can_keep_is_refused(value):
    with pytest.raises(UsageError, match=r"executor\.timeout_s"):
        compose([f"executor.timeout_s={value}"])
