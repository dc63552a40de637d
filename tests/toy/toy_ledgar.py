"""A small handmade archive in the layout of LEDGAR's public loader."""

from __future__ import annotations

import io
import json
import tarfile


def packed(rows, name="ledgar.jsonl"):
    """The bytes of an archive that holds rows, one JSON object a line."""
    raw = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows).encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(raw)
        archive.addfile(info, io.BytesIO(raw))
    return out.getvalue()
