"""Labels of a receipt, and of what a record says of signature and private copy, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from ..harness.text import Text

__all__ = ["RECEIPT_TEXTS"]

RECEIPT_TEXTS: Mapping[str, Text] = {
    "env_signature": Text("Vendor's signature", "供应商签名"),
    "signature_verified": Text("verified by {way}: {signer}", "已用{way}验证：{signer}"),
    "signature_not_checked": Text(
        "there is one, but no key was given to verify it with", "附有签名，但未提供用于验证的密钥"
    ),
    "signed_with.key": Text("public key", "公钥"),
    "signed_with.certificate": Text("certificate", "证书"),
    "env_exchange": Text("Inputs and answers, by the laboratory's clock", "输入与答案的往来（以实验室时钟为准）"),
    "env_commitment": Text("Commitment to secret, inputs and references", "对密钥、输入与参考答案的承诺"),
    "exchange_window": Text(
        "inputs handed out {exported}, answers returned {returned} (UTC): {hours} hours",
        "输入于 {exported} 发出，答案于 {returned} 返回（UTC），相隔 {hours} 小时",
    ),
    "exchange_returned": Text(
        "answers returned {returned} (UTC); the inputs were handed out elsewhere",
        "答案于 {returned} 返回（UTC）；输入由他处发出",
    ),
    "exchange_returns": Text(
        "different answers of this model that came for these inputs: {n}", "该模型对这些输入先后返回的不同答案：{n} 份"
    ),
    "exchange_scored": Text(
        "scored after {model} earlier returns of this model, {vendor} of this vendor, {everybody} in all",
        "评分之前，该模型已有 {model} 份答案评过分，该供应商 {vendor} 份，全部 {everybody} 份",
    ),
    "exchange_reason": Text("why a further return was scored: {reason}", "再次评分的理由：{reason}"),
    "exchange_identical": Text(
        "the answers are those of {model} by {vendor}, which came {returned} (UTC)",
        "答案与 {vendor} 的 {model}（{returned} UTC 返回）完全相同",
    ),
    "exchange_alike": Text(
        "{share} % of the answers are, nearly, those of {model} by {vendor}, which came {returned} (UTC)",
        "{share}% 的答案与 {vendor} 的 {model}（{returned} UTC 返回）几乎相同",
    ),
    "scored_after": Text("scored after {n} earlier returns of its vendor", "该供应商此前已有 {n} 份答案评过分"),
    "not_known": Text("not known", "未知"),
    "exchange_rerun": Text(
        "asked again: {asked} inputs, of which {differing} had another answer",
        "再次提问 {asked} 个输入，其中 {differing} 个答案不同",
    ),
    "env_copy": Text("Private copy of the model", "模型的私有副本"),
    "vendor_copy.work": Text("in the work folder of the results", "位于结果的工作文件夹"),
    "vendor_copy.memory": Text("in memory, never on disk", "仅在内存中，从未写入磁盘"),
    "vendor_copy.temporary": Text("in a temporary folder of one user", "位于仅限单个用户的临时文件夹"),
    "vendor_copy.in_place": Text("none was made; the files were read where they are", "未制作副本，文件就地读取"),
    "copy_removed": Text("made {made}, removed {removed} (UTC)", "制作于 {made}，删除于 {removed}（UTC）"),
    "copy_unknown": Text(
        "made {made} (UTC); the run ended before it could tell of its removal",
        "制作于 {made}（UTC）；运行在能够记录其删除之前即已终止",
    ),
    # The receipt
    "receipt_title": Text("Receipt: {model}", "回执：{model}"),
    "receipt_lead": Text(
        "What was run, by which code, with what result and at what cost, from the records alone. Every digest can be "
        "computed again by whoever has the files.",
        "仅依据记录列明：运行了什么、由何代码运行、结果与代价如何。任何持有相关文件者均可重新计算各项摘要。",
    ),
    "receipt_task": Text("Task", "任务"),
    "receipt_partial": Text(
        "only a part of the test set of {rows} rows was run: a trial, never published",
        "测试集共 {rows} 行，仅运行了一部分：属试运行，不予公布",
    ),
    "receipt_found": Text("Found", "具体情况"),
    "receipt_references": Text("Digest of the references", "参考答案摘要"),
    "receipt_units": Text("Digest of the units", "单元摘要"),
    "receipt_record": Text("Digest of the record", "记录摘要"),
    "receipt_key": Text("Key of the record", "记录的键"),
    "receipt_submission": Text("Digest of the submission", "提交摘要"),
    "receipt_digest": Text("Digest of this receipt", "本回执摘要"),
    "receipt_checked": Text("Computed again for this receipt", "为本回执重新计算"),
    "receipt_unchecked": Text("Not computed again", "未能重新计算"),
    "receipt_taken": Text("Taken as the record says it, by field", "照录自记录的字段"),
    "receipt_not_tied": Text(
        "and that what follows is this model's, which running it again would show: {fields}",
        "以及下列字段确属该模型（重新运行方可查证）：{fields}",
    ),
    "checked.card": Text(
        "what the task and the adapter leave no choice in: floor, access, interface, prompts, lane, trust",
        "由任务与适配器决定的内容：基线下限、数据权限、接口、提示词、通道与信任方式",
    ),
    "checked.no_result": Text("it failed with a known code and has no figures", "以已知代码失败，且不含任何数值"),
    "checked.returned_key": Text(
        "the key of the predictions follows from inputs and predictions", "预测的键可由输入与预测得出"
    ),
    "checked.test_set": Text(
        "inputs and references, drawn again from the task, have their digests",
        "由任务重新生成的输入与参考答案与其摘要一致",
    ),
    "checked.scores": Text(
        "its predictions, scored again, give these units, figures and pictures",
        "对其预测重新评分，得到相同的单元、数值与图示",
    ),
    "checked.exchange": Text(
        "the laboratory remembers these times and returns", "实验室留存的往来时间与返回次数与此一致"
    ),
    "unchecked.sealed": Text(
        "the test set: it was drawn from a secret; give it with --secret-file FILE",
        "测试集：由密钥生成，请以 --secret-file FILE 给出",
    ),
    "unchecked.no_data": Text(
        "the test set: the task's data are not here, or damaged; see: sectorbench data list",
        "测试集：此处没有该任务的数据，或数据已损坏；参见 sectorbench data list",
    ),
    "unchecked.not_drawn": Text("the test set: it was not drawn again", "测试集：未重新生成"),
    "unchecked.no_test_set": Text("the scores: the test set is not at hand", "得分：没有可用的测试集"),
    "unchecked.no_predictions": Text(
        "the scores: the predictions are not kept here; give them with --predictions FILE",
        "得分：此处未保存预测，请以 --predictions FILE 给出",
    ),
    "unchecked.no_class": Text(
        "the key of the predictions: what ran them is no adapter or builtin of this suite",
        "预测的键：运行者不是本套件的适配器或内置模型",
    ),
    "unchecked.no_memory": Text(
        "times and number of returns: this result folder did not hand the inputs out",
        "往来时间与返回次数：输入并非由此结果文件夹发出",
    ),
    "checked.units": Text("the units beside the record have the digest that it names", "记录旁的单元与其所列摘要一致"),
    "checked.figures": Text("values, counts and slices follow from the units", "数值、计数与分组均可由单元得出"),
    "checked.intervals": Text("intervals follow from the units", "区间可由单元得出"),
    "checked.record_key": Text(
        "the key follows from task, references, model and predictions", "记录的键可由任务、参考答案、模型与预测得出"
    ),
    "checked.prediction_key": Text(
        "the key of the predictions follows from inputs, model, adapter and settings",
        "预测的键可由输入、模型、适配器与设置得出",
    ),
    "checked.predictions": Text("the predictions have their digest", "预测与其摘要一致"),
    "receipt_again": Text("How to make it again", "如何重复"),
}
