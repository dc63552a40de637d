"""Reading prompts: what was written comes back in both languages, and a prompt without its table is refused."""

import pytest
from sectorbench.harness.errors import InterfaceError
from sectorbench.harness.text import LANGUAGES
from sectorbench.tasks.scheduling.text_prompts import job_shop_prompt
from sectorbench.tasks.scheduling.text_rules import read_prompt
from sectorbench.tasks.scheduling.text_shops import PRACTICE_SECRET, text_job_shops


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shop_comes_back_from_its_prompt(language):
    for shop, _, _ in text_job_shops(PRACTICE_SECRET):
        read = read_prompt(shop.name, job_shop_prompt(shop, language))
        assert (read.machine.tolist(), read.duration.tolist()) == (shop.machine, shop.duration)
        assert read.operations.tolist() == list(map(len, shop.machine))


ROW = "| 0 | M1 5 | M0 7 |"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no table"),
        ("| job | operation 0 |\n| --- | --- |", "no table"),
        ("| 0 | M1 5 | M0 seven |", "no table"),
        (f"{ROW}\nand\n{ROW.replace('0 |', '1 |', 1)}", "more than one table"),
        (ROW.replace("| 0", "| 1"), r"numbered \[1\]"),
        (f"{ROW}\n| 1 | M0 5 |", r"\[2, 1\] operations"),
    ],
)
def test_prompt_without_one_whole_table_is_refused_by_name(text, said):
    with pytest.raises(InterfaceError, match=said) as caught:
        read_prompt("text-3x3-00", text)
    assert "text-3x3-00" in str(caught.value)
