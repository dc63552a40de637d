"""What an adapter is: a loaded model that answers batches of one interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import pyarrow as pa

__all__ = ["Adapter", "LoadContext"]


@dataclass(frozen=True)
class LoadContext:
    """What an adapter may know when it loads.

    Attributes:
        folder: The checked copy of the submission's files; None for a builtin.
        options: The manifest's adapter options, already validated.
        interface: What will be asked.
        inputs_schema: Schema of the input table, with its metadata (see ``interfaces.table_info``).
        device: ``cpu``, ``cuda`` or ``cuda:0``; the worker has checked that it is there.
        dtype: ``float32``, ``float16`` or ``bfloat16``.
        seed: For adapters that draw; draws are keyed by it and by row ids, never by batch or order.
    """

    folder: Path | None
    options: Mapping[str, Any]
    interface: str
    inputs_schema: pa.Schema
    device: str = "cpu"
    dtype: str = "float32"
    seed: int = 0


class Adapter(ABC):
    """Answers rows of the interfaces in ``serves``. It sees no references, writes no files and prints nothing.

    A class says what it is with constants: ``revision`` is raised by a change that moves numbers; ``batch_rows`` is how
    many rows it likes at once; ``needs`` names further folders of the package, such as ``tasks/scheduling/simulator``;
    ``dtypes`` are the types its weights can be run in: one that knows only float32 is never said to have used another.
    ``remote`` says that the model is a server elsewhere: its results are those of a day, and what may not leave is not
    sent. ``examined_apart`` says that ``examine`` reads files with a library that a crafted one can take down:
    ``check`` calls it in a limited process of its own, a run leaves it to the worker, whose ``load`` looks again.
    ``moves_nothing`` names options that move no prediction: the model is the same whatever they are.
    Heavy imports happen in ``load``.

    An adapter's module imports nothing of our package but ``harness.interfaces``, ``harness.errors``,
    ``harness.randomness``, ``harness.foreign_files``, ``harness.adapters``, modules of its own folder and of those in
    ``needs``: nothing else is there in the worker.
    """

    revision: ClassVar[int]
    serves: ClassVar[frozenset[str]]
    batch_rows: ClassVar[int] = 256
    needs: ClassVar[tuple[str, ...]] = ()
    dtypes: ClassVar[frozenset[str]] = frozenset({"float32"})
    remote: ClassVar[bool] = False
    examined_apart: ClassVar[bool] = False
    moves_nothing: ClassVar[frozenset[str]] = frozenset()

    @classmethod  # noqa: B027 (most adapters have nothing to add)
    def examine_options(cls, options: Mapping[str, Any]) -> None:
        """Looks at the options alone, where ``examined_apart`` keeps ``examine`` out of the caller's process.

        Raises:
            SubmissionError: One is wrong; the code first, then the field.
        """

    @classmethod  # noqa: B027 (most adapters have nothing to add)
    def examine(cls, folder: Path, options: Mapping[str, Any]) -> None:
        """Looks at a submission's files and options without loading the model; called by ``check``.

        Raises:
            SubmissionError: What is wrong, the code first, then file or field.
        """

    @classmethod  # noqa: B027 (most adapters have nothing to add)
    def examine_for(cls, interface: str, folder: Path, options: Mapping[str, Any]) -> None:
        """Looks at whether a submission that passed ``examine`` can answer one interface that its manifest names.

        Raises:
            SubmissionError: It cannot; the code first, then file or field.
        """

    @classmethod  # noqa: B027 (most adapters have nothing to add)
    def examine_by_loading(cls, folder: Path) -> None:
        """Loads what passed ``examine``, where only that tells whether it loads; ``check`` does it, in its child alone.

        Raises:
            SubmissionError: It does not; the code first, then the file.
        """

    @classmethod
    def choices(cls, folder: Path | None, options: Mapping[str, Any]) -> Mapping[str, str]:
        """What a checked submission chose that a reader of its score must know, by name; read without loading it."""
        return {}

    def ways(self) -> Mapping[str, str]:
        """How the model went about what it was asked, where only the run itself showed; for the record, by name."""
        return {}

    def begins(self, cell: str) -> None:  # noqa: B027 (most adapters have nothing to tell apart)
        """Is told which cell's rows come next, by its key."""

    @classmethod
    @abstractmethod
    def load(cls, context: LoadContext) -> Self:
        """Makes the model ready.

        Raises:
            SubmissionError: The files do not make a model; the message names the file.
            InterfaceError: The model does not fit these inputs.
        """

    @abstractmethod
    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """One prediction row per input row, in the interface's prediction schema."""
