"""Patterns by which an option is found in what a language model wrote: heads, denials, names; read by ``answer_text``.

Texts are matched as ``answer_text`` makes them plain: full-width characters as narrow ones, no marks of emphasis.
"""

from __future__ import annotations

import re

__all__ = [
    "AFTERTHOUGHT",
    "AROUND",
    "ASKED",
    "BETWEEN",
    "CALLED_WRONG",
    "CONFIRMED",
    "DENIED_AFTER",
    "DENIED_BEFORE",
    "FILLER",
    "HEAD",
    "JOINED",
    "MARKED",
    "MENTIONED",
    "NAMED_AFTER",
    "NAMED_BEFORE",
    "NEAR",
    "NOT_CHOSEN",
    "NO_HEAD",
    "NO_NOUNS",
    "ONLY_IF",
    "QUOTES",
    "SENTENCE",
    "SUPPOSED",
]

NEAR = 48  # characters before an option or a head in which what takes it back stands
SENTENCE = 200  # characters before a head in which its sentence begins
AROUND = " \t\r\n\"'“”‘’「」『』【】《》()[]{}<>.,:;!?。、,!~-"

_QUOTES = r"[\s\"'“”‘’「『【《(\[{<]*"
_CLOSING = r"[\"'”’」』】》)\]}>]*"
_COPULA = r"(?:is|would be|should be|must be)\b\s*:?"
_ZH_COPULA = r"(?:应该|应当|应)?(?:是|为|选)\s*:?"
QUOTES = re.compile(_QUOTES)

HEAD = re.compile(
    r"(?P<box>\\boxed\s*\{\s*(?:\\(?:text|textbf|mathrm|mathbf)\s*\{)?)"
    r"|\b(?:answer|verdict|conclusion|(?:(?:correct|right|best|final|answer)\s+)+(?:choice|option))s?"
    rf"\s*(?:{_COPULA}|(?P<colon>[:=]))"
    r"|(?:答案|结论|答|回答|(?<![不非])(?:正确|最终|最佳)的?(?:选项|选择))"
    rf"\s*(?:{_ZH_COPULA}|(?P<mark>[:=]|】:?))"
    r"|(?P<verb>(?:故|综上,?|综上所述,?|本题|最终)(?:应该|应当|应)?选(?!项|择))"
    rf"|(?P<weak>\b(?:choice|option)\s*(?:{_COPULA}|(?P<weak_colon>[:=]))"
    rf"|(?:选项|选择)\s*(?:{_ZH_COPULA}|(?P<weak_mark>[:=]))"
    r"|(?<!不)正确的(?:是|为)\s*:?"
    r"|(?:因此|所以|应该|应当|应|可|则)?选(?!项|择))",
    re.IGNORECASE,
)
"""What says that an answer follows. A ``weak`` one also says so of options that are discussed behind the answer."""

NO_HEAD = re.compile(
    r"(?:\b(?:wrong|incorrect|false|mistaken|erroneous|other|second|second-best|runner-up"
    r"|another|remaining|tempting|rejected|popular|common)"
    r"(?:[ \t]+(?:possible|answer|wrong|incorrect))?[ \t]+"
    r"|\ban[ \t]+|\bnot[ \t]+(?:(?:the|a|an|my)[ \t]+)?"
    r"|(?:错误?|有误|不正确|误|干扰|其他|其它|其余|另一?|剩余|常见|迷惑)的?(?:一?个)?)$",
    re.IGNORECASE,
)
"""Before a head: it tells of another option than the answer. Not asked before "故选": "A有误故选B"."""

NOT_CHOSEN = re.compile(r"(?:没有|无法|[不别勿未没误错漏候易])(?:应该|应当|应|能够?|可以|可|得|会|要|宜|必|该)*$")
"""Before "选": "不应选A"."""

SUPPOSED = re.compile(
    r"(?:\b(?:if|whether|unless|suppose|supposing|assuming)\b"
    r"|\b(?:some|someone|somebody|many|others|people|one|students|readers|you)\b(?:[ \t]+\w+){0,2}?[ \t]+"
    r"(?:think|say|argue|assume|believe|claim|conclude|object|suggest)s?\b"
    r"|\b(?:tempting|mistake|wrong|mistaken)[ \t]+to\b"
    r"|若(?!干)|如果|假如|假设|倘若|即使|即便|(?<![主需重只])要是|是否|能否"
    r"|(?<!没)有(?:些|的)?(?:人|同学|考生|学生|观点)|(?:很多|许多|不少)人|误以为|误认为"
    r"|(?:考生|学生|同学)(?:们|会|可能|容易|往往|常))[^,.;:!?。\n]*$",
    re.IGNORECASE,
)
"""In the clause before a head: what follows is supposed, asked or said by others."""

