"""Every code that a check, a prediction or a run can end with: what it means and what to do, in both languages.

Codes never change their meaning; a new case gets a new code. SB1xx: the submission folder. SB2xx: the data and the
run. SB3xx: the predictions. SB4xx: what a task finds wrong in an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .answer_codes import ANSWER_CODES
from .code_entry import Code
from .submission_codes import SUBMISSION_CODES
from .text import Text

__all__ = ["CODES", "WORKER_CODES", "Code", "Problem"]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: its code, where it is (file and field, or row), and what was found."""

    code: str
    where: str
    found: str

    def __str__(self) -> str:
        return f"{self.code} {self.where}: {self.found}"

    @classmethod
    def parsed(cls, message: str) -> Problem:
        """``SB103 where: what`` as a problem; anything else as one of the manifest."""
        code, _, rest = message.partition(" ")
        where, separator, found = rest.partition(": ")
        return cls(code, where, found) if code in CODES and separator else cls("SB103", "submission.yaml", message)


_RUN: Mapping[str, Code] = {
    "SB201": Code(
        Text("data not available", "数据不可用"),
        Text(
            "sectorbench data fetch, or set SECTORBENCH_DATA to a mirror",
            "运行 sectorbench data fetch，或将 SECTORBENCH_DATA 指向镜像",
        ),
    ),
    "SB202": Code(
        Text("a data file is damaged or is another version", "数据文件损坏或版本不符"),
        Text("remove it and fetch it again", "请删除后重新获取"),
    ),
    "SB203": Code(
        Text("the model's process ended by itself", "模型进程自行终止"),
        Text(
            "read the worker's last lines in the record; run the model alone on practice data",
            "请查看记录中的进程末行；用练习数据单独运行模型",
        ),
    ),
    "SB204": Code(
        Text("the model ran out of memory", "模型内存不足"),
        Text("use a smaller batch (batch_rows=) or a larger machine", "请减小批量（batch_rows=）或使用更大内存的机器"),
    ),
    "SB205": Code(
        Text("the model ran out of time", "模型超时"),
        Text("raise executor.timeout_s or make the model faster", "请提高 executor.timeout_s 或加快模型"),
    ),
    "SB206": Code(
        Text("the model raised an error on an input", "模型处理输入时出错"),
        Text("read the error in the record; it names the input column", "请查看记录中的错误，其中指明输入列"),
    ),
    "SB207": Code(
        Text("the device that was promised is not there", "所承诺的设备不可用"),
        Text(
            "choose device=cpu, or leave it out: auto; torch may be a build without it, sectorbench doctor says so",
            "请选择 device=cpu，或省略该项（auto）；torch 可能未编入该设备支持，可用 sectorbench doctor 查看",
        ),
    ),
    "SB208": Code(
        Text("the model does not fit this task's inputs", "模型与该任务的输入不匹配"),
        Text(
            "mend what is named, or name the tasks it was made for under 'tasks' in submission.yaml",
            "请修正所指出之处，或在 submission.yaml 的 tasks 中列出模型所针对的任务",
        ),
    ),
    "SB209": Code(
        Text("the task could not make its inputs or score the answers", "任务无法生成输入或评分"),
        Text("read the error; it names the file or what is missing", "请查看错误信息，其中指明文件或所缺内容"),
    ),
    "SB210": Code(
        Text("the answers could not be written to the results folder", "无法将预测写入结果文件夹"),
        Text(
            "free space on its disk, or name another folder with --results; the same command goes on from there",
            "请清理磁盘空间，或用 --results 指定其他文件夹；重复同一命令即可继续",
        ),
    ),
    "SB211": Code(
        Text("the endpoint could not be reached, or would not answer", "无法连接端点，或端点不予应答"),
        Text(
            "start the server at options.url, run the same command again: what was answered today is not asked again",
            "请在 options.url 处启动服务器并重复同一命令：当天已获得的回答不再重复请求",
        ),
    ),
    "SB212": Code(
        Text("inputs that may not be sent to an endpoint", "输入不得发送至端点"),
        Text(
            "leave this task out, or say --allow-send where you may show its inputs to the server's owner",
            "请不要选择该任务；若您有权向服务器所有者出示其输入，请加上 --allow-send",
        ),
    ),
    "SB213": Code(
        Text(
            "the endpoint refused a request, or its answer is not of the API", "端点拒绝请求，或其应答不符合 API 格式"
        ),
        Text(
            "read the server's words in the record, or in its own log; mend url, model, api, the key or the limits in "
            "submission.yaml",
            "请查看记录中服务器的说明或服务器自身的日志，并修正 submission.yaml 中的 url、model、api、密钥变量或限额",
        ),
    ),
    "SB214": Code(
        Text("an endpoint at a host that is not public", "端点所在主机不是公网主机"),
        Text(
            "name a public host in submission.yaml; an operator who trusts the server says --allow-host HOST:PORT",
            "请在 submission.yaml 中填写公网主机；若运行方信任该服务器，请加上 --allow-host HOST:PORT",
        ),
    ),
    "SB215": Code(
        Text("the endpoint's key is not set here, or is another host's", "端点的密钥未设置，或属于其他主机"),
        Text(
            "set the variable that is named, with the host before the key, and run the same command again",
            "请设置所指出的环境变量（主机在前，密钥在后），然后重复同一命令",
        ),
    ),
    "SB220": Code(
        Text("the model started too many processes or threads", "模型启动的进程或线程过多"),
        Text(
            "start fewer, or raise sandbox.processes; a worker needs one process and a few threads per core",
            "请减少进程或线程，或提高 sandbox.processes；一个工作进程只需每核少量线程",
        ),
    ),
    "SB221": Code(
        Text("the model wrote more than it may", "模型写入的数据超出限额"),
        Text(
            "write nothing but the answers, or raise sandbox.written_gib",
            "除回答外请勿写入任何内容，或提高 sandbox.written_gib",
        ),
    ),
    "SB222": Code(
        Text("the model printed more than it may", "模型打印的内容超出限额"),
        Text("print nothing, or raise sandbox.printed_mib", "请勿打印输出，或提高 sandbox.printed_mib"),
    ),
    "SB223": Code(
        Text("the model tried what its isolation forbids", "模型尝试了隔离所禁止的操作"),
        Text(
            "use no network, no files but the model's own and no other processes; the record names the call",
            "请勿使用网络、模型自身以外的文件或其他进程；记录中指明了该操作",
        ),
    ),
    "SB224": Code(
        Text("the model wrote to its own files while it ran", "模型在运行时改写了自身的文件"),
        Text(
            "write nothing into the model's folder; at the levels bubblewrap and landlock it cannot be written to",
            "请勿向模型文件夹写入任何内容；在 bubblewrap 和 landlock 级别下该文件夹不可写",
        ),
    ),
}

CODES: Mapping[str, Code] = {**SUBMISSION_CODES, **_RUN, **ANSWER_CODES}

_LOADING = {"SB101", "SB103", "SB104", "SB105", "SB106", "SB107", "SB113", "SB117"}
_RUNNING = {"SB204", "SB206", "SB207", "SB208", "SB210", "SB221", "SB223"}
_OF_ENDPOINTS = {"SB211", "SB213", "SB214"}
_ANSWERING = {"SB301", "SB306", "SB310"}
WORKER_CODES = frozenset(_LOADING | _RUNNING | _OF_ENDPOINTS | _ANSWERING)
"""What a worker can tell of itself: a stranger's model runs in its process, so it has no say in what others find."""
