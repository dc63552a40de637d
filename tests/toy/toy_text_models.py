"""Toy models of the toy tasks in words."""

from __future__ import annotations

import socket

import pyarrow as pa
from sectorbench.harness.adapters.base import Adapter
from sectorbench.harness.interfaces import get_interface


class First(Adapter):
    """Always the first option."""

    revision = 1
    serves = frozenset({"choice"})

    @classmethod
    def load(cls, context):
        return cls()

    def predict(self, rows):
        schema = get_interface("choice").answer
        shares = [[[1.0] + [0.0] * (len(o) - 1) for o in row] for row in rows.column("options").to_pylist()]
        return pa.record_batch([rows.column("id"), pa.array(shares, schema.field(1).type)], schema=schema)


class Silent(Adapter):
    """Writes nothing."""

    revision = 1
    serves = frozenset({"generation"})
    text = ""

    @classmethod
    def load(cls, context):
        one = cls()
        one.port = context.options.get("port")
        return one

    def predict(self, rows):
        schema = get_interface("generation").answer
        return pa.record_batch([rows.column("id"), pa.array([self.said()] * rows.num_rows)], schema=schema)

    def said(self):
        return ""


class Caller(Silent):
    """Says yes if it reaches a port of this machine."""

    def said(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=2).close()
        except OSError:
            return "no way"
        return "yes"