AFTERTHOUGHT = re.compile(
    r"(?:(?<!\beven )\bif|\bunless|\bsupposing|\bassuming|若(?!干)|如果|假如|假设|倘若)(?![A-Za-z])[^.;!?。\n]*$",
    re.IGNORECASE,
)
"""In the sentence before a head: behind an answer that is marked as one, this tells of another case."""

ONLY_IF = re.compile(r"[^.;。\n]{0,40}?(?:\b(?:if|had|unless)\b|(?:的话))", re.IGNORECASE)
"""Behind "the answer would be A": a case that is not there."""

FILLER = re.compile(
    rf"(?:{_QUOTES}(?:therefore|thus|hence|clearly|most likely|the|option|choice|letter|选项|选择|选)(?![A-Za-z]))*"
    rf"{_QUOTES}",
    re.IGNORECASE,
)

_LINKS = (
    r"(?:[ \t]+(?:a|an|the|any|be|been|it|it's|is|was|that|this|to|of|whether|if|option|choice|answer|letter|one"
    r"|options|choices|sure|certain|convinced|clear|true|think|believe|mean|say|case|real|direct|outright|logical|full"
    r"|strict|actual|explicit|express|implicit|apparent|obvious|evidence|sign"
    r"|constitute|create|amount|represent|establish|indicate|imply|show|contain|involve"
    r"|support|choose|select|pick|go|with|as|\w+ly)(?!['\w]))*"
)
_ZH_LINKS = (
    r"(?:是|为|属于|构成|存在|包含|代表|意味着|形成|算|应该|应当|应|能够?|可以|可|会|得|宜|该|要|必|一定|选择?|认为|确定|清楚"
    r"|知道|是否|答案|认定|了|掉)*"
)
_WRONG_ONES = r"(?:answer|option|choice|one|response|statement)s?"

DENIED_BEFORE = re.compile(
    r"(?:(?:\bnot|\bno|\bnever|\bcannot|n't|\bneither|\bnor|\bif|\bwhether|\bexcept(?:[ \t]+for)?|\bexclud\w*"
    r"|\beliminat\w*|\breject\w*|\brul\w+[ \t]+out|\b(?:rather|other)[ \t]+than|\binstead[ \t]+of"
    r"|\b(?:apart|aside|far)[ \t]+from"
    r"|\bshort[ \t]+of|\bhardly|\bwithout|\b(?:I|we)[ \t]+doubt|\b(?:mistake|wrong)[ \t]+to"
    r"|\b(?:anything|everything|all|any|anyone)[ \t]+but"
    rf"|(?:\b(?:wrong|incorrect|false|mistaken)|\bnot[ \t]+the[ \t]+(?:best|right|correct))(?:[ \t]+{_WRONG_ONES})?"
    rf"[ \t]*(?:(?:is|are|was|would[ \t]+be)\b|:)){_LINKS}"
    rf"|(?:排除|剔除|并非|而非|没有|无法|难以|避免|如果|假如|倘若|若(?!干)|是否|能否|(?<!解)除了?"
    rf"|[不未非勿没无]|误(?=选|认)|(?<![类级性区])别){_ZH_LINKS}\s*(?:选?项)?"
    r"|(?:错误?|有误|不正确)(?:的(?:选?项|答案|说法|表述|选择)?|选?项|答案|说法|选择)(?:是|为|:)\s*(?:选?项)?)"
    r"[ \t\"'“”‘’「『【《(\[{<]*$",
    re.IGNORECASE,
)
DENIED_AFTER = re.compile(
    rf"{_CLOSING}\s*(?:这一?个?)?(?:选?项)?(?:的?说法)?"
    r"\s*(?:(?:is|are|was|seems|looks|can|could|may|might|must|should|does|did|would)(?:\b|(?=n't)))?\s*(?:be\b)?"
    r"\s*(?:(?:also|both|all|\w+ly)\b)?\s*(?:(?:the|an?)\b)?"
    r"\s*(?:是|为|也|均|都|就|则|便|并|应当?|可以?|被|明显|显然|存在){0,3}"
    r"(?:not\b|n't|cannot|wrong\b|incorrect\b|false\b|untrue\b|too\b|(?:ruled out|excluded|eliminated|rejected)\b"
    r"|错|不|有误|排除|以外|之外|除外|吗|还是选?(?=[A-Z]))",
    re.IGNORECASE,
)
CALLED_WRONG = re.compile(
    rf"{_CLOSING}\s*(?:选?项)?\s*(?::|-+|—+|→)\s*(?:wrong|incorrect|false|错误?|不正确|有误)\s*(?:[.,;。、\n)]|$)",
    re.IGNORECASE,
)
"""Behind an option of a list: "A: wrong. B: correct." """
JOINED = re.compile(
    rf"{_CLOSING}\s*(?:选?项)?\s*(?:(?P<either>,?\s*\bn?or\b|/|、|和|或者?|以?及|与)|(?P<both>,?\s*\band\b|&)|,)"
    rf"(?:\s*(?:an?|the|options?|choices?)\b)*{_QUOTES}(?:选?项)?",
    re.IGNORECASE,
)
"""Between two options that are denied together: "neither A nor B", "A, B and C are wrong"."""

