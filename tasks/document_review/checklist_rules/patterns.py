"""The patterns of both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .words import Patterns

__all__ = ["MONTHS", "PATTERNS"]

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_FORMS = "Pte Ltd|Ltd|plc|GmbH|AG|BV|AB"
_NUMBER = r"(\d[\d,]*)"

PATTERNS: Mapping[str, Patterns] = {
    "en": Patterns(
        payment_rule=re.compile(r"payable within (\d+) days"),
        clause_rule=re.compile(r"has a clause on ([a-z ]+);"),
        law_rule=re.compile(r"governed by the law of ([A-Za-z ]+)\."),
        liability_rule=re.compile(r"no less than (\d+) %"),
        figures=re.compile(rf"(?:EUR|USD|GBP) {_NUMBER}"),
        words=re.compile(r"((?:[a-z]+(?:-[a-z]+)? )+)(?:euros|US dollars|pounds sterling)"),
        payment=re.compile(r"(?:within|no later than) (\d+) days (?:of receipt|after it has received)"),
        party=re.compile(r"^(.+?), with its registered office", re.MULTILINE),
        name=re.compile(rf"(?:[A-Z][a-z]+ )+(?:{_FORMS})\b"),
        not_a_party="not a party",
        heading=re.compile(r"^\d+\. (.+)$", re.MULTILINE),
        law=re.compile(r"(?:governed by|^[\d.]+) ?[Tt]he law of ((?:the )?[A-Z][a-z]+)", re.MULTILINE),
        percent_cap=re.compile(r"(?:limited to|up to) (?:[A-Z]{3} [\d,]+ or to )?(\d+) % of the total price"),
        amount_cap=re.compile(rf"(?:limited to|up to) [A-Z]{{3}} {_NUMBER}"),
        total=re.compile(rf"^Total price \| .*? {_NUMBER}$", re.MULTILINE),
        date=re.compile(rf"(?P<day>\d+) (?P<month>{'|'.join(MONTHS)}) (?P<year>\d{{4}})"),
        months=re.compile(r"(?:lasts|for) (\d+) months"),
        ordered=re.compile(r"^(\d+) \| [a-z -]+ \| (\d+) \|", re.MULTILINE),
        delivered=re.compile(r"item (\d+): (\d+)"),
    ),
    "zh": Patterns(
        payment_rule=re.compile(r"收到发票之日起(\d+)日"),
        clause_rule=re.compile(r"包含关于(.+?)的条款"),
        law_rule=re.compile(r"文件适用(.+?)法律"),
        liability_rule=re.compile(r"不低于总价的(\d+)%"),
        figures=re.compile(rf"人民币{_NUMBER}元"),
        words=re.compile(r"人民币([零壹贰叁肆伍陆柒捌玖拾佰仟万]+)元整"),
        payment=re.compile(r"收到发票(?:之日起|后)(\d+)日"),
        party=re.compile(r"^(.+?)，注册地址", re.MULTILINE),
        name=re.compile(r"(?:^|(?<=至)|(?<=达)|(?<=：))[一-鿿]+?(?:股份有限公司|有限责任公司|有限公司)", re.MULTILINE),
        not_a_party="不是当事人",
        heading=re.compile(r"^\d+\. (.+)$", re.MULTILINE),
        law=re.compile(r"(?:适用|受)((?!.*注册地)[一-鿿]+?)法律"),
        percent_cap=re.compile(r"(?:以|最高为|或)总价的(\d+)%"),
        amount_cap=re.compile(rf"(?:责任以|最高为)人民币{_NUMBER}元"),
        total=re.compile(rf"^总价 \| .*?{_NUMBER}元$", re.MULTILINE),
        date=re.compile(r"(?P<year>\d{4})年(?P<month>\d+)月(?P<day>\d+)日"),
        months=re.compile(r"(?:为期|有效期)(\d+)个月"),
        ordered=re.compile(r"^(\d+) \| [一-鿿]+ \| (\d+) \|", re.MULTILINE),
        delivered=re.compile(r"项目(\d+)：(\d+)"),
    ),
}
