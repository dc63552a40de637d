"""The generator of contracts: what it plants can be found in the text, by readers that never saw how it was planted."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

import pytest
from sectorbench.tasks.document_review.checklist_rules.patterns import MONTHS, PATTERNS
from sectorbench.tasks.document_review.checklist_rules.reader import violations
from sectorbench.tasks.document_review.compliance.clauses import CHECKS
from sectorbench.tasks.document_review.compliance.generator import draw_documents

N = 360
LANGUAGES = ("en", "zh")
DOCUMENTS = {language: list(draw_documents(language, N, "tests")) for language in LANGUAGES}
both = pytest.mark.parametrize("language", LANGUAGES)


def test_the_same_secret_draws_the_same_documents_everywhere():
    """Golden digests: whatever changes a text raises the version of the cards."""
    found = {
        language: hashlib.sha256("".join(one.text for one in documents).encode()).hexdigest()[:16]
        for language, documents in DOCUMENTS.items()
    }
    assert found == GOLDEN
    again = list(draw_documents("en", 5, "tests"))
    assert again == DOCUMENTS["en"][:5]  # a document does not depend on how many are drawn
    assert [one.text for one in draw_documents("en", 5, "another")] != [one.text for one in again]


@both
def test_every_rule_is_broken_in_three_of_ten_documents_and_independently(language):
    documents = DOCUMENTS[language]
    share = [sum(one.broken[at] for one in documents) / N for at in range(len(CHECKS))]
    assert all(abs(one - 0.3) < 4 * (0.21 / N) ** 0.5 for one in share), share
    per_document = Counter(sum(one.broken) for one in documents)
    assert abs(per_document[0] / N - 0.7**8) < 4 * (0.058 * 0.942 / N) ** 0.5
    assert Counter((one.level, one.kind) for one in documents) == {
        (level, kind): N // 9 for level in (1, 2, 3) for kind in ("supply", "service", "tender")
    }


@both
def test_what_is_plainly_said_is_found_by_patterns_without_a_mistake(language):
    for one in DOCUMENTS[language]:
        if one.level < 3:
            found = tuple(violations(one.text, rule, language) is not None for rule in one.rules)
            assert found == one.broken, one.text


@both
def test_what_must_be_worked_out_can_be_worked_out(language):
    """Level 3 by a reader that knows its ways of hiding things; names and amounts hide nowhere."""
    for one in DOCUMENTS[language]:
        if one.level == 3:
            rules = dict(zip(CHECKS, one.rules, strict=True))
            worked = {
                "payment": days_to_pay(one.text, language) > limit_of(rules["payment"]),
                "liability": cap(one.text, language) < limit_of(rules["liability"]) / 100,
                "law": country_of_law(one.text, language) not in rules["law"],
                "dates": months_of_term(one.text, language) != 0,
                "clause": not has_clause(one.text, rules["clause"], language),
                "quantities": deliveries_differ(one.text, language),
                "amounts": violations(one.text, rules["amounts"], language) is not None,
                "names": violations(one.text, rules["names"], language) is not None,
            }
            assert tuple(worked[check] for check in CHECKS) == one.broken, (worked, one.text)


@both
def test_places_hold_what_is_wrong_and_lie_in_their_lines(language):
    for one in DOCUMENTS[language]:
        shown = {place.check for place in one.places}
        assert shown == {check for check, broken in zip(CHECKS, one.broken, strict=True) if broken} - {"clause"}
        for place in one.places:
            line = one.text[place.line_start : place.line_end]
            assert place.line_start <= place.start < place.end <= place.line_end
            assert "\n" not in line and one.text[place.line_start - 1] == "\n" == one.text[place.line_end]


@both
def test_a_place_of_a_wrong_number_is_that_number(language):
    """Level 1 by hand: the facts of each rule, and nothing else, are marked."""
    wanted = {
        "payment": r"\d+",
        "liability": r"\d+",
        "law": r"[^\d]+",
        "dates": r"\d+|" + PATTERNS[language].date.pattern,
        "quantities": r"\d+|" + PATTERNS[language].delivered.pattern,
    }
    for one in DOCUMENTS[language]:
        if one.level == 1:
            for place in one.places:
                assert re.fullmatch(wanted.get(place.check, ".+"), one.text[place.start : place.end])


@both
def test_no_sum_is_wrong_unless_it_was_planted(language):
    """Prices are quantity times unit price and add up to the total: nobody's rule, but a careful reader looks."""
    for one in DOCUMENTS[language]:
        rows = re.findall(
            r"^\d+ \| [^|\d]+ \| (\d+) \| [^|\d]*([\d,]+)[^|]* \| [^|\d]*([\d,]+)", one.text, re.MULTILINE
        )
        lines = [tuple(int(n.replace(",", "")) for n in row) for row in rows]
        total = PATTERNS[language].total.search(one.text)
        assert len(lines) == one.level + 1 and total is not None
        assert all(quantity * unit == price for quantity, unit, price in lines)
        assert sum(price for *_, price in lines) == int(total[1].replace(",", ""))


