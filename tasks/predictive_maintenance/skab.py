"""SKAB, runs of a water-pump test rig: where its files are, and a parser that counts what it reads."""

from __future__ import annotations

import csv
import io

import numpy as np

from ...harness.data import DataFile, DataFiles, DataSource, Origin
from ...harness.errors import DataError
from ...harness.interfaces import Quantity
from .anomaly_detection import Run

__all__ = ["CHANNELS", "NORMAL_STEPS", "SKAB", "read_normal_run", "read_test_runs"]

NORMAL_STEPS = 400
"""First steps of every run that the data set's authors train on."""

CHANNELS = (
    Quantity("accelerometer_1", "g RMS"),
    Quantity("accelerometer_2", "g RMS"),
    Quantity("current", "A"),
    Quantity("pressure", "bar"),
    Quantity("temperature", "degC"),
    Quantity("thermocouple", "degC"),
    Quantity("voltage", "V"),
    Quantity("volume_flow", "l/min RMS"),
)
_COLUMNS = (
    "datetime",
    "Accelerometer1RMS",
    "Accelerometer2RMS",
    "Current",
    "Pressure",
    "Temperature",
    "Thermocouple",
    "Voltage",
    "Volume Flow RateRMS",
)
_LABELS = ("anomaly", "changepoint")
_ROWS, _ANOMALOUS, _NORMAL_ROWS = 37_401, 13_067, 9_405
_FOLDER = "predictive_maintenance/skab"
_REVISION = "b2c0d46"

_FILES = (
    ("anomaly-free/anomaly-free", "7641a8742957100ef424dd97adfb3eeab27d4d180645fe2b3c49b7f7146ae9a6", 814_703),
    ("other/1", "3beaf861bdfe9b4f4eff8e7567c1dd3f506fbd0ce667fc9399d04bd2dc70623d", 70_326),
    ("other/2", "951c326bf36366fa7615b8f28d22f80b3878036069a690f42b3e223737a6a8d1", 73_661),
    ("other/3", "f3c19a89f74f62a475c246b9263f161f7a734dd88304de803939cebaa55c7ebd", 107_404),
    ("other/4", "56ca23f4eb61d1347d079eb9a35c60a59b8b64e160c00dd0c2ec69e0df0b2a4b", 112_334),
    ("other/5", "7347b326df3a92c0810c69add0e5621939af7a1c1cb4755081d088e72d36920f", 108_203),
    ("other/6", "eb8f05622a62c855040ea358b87be35fb1a4a3720ba0610569bab384db4b6e04", 107_422),
    ("other/7", "1bee14f49bfc817ba2c335fb427baa71153d8f8ab52e72652f15f74e4b77daec", 102_054),
    ("other/8", "12c138ed99c198e0a7ece886fe01bfd16bbdde206fad6c5d74322b6b9d6488d0", 107_600),
    ("other/9", "11c4514b0bc706acff637fea6707ad9258ac878fe9dff3d0b11d2b618d94d8ea", 108_481),
    ("other/10", "72683644f6f17689f619076a66a9ec02cbc0502bd669924c4c33951d1bdad9b0", 124_516),
    ("other/11", "98a2fff3b6516205ae2e12f2dd30d7f08465fe4321a1bd5cf823396985ecb37b", 112_720),
    ("other/12", "b0882efbcf2669223ae78bee61c9f10074a9b2375f0e86b8957ae5ce4aad1e72", 99_534),
    ("other/13", "b3f1da02064d11234836a9fa1a2536bb0d3b6c6998ab60b0b71869b98e94d860", 87_634),
    ("other/14", "c7f361e55397cc9efd4a76b6876111eda79b650d10aeb007342ca5972152eaef", 85_828),
    ("valve1/0", "16af3f71313a23dd33d9b7b8065d836d05c3f9257588881cc7fbe07c076d9dc8", 110_346),
    ("valve1/1", "fe4493bf805baef4e6dfb864094275d8cc2ea80a16b3735e2752b18b6aefd812", 110_330),
    ("valve1/2", "90492413469261886c8896c327241448df5da73fd7739cabfec8dd82de3c0ce4", 103_507),
    ("valve1/3", "cb6afea108eddfd8447307e405f86bbb764b8d8e9130d7849a46e1303e19b8b2", 110_534),
    ("valve1/4", "983aed9dc09991a57911091373c580e1b86d06aa983cd51678f108fd8d709654", 105_634),
    ("valve1/5", "78974991ec87b7f9b9b6b2944f4b525468a9beb36c59b06cd7650d9a15eca14a", 111_575),
    ("valve1/6", "97469c0e0c9c0e0ee5d30794f1f36c6785df5816a112a8b16c59637e8c894685", 111_676),
    ("valve1/7", "ca2c9c6d6fa302c642acec6fbedac495bd12fececeee0a755d45a54e340e0f30", 105_941),
    ("valve1/8", "0c4afb92248b5b35b4c9d734a91ed8318346901f04579074903730569e60416c", 110_305),
    ("valve1/9", "2aa1ae1b2ff505caecda24802b877dc686924bbbeeb7e7db4faa261efb5ed5bd", 110_586),
    ("valve1/10", "ee16be8e4b870c779491e3d1dc9e0ecbfaf29eb013e032abff7a33f2cbbfe2ad", 110_623),
    ("valve1/11", "89660fae4ed5c918db014409bbbc29f498fd99c7e956fab2620d18dea700a973", 110_166),
    ("valve1/12", "90adfa9bc86d4556e6a4ce734436fd5685af79c189cd9828f8df75a7f468ce07", 110_061),
    ("valve1/13", "d6cb6a97437215d3066a87e1fcc5fa4e68017629c043c5315920e3cf1060841c", 110_455),
    ("valve1/14", "5f0bb9bc33c5e6c259263e32e25915c4d24c82b0a94554d48808626da05c1d71", 110_181),
    ("valve1/15", "75cc86ab25d7091eee024739fa06d048753480d5d7d1507077231cab4f1b7a7e", 111_352),
    ("valve2/0", "a6670e7a68c7c6ba62c649bd9d350633e80db624578e9529f2b736ced5e32bde", 109_156),
    ("valve2/1", "b35d27f664eb0851ab73e5eb06633404c7eeaf532edff7e40c68eb9379f2012b", 102_680),
    ("valve2/2", "2c3005cf28b88db715b7f4694e826ff252cba4dbb1eba679b040961f80477e60", 109_005),
    ("valve2/3", "86927555d5c523e587d41500bd5dee4e2468289ec1b988ac17755aeae697d7f8", 96_048),
)