CONFIRMED = re.compile(
    r"[\"'”’)\]}>]*\s*(?:选?项)?\s*(?:(?:is|是|为)\s*(?:the\s*)?)?(?:correct|right|正确|对的)(?!\w*率)", re.IGNORECASE
)
BETWEEN = re.compile(r"[\"'”’)\]}>]*\s*(?:,|/|;|、|&|\bor\b|\band\b|和|或者?|及|与|以及)?\s*" + _QUOTES, re.IGNORECASE)
ASKED = re.compile(r"(?:,?\s*(?:还是|\bor\b))?[^,.;:!?。\n]{0,80}\?", re.IGNORECASE)
"""Behind an option: its clause is a question."""
MENTIONED = re.compile(
    r"[\"'”’)]*\s*(?:\b(?:would|only|always|also)\s+)?"
    r"(?:\b(?:requires?|needs?|demands?|presupposes?|refers?\s+to|is\s+(?:when|where|defined))\b|需要|要求|是指|指的是)",
    re.IGNORECASE,
)
"""Behind an option in words: it is explained, not chosen."""
MARKED = re.compile(r"(?:的|项)?\s*[\"'”’)\]}>]*\s*(?:[.,:;!。、\n)]|$)")

_PLACE = (
    "section|clause|article|annex|exhibit|schedule|part|appendix|paragraph|attachment|class|series|company|person"
    "|seller|buyer|plaintiff|defendant|tenant|landlord|lender|borrower|bidder|supplier|vendor|contractor|customer|bank"
    "|vitamin|hepatitis|influenza|plan|grade|tier|tranche|phase|zone|lot|unit|block|building|tower|table|figure|form"
)
_NUMBER = r"[ \t]+[\"'“(]*(?:[\dIVX.]+[.(\-])?"
_AND = r"(?:&|\band\b|\bor\b|/)"
NAMED_BEFORE = re.compile(
    rf"\b(?:(?:{_PLACE}|party){_NUMBER}(?:(?-i:[A-Z])[\"'”)]*[ \t]*{_AND}[ \t]*)*"
    rf"|(?:(?:{_PLACE})s|parties){_NUMBER}(?:(?-i:[A-Z])[\"'”)]*[ \t]*(?:,[ \t]*{_AND}|,|{_AND})[ \t]*)*)[\"'“(]*$"
    r"|\d\($|(?:第|附件|附录|附表|公司)[\"“(]*(?:[A-Z][、和与及])*$",
    re.IGNORECASE,
)
NAMED_AFTER = re.compile(
    r"(?P<blank>[ \t]*)(?:[、和与及][A-Z])*(?P=blank)(?:两|三|各)?(?:家|个)?"
    r"(?:公司|某|厂|地块|房屋|银行|集团|企业|方(?![案面法式向])|款(?![项式])|条(?![件款约例]))"
)
"""What makes a letter the name of a party or of a passage: "Party A", "Sections A and B", "A公司", "第A条"."""

NO_NOUNS = re.compile(
    r"(?:is|isn't|was|because|since|as|for|or|and|not|but|if|so|that|when|where|which|with|by|from|in|on|over|under|at|per"
    r"|based|according|given|due|rather|therefore|here|only|alone|correctly|best|seems|appears|would|should|must|may|will"
    r"|can|cannot|can't|does|doesn't|has|applies|fits|matches|states|says|describes|captures|reflects|follows)"
)
"""Words that stand behind a letter, not behind an article: "A is", "A under Article 5"."""
