"""Codes of submissions: what is wrong with a folder, its signature, or what a vendor sent back (SB1xx)."""

from __future__ import annotations

from collections.abc import Mapping

from .code_entry import Code
from .text import Text

__all__ = ["SUBMISSION_CODES"]

SUBMISSION_CODES: Mapping[str, Code] = {
    "SB101": Code(
        Text("not a submission folder", "不是提交文件夹"),
        Text(
            "give a folder that holds submission.yaml; sectorbench template ADAPTER DIR writes one",
            "请给出包含 submission.yaml 的文件夹；可用 sectorbench template ADAPTER DIR 生成",
        ),
    ),
    "SB102": Code(
        Text("submission.yaml is missing or cannot be read", "submission.yaml 缺失或无法读取"),
        Text(
            "copy and mend the one that sectorbench template ADAPTER DIR writes; see README, 'Submit a model'",
            "请复制并修改 sectorbench template ADAPTER DIR 生成的文件；参见 README“提交模型”",
        ),
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
        Text(
            "remove it; weights go in safetensors, ONNX or skops files; "
            "--trust own runs a checkpoint of your own with such files beside it",
            "请删除；权重请用 safetensors、ONNX 或 skops 文件；自有检查点旁有此类文件时，可加 --trust own 运行",
        ),
    ),
    "SB106": Code(
        Text("the model holds types that are not on our list", "模型包含不在许可清单中的类型"),
        Text(
            "build the model from the listed scikit-learn types; an ONNX graph holds its weights itself",
            "请仅用清单中的 scikit-learn 类型构建模型；ONNX 图须自带权重",
        ),
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
            "name the task's classes in id2label in their order, or say under options.labels which label is which; if "
            "it was made for another task, name that one under tasks in submission.yaml",
            "请在 id2label 中按顺序写出任务的类别，或在 options.labels 中说明各标签的含义；"
            "若模型用于其他任务，请修改 submission.yaml 的 tasks",
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
    "SB125": Code(
        Text("a file changed while the folder was looked at", "检查文件夹时文件发生了变化"),
        Text("run the command again when nobody writes to the folder", "请在无人写入该文件夹时重新运行命令"),
    ),
    "SB150": Code(
        Text("a file changed between the inspection and the private copy", "文件在检查之后、复制之前发生了变化"),
        Text("run the command again when nobody writes to the folder", "请在无人写入该文件夹时重新运行命令"),
    ),
    "SB151": Code(
        Text(
            "the signature is not one of OpenSSF model-signing over files", "签名不是 OpenSSF model-signing 的文件签名"
        ),
        Text(
            "sign the folder with: model_signing sign key FOLDER --private_key KEY --signature FOLDER/model.sig",
            "请用以下命令签名：model_signing sign key FOLDER --private_key KEY --signature FOLDER/model.sig",
        ),
    ),
    "SB152": Code(
        Text("the signature was not made with this key", "签名与该密钥不符"),
        Text(
            "take the public key from the vendor by another way than the submission, or have it signed again",
            "请通过提交以外的渠道向供应商获取公钥，或请其重新签名",
        ),
    ),
    "SB153": Code(
        Text("the certificate does not vouch for the signature", "证书不能为该签名作保"),
        Text(
            "sign with a certificate that is valid, is for signing and comes from the given chain",
            "请使用有效、可用于签名且由给定证书链签发的证书",
        ),
    ),
    "SB154": Code(
        Text("the signature is about other files", "签名所涵盖的文件与该文件夹不同"),
        Text(
            "restore the file that is named, or have the folder as it is signed by the vendor again",
            "请恢复所指出的文件，或请供应商对当前文件夹重新签名",
        ),
    ),
    "SB155": Code(
        Text("a checkpoint of one's own whose adapter cannot be told", "无法判断自有检查点所用的适配器"),
        Text(
            "write a submission.yaml beside it; see README, 'Submit a model'",
            "请在其旁编写 submission.yaml；参见 README“提交模型”",
        ),
    ),
    "SB160": Code(
        Text("a folder of inputs that is not whole", "输入文件夹不完整"),
        Text("ask whoever sent it for the whole folder again", "请向发送方重新索取完整文件夹"),
    ),
    "SB161": Code(
        Text("a folder of predictions that cannot be read", "预测文件夹无法读取"),
        Text("make it with sectorbench predict", "请用 sectorbench predict 生成"),
    ),
    "SB162": Code(
        Text("predictions for other inputs than were asked", "预测所对应的输入与所提问的不同"),
        Text("answer the inputs of the folder that was sent, all of them", "请回答所收到文件夹中的全部输入"),
    ),
    "SB163": Code(
        Text("a secret that is not the one committed to", "密钥与承诺不符"),
        Text("give the file of the secret that these inputs were drawn from", "请给出抽取这些输入所用的密钥文件"),
    ),
    "SB164": Code(
        Text("predictions that are not those their vendor named", "预测内容与供应商声明的摘要不符"),
        Text("ask for the folder again: it was damaged or changed on its way", "请重新索取：文件在传输中损坏或被更改"),
    ),
    "SB165": Code(
        Text("predictions that came after the secret was revealed", "预测在密钥公布之后才返回"),
        Text("hand inputs of a new secret out", "请用新密钥重新发出输入"),
    ),
    "SB166": Code(
        Text("a further return of a model that has a score for these inputs", "该模型对这些输入的答案已评过分"),
        Text(
            "the laboratory may score it with --again WHY, which the record says, or take it in with --hold",
            "实验室可用 --again 理由 再次评分（写入记录），或用 --hold 收存而不评分",
        ),
    ),
    "SB167": Code(
        Text(
            "a task whose answers prove nothing where all its inputs are handed out",
            "全部输入一经发出，其答案便不足为证的任务",
        ),
        Text(
            "run the model where it is scored; forecasts may be practised without a secret",
            "请在评分处运行模型；预测类任务可在不使用密钥时练习",
        ),
    ),
}
