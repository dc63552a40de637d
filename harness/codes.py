"""Every code that a check, a prediction or a run can end with: what it means and what to do, in both languages.

Codes never change their meaning; a new case gets a new code. SB1xx: the submission folder. SB2xx: the data and the
run. SB3xx: the predictions. SB4xx: what a task finds wrong in an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .answer_codes import ANSWER_CODES
from .code_entry import Code
from .text import Text

__all__ = ["CODES", "Code", "Problem"]


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


_FOLDER_AND_RUN: Mapping[str, Code] = {
    "SB101": Code(
        Text("not a submission folder", "不是提交文件夹"),
        Text("give a folder that holds submission.yaml", "请给出包含 submission.yaml 的文件夹"),
    ),
    "SB102": Code(
        Text("submission.yaml is missing or cannot be read", "submission.yaml 缺失或无法读取"),
        Text("write one; see README, 'Submit a model'", "请编写该文件；参见 README“提交模型”"),
    ),
    "SB103": Code(
        Text("a field of submission.yaml is missing or wrong", "submission.yaml 的字段缺失或有误"),
        Text("mend the field that is named", "请修正所指出的字段"),
    ),
    "SB104": Code(
        Text("a file that the adapter needs is missing or empty", "适配器所需的文件缺失或为空"),
        Text("add the file under the name given", "请按给出的名称添加文件"),
    ),
    "SB105": Code(
        Text("a file of a kind that can run code, or a link", "文件类型可执行代码，或为链接"),
        Text("remove it; weights go in safetensors or skops files", "请删除；权重请用 safetensors 或 skops 文件"),
    ),
    "SB106": Code(
        Text("the model holds types that are not on our list", "模型包含不在许可清单中的类型"),
        Text("build the model from the listed scikit-learn types", "请仅用清单中的 scikit-learn 类型构建模型"),
    ),
    "SB107": Code(
        Text("the checkpoint does not load into its architecture", "检查点无法载入其架构"),
        Text("mend the file that is named, or save the model again", "请修正所指出的文件，或重新保存模型"),
    ),
    "SB108": Code(
        Text(
            "a file name that other systems, or readers, do not see as it is",
            "文件名在其他系统或读者看来并非其本来面目",
        ),
        Text(
            "rename it: letters, digits, '.', '_' and '-' are right; at most 200 bytes, no two alike but for case",
            "请重命名：字母、数字、“.”、“_”、“-”均可；路径不超过 200 字节，且不得仅以大小写区分",
        ),
    ),
    "SB109": Code(
        Text(
            "too many files, too large a folder, or a file that is mostly holes",
            "文件过多、文件夹过大，或文件为稀疏文件",
        ),
        Text(
            "leave only what the adapter reads; copy a sparse file anew; --max-gib raises the limit for check",
            "仅保留适配器读取的文件；请重新复制稀疏文件；check 的上限可用 --max-gib 提高",
        ),
    ),
    "SB110": Code(
        Text("a JSON file that not every reader reads alike", "JSON 文件无法被所有读取程序一致解读"),
        Text(
            "save it as JSON in UTF-8 without byte order mark: each key once, no NaN, at most 64 levels deep",
            "请保存为不带 BOM 的 UTF-8 JSON：键不重复，不含 NaN，嵌套不超过 64 层",
        ),
    ),
    "SB111": Code(
        Text("a safetensors file whose header and bytes do not fit each other", "safetensors 文件的头部与数据不符"),
        Text("copy it again, or save the model again with safetensors", "请重新复制，或用 safetensors 重新保存模型"),
    ),
    "SB112": Code(
        Text("a safetensors file that names a tensor twice, or very many", "safetensors 文件中张量重名或数量过多"),
        Text(
            "save the model again with safetensors, each tensor once", "请用 safetensors 重新保存模型，每个张量只存一次"
        ),
    ),
    "SB113": Code(
        Text("a type of numbers in a safetensors file that is not taken", "safetensors 文件中的数值类型不受支持"),
        Text("save the weights as float32, float16 or bfloat16", "请将权重保存为 float32、float16 或 bfloat16"),
    ),
    "SB114": Code(
        Text("weight files, and the index that lists them, do not fit each other", "权重文件与其索引不一致"),
        Text(
            "save the model again with save_pretrained into an empty folder, and copy all of it",
            "请用 save_pretrained 将模型重新保存到空文件夹，并完整复制",
        ),
    ),
    "SB115": Code(
        Text("weights that are NaN or infinite", "权重含 NaN 或无穷值"),
        Text("submit a checkpoint from before training diverged", "请提交训练发散之前的检查点"),
    ),
    "SB116": Code(
        Text("the config asks for a larger model than the weight files hold", "配置所描述的模型大于权重文件"),
        Text("submit the config.json that was saved with these weights", "请提交与这些权重一同保存的 config.json"),
    ),
    "SB117": Code(
        Text("a config that reaches for code, other weights or a library", "配置引用了代码、其他权重或程序库"),
        Text(
            "remove the field; merge adapters into their model and save whole weights as floats",
            "请删除该字段；适配器权重请合并入模型，并以浮点数保存完整权重",
        ),
    ),
    "SB118": Code(
        Text("an archive that unpacks to too much, or leads out of itself", "压缩文件解包后过大，或其成员路径越界"),
        Text("save the model again with skops.io.dump", "请用 skops.io.dump 重新保存模型"),
    ),
    "SB119": Code(
        Text(
            "the tokenizer does not load, or fails or is stuck on plain text",
            "分词器无法载入，或处理普通文本时出错或卡死",
        ),
        Text(
            "save it again with a fast tokenizer's save_pretrained; look at the patterns it splits by",
            "请用快速分词器的 save_pretrained 重新保存，并检查其切分用的正则表达式",
        ),
    ),
    "SB120": Code(
        Text("the tokenizer knows more tokens than the model has embeddings for", "分词器的词表大于模型的嵌入表"),
        Text(
            "submit the tokenizer of this model, or resize the embeddings and save both",
            "请提交该模型自身的分词器，或调整嵌入表大小后一并保存",
        ),
    ),
    "SB121": Code(
        Text("the chat template fails, is too large, or does not come to an end", "对话模板出错、过大，或无法结束"),
        Text(
            "mend chat_template.jinja: it must render three short messages within a second",
            "请修正 chat_template.jinja：须能在一秒内渲染三条短消息",
        ),
    ),
    "SB122": Code(
        Text("the model's labels are not the classes of a task that it names", "模型的标签与其所列任务的类别不符"),
        Text(
            "name the task's classes in id2label in their order, or say under options.labels which label is which",
            "请在 id2label 中按顺序写出任务的类别，或在 options.labels 中说明各标签的含义",
        ),
    ),
    "SB123": Code(
        Text("text that could pass for something else on a page", "文本可能在网页上冒充其他内容"),
        Text(
            "use plain text of at most 200 characters, without tags, control characters or changes of direction",
            "请使用不超过 200 字符的纯文本，不含标签、控制字符或文字方向控制符",
        ),
    ),
    "SB124": Code(
        Text(
            "the look at a file took too much time or memory, or did not survive it",
            "检查某文件时耗时或内存过多，或检查进程崩溃",
        ),
        Text(
            "save the file again with the library's own function; if it is sound, report it",
            "请用相应程序库自带的函数重新保存；若文件无误，请向我们报告",
        ),
    ),
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
        Text("choose device=cpu, or repair the driver", "请选择 device=cpu，或修复驱动"),
    ),
    "SB208": Code(
        Text("the model does not fit this task's inputs", "模型与该任务的输入不匹配"),
        Text(
            "name the tasks it was made for under 'tasks' in submission.yaml",
            "请在 submission.yaml 的 tasks 中列出模型所针对的任务",
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
            "run the same command again today: what was answered is kept and not asked again",
            "请在当天重复同一命令：已获得的回答会保留，不再重复请求",
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
            "read the server's words in the record; mend url, model, api, the key or the limits in submission.yaml",
            "请查看记录中服务器的说明，并修正 submission.yaml 中的 url、model、api、密钥变量或限额",
        ),
    ),
}

CODES: Mapping[str, Code] = {**_FOLDER_AND_RUN, **ANSWER_CODES}
