"""Options read out of what a model wrote: what counts, what does not, and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sectorbench.harness.adapters.answer_text import read_choice, without_reasoning

FOUR = ["A", "B", "C", "D"]
YES_NO = ["yes", "no"]
NLI = ["Entailment", "Contradiction", "NotMentioned"]
SHI_FOU = ["是", "否"]
LONG = ["The buyer may terminate", "The seller may terminate", "Neither may terminate"]


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        # an answer that says it is one; the last of them
        ("Answer: B", FOUR, 1),
        ("answer is (c).", FOUR, 2),
        ("The correct answer is therefore D, since the notice came late.", FOUR, 3),
        ("答案：B", FOUR, 1),
        ("答案是Ｃ。", FOUR, 2),
        ("正确答案为“D”", FOUR, 3),
        ("综上，故选B。", FOUR, 1),
        ("本题选Ａ", FOUR, 0),
        (r"so \boxed{B}", FOUR, 1),
        (r"$\boxed{\text{D}}$", FOUR, 3),
        ("Answer: A\nOn reflection that is too narrow.\nAnswer: B", FOUR, 1),
        ("**Answer:** **C**", FOUR, 2),
        ("Answer:\n\nB", FOUR, 1),
        ("Answer: B. Option A is wrong because the clause was signed.", FOUR, 1),
        ("Answer: B, A is wrong", FOUR, 1),
        ("Option C is correct.", FOUR, 2),
        ("选项B正确，A不正确", FOUR, 1),
        ("Answer: A because the notice is late", FOUR, 0),
        ("Answer: C\n\nExplanation: Option A is correct only if it was signed.", FOUR, 2),
        ("答案：C\n解析：A正确的前提是签字", FOUR, 2),
        ("【答案】A\n【解析】B项错误，C项错误", FOUR, 0),
        ("The correct answer is not A but B.", FOUR, 1),
        ("故A选项不正确，选B", FOUR, 1),
        ("A is incorrect. C is correct.", FOUR, 2),
        ('{"answer": "B"}', FOUR, 1),
        ("### Answer\nB", FOUR, 1),
        # bare
        ("B", FOUR, 1),
        (" (b) ", FOUR, 1),
        ("Ｂ．", FOUR, 1),
        ("２", ["1", "2"], 1),
        ("The term runs out first.\n\nD", FOUR, 3),
        ("B. 因为A错误", FOUR, 1),
        ("According to Article 5, B", FOUR, 1),
        ("According to Article 5, the answer is B.", FOUR, 1),
        ("根据第5条，应认定为B项。", FOUR, 1),
        ("B gives the rule; not A.", FOUR, 1),
        # words
        ("Yes, because the parties agreed so.", YES_NO, 0),
        ("no", YES_NO, 1),
        ("There is no limit. Answer: YES", YES_NO, 0),
        ("Answer: No, not required", YES_NO, 1),
        ("no, not at all", YES_NO, 1),
        ("neither entailment nor contradiction: NotMentioned", NLI, 2),
        ("This is not entailment; it is a contradiction", NLI, 1),
        ("答案是否", SHI_FOU, 1),
        ("是的，符合。", SHI_FOU, 0),
        ("否。", SHI_FOU, 1),
        ("答案：是", SHI_FOU, 0),
        ("entailment", NLI, 0),
        ("The hypothesis is not mentioned.", NLI, 2),
        ("Answer: not_mentioned", NLI, 2),
        ("I find this to be a Contradiction.", NLI, 1),
        ("答案：不符合", ["符合", "不符合"], 1),
        ("符合规定", ["符合", "不符合"], 0),
        ("Answer: B", YES_NO, 1),
        ("b", NLI, 1),
        # long options, listed by letters
        ("Answer: C. Neither may terminate", LONG, 2),
        ("the seller may terminate", LONG, 1),
        # thinking
        ("<think>Answer: A or maybe C</think>Answer: D", FOUR, 3),
        ("A is tempting ... </think>\n\nB", FOUR, 1),
        ("<think>C</think><think>D</think>A", FOUR, 0),
    ],
)
def test_an_answer_is_read(text, options, expected):
    found = read_choice(text, options, lettered=options is LONG)
    assert (found.option, found.reason in ("stated", "bare", "leading", "named")) == (expected, True), found


@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        ("", FOUR, "empty"),
        ("  \n", FOUR, "empty"),
        ("<think>It must be B", FOUR, "only_reasoning"),
        ("<think>Answer: B</think>", FOUR, "only_reasoning"),
        ("I cannot answer this.", FOUR, "nothing_named"),
        ("A clause of this kind is void.", FOUR, "nothing_named"),
        ("According to the Act, AIA and BGB apply.", FOUR, "nothing_named"),
        ("not A", FOUR, "denied"),
        ("不选A", FOUR, "denied"),
        ("A is wrong", FOUR, "denied"),
        ("A错误", FOUR, "denied"),
        ("排除A", FOUR, "denied"),
        ("Answer: not A", FOUR, "denied"),
        ("The answer isn't B.", FOUR, "denied"),
        ("Answer: A or B", FOUR, "several"),
        ("Answer: A, C", FOUR, "several"),
        ("答案：AB", FOUR, "several"),
        ("答案：A、B", FOUR, "several"),
        ("A、B", FOUR, "several"),
        ("A项正确，B项正确", FOUR, "several"),
        ("yes or no", YES_NO, "nothing_named"),
        ("Answer: yes/no", YES_NO, "several"),
        ("It is A. It is B.", FOUR, "several"),
        ("A. first\nB. second\nC. third", FOUR, "several"),
        ("Answer: A\nAnswer: none of them", FOUR, "nothing_named"),
        ("There is no cap on liability.", YES_NO, "nothing_named"),
        ("不是", SHI_FOU, "nothing_named"),
        ("Party A shall pay.", NLI, "nothing_named"),
        ("Article 1 and Article 3", ["1", "2", "3"], "nothing_named"),
    ],
)
def test_what_is_no_answer_is_not_made_one(text, options, reason):
    assert read_choice(text, options) == (None, reason)


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize("form", ["Answer: {}", "答案：{}", "The answer is {}.", "\\boxed{{{}}}", "{}", "故选{}。"])
def test_every_option_is_read_in_every_form(form, index):
    assert read_choice(form.format(FOUR[index]), FOUR).option == index


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text):
    assert read_choice(text, NLI).option in (None, 0, 1, 2)
    assert read_choice(text, FOUR).option in (None, 0, 1, 2, 3)


@given(st.text(alphabet="ABCDE不选是 答案:：.,\n<think></think>\\boxed{}answer is not", max_size=120))
def test_texts_made_of_the_rules_own_words_are_read_without_an_error(text):
    assert read_choice(text, FOUR).option in (None, 0, 1, 2, 3)


def test_a_long_answer_takes_no_long_time():
    assert read_choice("选 A is " * 100_000 + "\nAnswer: B", FOUR).option == 1
    assert read_choice("A, B, " * 5_000, FOUR) == (None, "several")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a<think>b</think>c<think>d</think>e", "ace"),
        ("b</think>c", "c"),
        ("b</think>c</think>d", "d"),
        ("a<think>b", "a"),
        ("a<think>b</think>c<think>d", "ac"),
        ("a <b> </thinking>", "a <b> </thinking>"),
    ],
)
def test_reasoning_is_left_out(text, kept):
    assert without_reasoning(text) == kept
