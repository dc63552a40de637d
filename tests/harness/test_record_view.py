"""What ``sectorbench show`` tells of a record beside its numbers."""

from __future__ import annotations

from sectorbench.harness.record_view import print_record


def test_what_a_model_chose_stands_a_line_each_under_one_name(toy_run, tmp_path, capsys):
    _, outcome, _ = toy_run("half")
    record = next(iter(outcome.records.values()))
    chosen = {
        "reads": "pair",
        "unknown tokens": "545 of 593 (91.9%) of the texts",
        "texts come back from tokens as": "'one\ntwo'\x1b[31m",
    }
    changed = record.model_copy(update={"protocol": record.protocol.model_copy(update={"choices": chosen})})
    print_record(changed, tmp_path)
    lines = capsys.readouterr().out.splitlines()
    first = lines.index("choices  reads: pair")
    assert lines[first + 1 : first + 3] == [
        "         unknown tokens: 545 of 593 (91.9%) of the texts",
        r"         texts come back from tokens as: 'one\ntwo'\x1b[31m",
    ]
    print_record(record, tmp_path)
    assert "choices" not in capsys.readouterr().out