def test_levels_are_longer_and_parties_differ():
    for documents in DOCUMENTS.values():
        length = [sum(len(d.text) for d in documents if d.level == level) for level in (1, 2, 3)]
        assert length[0] < length[1] < length[2]
    for one in DOCUMENTS["en"]:
        buyer, supplier = PATTERNS["en"].party.findall(one.text)
        assert buyer != supplier


# A reader of level 3, by hand: every way of hiding a fact, and nothing of the code that hides it.


def limit_of(rule: str) -> int:
    return int(re.findall(r"\d+", rule)[0])


def amended(text: str, pattern: str) -> int | None:
    found = re.search(pattern, text)
    return int(found[1]) if found else None


def days_to_pay(text: str, language: str) -> int:
    new = amended(text, r"days is replaced by (\d+) days" if language == "en" else r"付款期限\d+日改为(\d+)日")
    if new is not None:
        return new
    weeks = re.search(r"within (\d+) weeks" if language == "en" else r"起(\d+)周内", text)
    if weeks:
        return 7 * int(weeks[1])
    base = PATTERNS[language].payment.search(text)
    more = re.search(r"by up to (\d+) further days" if language == "en" else r"再推迟至多(\d+)日", text)
    assert base is not None and more is not None
    return int(base[1]) + int(more[1])


def cap(text: str, language: str) -> float:
    """As a share of the total price."""
    new = amended(text, r"% is replaced by (\d+) %" if language == "en" else r"上限\d+%改为(\d+)%")
    if new is not None:
        return new / 100
    amount, total = PATTERNS[language].amount_cap.search(text), PATTERNS[language].total.search(text)
    percent = re.search(r"or to (\d+) %" if language == "en" else r"或总价的(\d+)%", text)
    assert amount is not None and total is not None and percent is not None
    both_caps = [int(amount[1].replace(",", "")) / int(total[1].replace(",", "")), int(percent[1]) / 100]
    lower = "whichever is lower" in text or "以较低者为准" in text
    return min(both_caps) if lower else max(both_caps)


def country_of_law(text: str, language: str) -> str:
    if language == "en":
        role = re.search(r"in which the (\w+) has its registered office", text)
        assert role is not None
        office = re.search(rf"^.*, ([^,]+) \(the {role[1]}\)$", text, re.MULTILINE)
        assert office is not None
        return f"the law of {office[1]}."
    role = re.search(r"适用(.+?)注册地所在国家或地区的法律", text)
    assert role is not None
    office = re.search(rf"注册地址：(.+)（以下称{role[1]}）", text)
    assert office is not None
    named = ["中华人民共和国", "新加坡", "香港特别行政区", "澳门特别行政区", "瑞士", "德国"]
    return next(f"适用{one}法律" for one in named if office[1].startswith(one))


def months_of_term(text: str, language: str) -> int:
    """How many months too many the document says: from the month behind the signature to the last day's."""
    date = PATTERNS[language].date
    signed, end = [
        date.search(line)
        for line in text.split("\n")
        if re.search(r"Signed on|签署日期", line) or re.search(r"(ends on|last day of the term|终止，|最后一日)", line)
    ][::-1]
    length = PATTERNS[language].months.search(text)
    assert signed is not None and end is not None and length is not None
    first, last = month_of(signed) + 1, month_of(end)
    return last - first + 1 - int(length[1])


def month_of(found: re.Match[str]) -> int:
    month = found["month"]
    return 12 * int(found["year"]) + (MONTHS.index(month) + 1 if month in MONTHS else int(month))


CLUES = {
    "confidentiality": r"keeps secret|marked as confidential|passes drawings",
    "force majeure": r"beyond its control|natural disaster|earthquake",
    "insurance": r"product liability insurance|is insured against|holds a policy",
    "data protection": r"ersonal data|badge numbers",
    "audit rights": r"may inspect|examine the records|opens its test records",
    "intellectual property": r"Rights in drawings|lasting right|Designs, manuals",
    "保密": r"信息保密|属于秘密|转交他人",
    "不可抗力": r"五个工作日内通知|政府行为|无人能够避免",
    "保险": r"产品责任险|财产损害投保|持有涵盖",
    "个人信息保护": r"处理.*个人信息|工牌号",
    "审计权": r"检查.+账簿|查阅发票|账目",
    "知识产权": r"软件的权利|长期使用|为.+产生的设计",
}


def has_clause(text: str, rule: str, language: str) -> bool:
    topic = PATTERNS[language].clause_rule.search(rule)
    assert topic is not None
    return re.search(CLUES[topic[1]], text) is not None


def deliveries_differ(text: str, language: str) -> bool:
    patterns = PATTERNS[language]
    got = Counter[str]()
    for item, n in patterns.delivered.findall(text):
        got[item] += int(n)
    side = re.search(
        r"delivers (?P<n>\d+) of item (?P<item>\d+) on" if language == "en" else r"交付项目(?P<item>\d+)共(?P<n>\d+)，",
        text,
    )
    assert side is not None
    got[side["item"]] += int(side["n"])
    return any(got[item] != int(n) for item, n in patterns.ordered.findall(text))


GOLDEN = {"en": "5d77b2f6a34f9e6c", "zh": "6ffcb27b282ce451"}
