"""Chinese names of classes that the data name in English: clause categories of CUAD, failure modes of work orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...harness.text import Text

__all__ = ["CHINESE_CATEGORIES", "CHINESE_FAILURES", "class_titles"]

CHINESE_CATEGORIES: Mapping[str, str] = {
    "Effective Date": "生效日期",
    "Expiration Date": "到期日",
    "Renewal Term": "续约期限",
    "Notice Period to Terminate Renewal": "终止续约的通知期",
    "Governing Law": "适用法律",
    "Most Favored Nation": "最惠待遇",
    "Competitive Restriction Exception": "竞争限制的例外",
    "Non-Compete": "竞业禁止",
    "Exclusivity": "排他性",
    "No-Solicit of Customers": "不得招揽客户",
    "No-Solicit of Employees": "不得招揽员工",
    "Non-Disparagement": "不得贬损",
    "Termination for Convenience": "任意终止",
    "Rofr/Rofo/Rofn": "优先购买、报价与谈判权",
    "Change of Control": "控制权变更",
    "Anti-Assignment": "禁止转让",
    "Revenue/Profit Sharing": "收入或利润分成",
    "Price Restrictions": "价格限制",
    "Minimum Commitment": "最低承诺",
    "Volume Restriction": "数量限制",
    "IP Ownership Assignment": "知识产权归属转让",
    "Joint IP Ownership": "知识产权共有",
    "License Grant": "许可授予",
    "Non-Transferable License": "不可转让许可",
    "Affiliate License-Licensor": "许可方关联方许可",
    "Affiliate License-Licensee": "被许可方关联方许可",
    "Unlimited/All-You-Can-Eat-License": "无限量许可",
    "Irrevocable or Perpetual License": "不可撤销或永久许可",
    "Source Code Escrow": "源代码托管",
    "Post-Termination Services": "终止后的服务",
    "Audit Rights": "审计权",
    "Uncapped Liability": "无上限责任",
    "Cap on Liability": "责任上限",
    "Liquidated Damages": "约定违约金",
    "Warranty Duration": "保修期限",
    "Insurance": "保险",
    "Covenant Not to Sue": "不起诉承诺",
    "Third Party Beneficiary": "第三方受益人",
}

CHINESE_FAILURES: Mapping[str, str] = {
    "Abnormal instrument reading": "仪表读数异常",
    "Breakdown": "故障停机",
    "Contamination": "污染",
    "Electrical": "电气故障",
    "Erratic output": "输出不稳",
    "Fail to close": "无法关闭",
    "Fail to function": "无法工作",
    "Fail to open": "无法打开",
    "Failure to rotate": "无法转动",
    "Failure to start on demand": "无法按需启动",
    "Failure to stop on demand": "无法按需停止",
    "High output": "输出偏高",
    "Leaking": "泄漏",
    "Low output": "输出偏低",
    "Minor in-service problems": "轻微运行问题",
    "Noise": "异响",
    "Other": "其他",
    "Overheating": "过热",
    "Plugged / choked": "堵塞",
    "Spurious stop": "误停机",
    "Structural deficiency": "结构缺陷",
    "Vibration": "振动",
}


def class_titles(names: Sequence[str], chinese: Mapping[str, str]) -> tuple[Text, ...]:
    """Names of classes in both languages, in their order."""
    return tuple(Text(name, chinese[name]) for name in names)