def _file(name: str, sha256: str, size_bytes: int) -> DataFile:
    origin = Origin(f"https://raw.githubusercontent.com/waico/SKAB/{_REVISION}/data/{name}.csv")
    return DataFile(f"{_FOLDER}/{name}.csv", sha256, size_bytes, (origin,))


SKAB = DataSource(
    name="skab",
    title="Skoltech Anomaly Benchmark: a water-pump test rig",
    files=tuple(_file(*one) for one in _FILES),
    licence="GPL-3.0",
    licence_note="LICENSE of the repository waico/SKAB; it covers data and code alike.",
    homepage="https://github.com/waico/SKAB",
    citation="I. D. Katser, V. O. Kozitsin, Skoltech Anomaly Benchmark (SKAB), Kaggle 2020, "
    "doi 10.34740/KAGGLE/DSV/1693952",
    access="public",
    public_since="2020",
)


def read_test_runs(files: DataFiles) -> list[Run]:
    """The 34 labelled runs, in the order of their names.

    Raises:
        DataNotAvailableError: A file is in no known place.
        DataError: A file is damaged or the counts are not those of the data set.
    """
    runs = [_run(files, file, labelled=True) for file in SKAB.files if "anomaly-free" not in file.path]
    counts = (sum(len(run.anomalous) for run in runs), sum(int(run.anomalous.sum()) for run in runs))
    if (len(runs), *counts) != (34, _ROWS, _ANOMALOUS):
        raise DataError(
            f"{_FOLDER}: {len(runs)} runs of {counts[0]:,} rows, {counts[1]:,} anomalous; "
            f"expected 34 runs of {_ROWS:,} rows, {_ANOMALOUS:,} anomalous; fetch the files again"
        )
    return runs


def read_normal_run(files: DataFiles) -> list[Run]:
    """The one run without anomalies.

    Raises:
        DataNotAvailableError: The file is in no known place.
        DataError: The file is damaged or has another number of rows.
    """
    run = _run(files, SKAB.files[0], labelled=False)
    if len(run.readings) != _NORMAL_ROWS:
        raise DataError(f"{SKAB.files[0].path}: {len(run.readings):,} rows, expected {_NORMAL_ROWS:,}; fetch it again")
    return [run]


def _run(files: DataFiles, file: DataFile, *, labelled: bool) -> Run:
    rows = list(csv.reader(io.StringIO(files.read(file).decode("utf-8")), delimiter=";"))
    wanted = (*_COLUMNS, *_LABELS) if labelled else _COLUMNS
    if not rows or tuple(rows[0]) != wanted:
        raise DataError(f"{file.path}: columns {rows[0] if rows else []}, expected {list(wanted)}")
    try:
        table = np.array([[float(one) for one in row[1:]] for row in rows[1:]], np.float64)
        if table.shape != (len(rows) - 1, len(wanted) - 1) or not np.isfinite(table).all():
            raise ValueError("a row of another length, or a reading that is not finite")
    except ValueError as err:
        raise DataError(f"{file.path}: not a table of numbers ({err}); fetch it again") from err
    readings = table[:, : len(CHANNELS)].astype(np.float32)
    anomalous = table[:, len(CHANNELS)] == 1 if labelled else np.zeros(len(table), bool)
    name = file.path.removeprefix(f"{_FOLDER}/").removesuffix(".csv")
    return Run(name, name.split("/", 1)[0], readings, anomalous, NORMAL_STEPS if labelled else len(readings))
