"""Labels of pictures that show answers themselves: confusions of classes, and questions with what was answered."""

from __future__ import annotations

from collections.abc import Mapping

from ..harness.text import Text

__all__ = ["ANSWER_TEXTS"]

ANSWER_TEXTS: Mapping[str, Text] = {
    "exhibits_scale.confusion": Text("All answer the same test set.", "均回答同一测试集。"),
    "exhibits_scale.answer": Text("All answer the same question.", "均回答同一问题。"),
    # Confusions of classes
    "confusion_right": Text("{right} of {n} named rightly ({share} %)", "{n} 个中判对 {right} 个（{share} %）"),
    "confusion_key": Text(
        "A row is a class as it is, a column what it was taken for. What was named rightly stands on the diagonal, in "
        "a frame; all else is a mistake.",
        "每行为真实类别，每列为被判成的类别。判对的位于对角线上，加框；其余均为误判。",
    ),
    "confusion_key_few": Text("Each cell holds its share of the row, and the count.", "每格为占该行的比例及个数。"),
    "confusion_key_many": Text(
        "Columns have the numbers of the rows. Each cell holds its share of the row in per cent; nothing stands for "
        "never.",
        "列号与行号一致。每格为占该行的百分比；空白表示从未发生。",
    ),
    "confusion_key_colours": Text("The darker, the greater the share.", "颜色越深，占比越大。"),
    "confusion_shade.1": Text("under 10 %", "不足 10 %"),
    "confusion_shade.2": Text("from 10 %", "10 % 起"),
    "confusion_shade.3": Text("from 25 %", "25 % 起"),
    "confusion_shade.4": Text("from 50 %", "50 % 起"),
    "confusion_matrix": Text("{title}: true classes in rows", "{title}：行为真实类别"),
    "confusion_total": Text("all", "合计"),
    "confusion_as": Text("taken for {name}", "判为{name}"),
    "confusion_of": Text("{count} of {total}", "{count} / {total} 次"),
    "confusion_nothing": Text("no usable answer", "无可用回答"),
    "confusion_nothing_short": Text("–", "–"),
    "confusion_pairs": Text("{title}: the most frequent confusions", "{title}：最常见的混淆"),
    "confusion_none": Text("No class is taken for another one.", "没有任何类别被误判为其他类别。"),
    "confusion_classes": Text("Table of the classes ({n})", "各类别列表（{n}）"),
    "confusion_classes_caption": Text("{title}: what came of each class", "{title}：各类别的结果"),
    "confusion_times": Text("{name} ({n})", "{name}（{n}）"),
    "col_class": Text("Class", "类别"),
    "col_true_class": Text("True class", "真实类别"),
    "col_taken_for": Text("Taken for", "被判为"),
    "col_how_often": Text("How often", "次数"),
    "col_class_share": Text("Share of the true class", "占真实类别的比例"),
    "col_class_total": Text("In the test set", "测试集中个数"),
    "col_class_found": Text("Named rightly, %", "判对的占比（%）"),
    "col_class_right": Text("Right among those named so, %", "判为该类者中正确的占比（%）"),
    "col_most_taken_for": Text("Most often taken for (times)", "最常被判为（次数）"),
    # Questions with what was answered
    "answer_key.ranked": Text(
        "The first of the list as the model orders it, with their places; places that equal scores share are a range.",
        "按该模型的排序列出前几条，并注明名次；同分者共占一段名次。",
    ),
    "answer_key.quoted": Text(
        "First the passages that experts marked, then quotes that match none of them.",
        "先列出专家标注的片段，再列出与之均不匹配的引述。",
    ),
    "answer_key.chosen": Text(
        "All options with the probability that the model gives each.", "全部选项及该模型给出的概率。"
    ),
    "answer_ranked": Text("{found} of the first {n} right.", "前 {n} 条中有 {found} 条正确。"),
    "answer_ranked_all": Text(
        "{right} of all {items} are right; places of those shown: {places}.",
        "全部 {items} 条中有 {right} 条正确；所示正确条目的名次：{places}。",
    ),
    "answer_further": Text("Right ones further down ({n})", "其后的正确条目（{n}）"),
    "answer_quoted": Text(
        "{found} of {right} marked passages found, false quotes: {wrong}.",
        "{right} 个标注片段中找到 {found} 个，错误引述 {wrong} 个。",
    ),
    "answer_chosen.1": Text("answered rightly", "回答正确"),
    "answer_chosen.0": Text("answered wrongly", "回答错误"),
    "answer_unread": Text("The answer quotes nothing and does not say so.", "回答既未引述，也未说明没有。"),
    "answer_items": Text("{title}: what was answered", "{title}：回答情况"),
    "answer_items_further": Text("{title}: right ones further down", "{title}：其后的正确条目"),
    "answer_places": Text("{first} to {last}", "{first} 至 {last}"),
    "answer_grade": Text("{grade} of {grades}", "{grade} 分 / {grades} 分"),
    "answer_ranked_said.11": Text("right", "正确"),
    "answer_ranked_said.10": Text("right, further down", "正确，但靠后"),
    "answer_ranked_said.01": Text("wrong", "错误"),
    "answer_ranked_said.00": Text("wrong", "错误"),
    "answer_chosen_said.11": Text("right, chosen", "正确，已选"),
    "answer_chosen_said.10": Text("right, not chosen", "正确，未选"),
    "answer_chosen_said.01": Text("wrong, chosen", "错误，已选"),
    "answer_chosen_said.00": Text("wrong, not chosen", "错误，未选"),
    "answer_quoted_said.11": Text("marked, found", "已标注，已找到"),
    "answer_quoted_said.10": Text("marked, missed", "已标注，漏判"),
    "answer_quoted_said.01": Text("quoted, not marked", "引述但未标注"),
    "answer_quoted_said.00": Text("neither", "均无"),
    "col_place": Text("Place", "名次"),
    "col_grade": Text("Grade", "评分"),
    "col_probability": Text("Probability", "概率"),
    "col_item": Text("Text", "文本"),
}
