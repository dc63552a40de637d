"""The vendor's signature of a submission: verified by OpenSSF model-signing, and held against what was inspected."""

from __future__ import annotations

import argparse
import base64
import binascii
import contextlib
import hashlib
import importlib
import io
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from .codes import Problem
from .digests import SIGNATURE_NAME, is_signed
from .errors import UsageError
from .foreign_files import open_regular
from .formatting import printable
from .records import Signature
from .submission import Submission

__all__ = ["Anchor", "Verification", "add_signature_options", "verify_asked", "verify_signature"]

_BYTES = 64 << 20  # a signature lists all files; no sensible submission has more of them than this holds
_NAMED = 20  # files in one answer
_STATEMENT = "https://model_signing/signature/v1.0"
_MATERIAL = {"publicKey", "x509CertificateChain", "tlogEntries", "timestampVerificationData"}
_OTHER_FILES = "ValueError: Signature mismatch"  # it is by whom we believe, but the folder holds other files
_MISSING = (
    "verifying a signature needs OpenSSF model-signing, which is not installed: "
    "pip install 'model-signing>=1.1' 'pyopenssl>=25' (the extra 'signing' of sectorbench)"
)


@dataclass(frozen=True)
class Anchor:
    """What a signature is checked with; it came from the vendor by another way than the submission.

    Attributes:
        public_key: An elliptic-curve key in PEM.
        certificates: Else the chain that the signing certificate must come from, in PEM.
    """

    public_key: Path | None
    certificates: tuple[Path, ...] = ()


class Verification(NamedTuple):
    """What became of it: the signature for the record if it holds, else every problem."""

    signature: Signature | None
    problems: tuple[Problem, ...]


class _Statement(NamedTuple):
    """What a signature says: sha256 of each file by its name, and the certificate it was made with, if any."""

    files: Mapping[str, str]
    certificate: bytes | None


class _BadSignatureError(Exception):
    """The file is no signature of the kind that we take; why."""


def add_signature_options(parser: argparse.ArgumentParser) -> None:
    """Adds ``--verify-signature``, ``--public-key`` and ``--certificate-chain``."""
    parser.add_argument(
        "--verify-signature",
        type=Path,
        metavar="SIG",
        help=f"the vendor's signature, made with model_signing (default: {SIGNATURE_NAME} in the folder)",
    )
    parser.add_argument(
        "--public-key", type=Path, metavar="KEY", help="verify it with this public key in PEM; needs no network"
    )
    parser.add_argument(
        "--certificate-chain",
        type=Path,
        action="append",
        default=[],
        metavar="PEM",
        help="or with these certificates, from which the signing one must come; repeatable; needs no network",
    )


def verify_asked(submission: Submission, args: argparse.Namespace) -> Verification | None:
    """Verifies a submission's signature as the options say; None where they ask for nothing.

    Raises:
        UsageError: The options do not fit each other, or name what cannot be read.
    """
    anchors = [*([args.public_key] if args.public_key is not None else []), *args.certificate_chain[:1]]
    if not anchors and args.verify_signature is None:
        return None
    if len(anchors) != 1:
        raise UsageError("a signature is verified with either --public-key KEY or --certificate-chain PEM")
    if submission.trust == "own" or submission.folder is None:
        raise UsageError("a signature is of what a vendor submitted: leave --trust own out to have it verified")
    path = args.verify_signature or submission.folder / SIGNATURE_NAME
    return verify_signature(submission, path, Anchor(args.public_key, tuple(args.certificate_chain)))


def verify_signature(
    submission: Submission, path: Path, anchor: Anchor, *, now: datetime | None = None
) -> Verification:
    """Whether a signature is the vendor's and covers exactly the files that were inspected. Needs no network.

    The standard tool says whether the list of files in it was signed by whom we believe; it never opens the vendor's
    folder, which may have changed by now. The list is then held against what was inspected: the same names and
    digests, none left out but git's own.

    Args:
        submission: It passed inspection.
        path: The signature's file.
        anchor: Who is believed.
        now: When a certificate must be valid; None: at this moment. Nothing proves when something was signed.

    Raises:
        UsageError: A file cannot be read or is no key or certificate, or model-signing is not installed.
    """
    assert submission.folder is not None, "a builtin has no folder that could be signed"
    config = _configured(anchor)
    try:
        with open_regular(path) as file:
            content = file.read(_BYTES + 1)
    except OSError as err:
        raise UsageError(
            f"--verify-signature {path}: {err.strerror}; name the file that the vendor signed into"
        ) from err
    try:
        said = _statement(content if len(content) <= _BYTES else b"")
    except _BadSignatureError as err:
        return Verification(None, (Problem("SB151", path.name, str(err)),))
    if (refused := _refusal(config, content)) is not None:
        return Verification(None, (Problem("SB153" if anchor.public_key is None else "SB152", path.name, refused),))
    problems = tuple(_differences(submission.digests, said.files))[:_NAMED]
    name, validity = "", None
    if anchor.public_key is not None:
        name = _key_name(anchor.public_key)
    elif said.certificate is not None:
        name, validity = _certificate(said.certificate, now or datetime.now(UTC))
    if validity is not None:
        problems = (Problem("SB153", path.name, validity), *problems)
    if problems:
        return Verification(None, problems)
    found = Signature(
        sha256=hashlib.sha256(content).hexdigest(),
        outcome="verified",
        method="certificate" if anchor.public_key is None else "key",
        signer=name,
    )
    return Verification(found, ())


def _configured(anchor: Anchor) -> Any:
    verifying = _tool("verifying")
    if anchor.public_key is not None:
        with _readable(
            "--public-key", anchor.public_key, "an elliptic-curve public key in PEM (P-256, P-384 or P-521)"
        ):
            return verifying.Config().use_elliptic_key_verifier(public_key=anchor.public_key)
    for path in anchor.certificates:
        with _readable("--certificate-chain", path, "certificates in PEM"):
            verifying.Config().use_certificate_verifier(certificate_chain=[path])
    return verifying.Config().use_certificate_verifier(certificate_chain=anchor.certificates)


def _tool(part: str) -> Any:
    """A module of model-signing.

    Raises:
        UsageError: It is not installed.
    """
    try:
        importlib.import_module("OpenSSL")  # model-signing imports it and does not ask for it
        return importlib.import_module(f"model_signing.{part}")
    except ImportError as err:
        raise UsageError(_MISSING) from err


@contextlib.contextmanager
def _readable(option: str, path: Path, expected: str) -> Iterator[None]:
    try:
        yield
    except OSError as err:
        raise UsageError(f"{option} {path}: {err.strerror}; expected {expected}") from err
    except (ValueError, TypeError) as err:  # of the libraries below
        raise UsageError(f"{option} {path}: {_first_line(err)}; expected {expected}") from err


def _refusal(config: Any, content: bytes) -> str | None:
    """Why the standard tool does not believe a signature; None where it does.

    It is asked about an empty folder: it looks at the signature first, and only then at how the files differ.
    """
    config.set_hashing_config(_tool("hashing").Config())
    with tempfile.TemporaryDirectory() as private:
        same, empty = Path(private, "same.sig"), Path(private, "empty")
        same.write_bytes(content)  # the bytes that were read, whatever the file holds now
        empty.mkdir()
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # it prints a warning about the form of old signatures
                config.verify(empty, same)
        except Exception as err:  # it and the libraries below raise what they like
            return None if (said := _first_line(err)).startswith(_OTHER_FILES) else said
    return None


def _statement(content: bytes) -> _Statement:
    """What a signature's file says, not yet believed.

    Raises:
        _BadSignatureError: It is not one of model-signing 1.x over whole files with sha256.
    """
    try:
        bundle = json.loads(content)
        material = bundle["verificationMaterial"]
        if set(bundle) != {"mediaType", "verificationMaterial", "dsseEnvelope"} or not set(material) <= _MATERIAL:
            raise _BadSignatureError("has fields that a sigstore bundle of model-signing has not")
        statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"], validate=True))
        if statement["predicateType"] != _STATEMENT:
            raise _BadSignatureError(f"its statement is {statement['predicateType']!r:.80}, expected {_STATEMENT!r}")
        how = statement["predicate"]["serialization"]
        if (how["method"], how["hash_type"]) != ("files", "sha256"):
            raise _BadSignatureError(
                f"lists {how['method']!r:.20} by {how['hash_type']!r:.20}, expected files by sha256"
            )
        files = {str(one["name"]): str(one["digest"]) for one in statement["predicate"]["resources"]}
        chain = material.get("x509CertificateChain")
        certificate = None if chain is None else base64.b64decode(chain["certificates"][0]["rawBytes"], validate=True)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, binascii.Error) as err:
        raise _BadSignatureError("not a sigstore bundle with a statement about files") from err
    return _Statement(files, certificate)


def _differences(ours: Mapping[str, str], signed: Mapping[str, str]) -> Iterator[Problem]:
    """Where the files that were inspected are not those that were signed."""
    git_too = not all(map(is_signed, signed))  # signed with --no-ignore-git-paths
    for name in sorted(ours):
        if name not in signed:
            if git_too or is_signed(name):
                yield Problem("SB154", name, "was not signed; somebody added it, or it was left out when signing")
        elif signed[name] != ours[name]:
            yield Problem("SB154", name, f"sha256 {ours[name][:16]}..., signed was {signed[name][:16]}...")
    for name in sorted(set(signed) - set(ours)):
        yield Problem("SB154", printable(name), "was signed, but is not in the folder")


def _key_name(path: Path) -> str:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_public_key(path.read_bytes())
    raw = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"public key sha256 {hashlib.sha256(raw).hexdigest()}"


def _certificate(raw: bytes, now: datetime) -> tuple[str, str | None]:
    """A certificate's name, and why it is not valid now; the tool asks only whether it ever was."""
    from cryptography import x509

    found = x509.load_der_x509_certificate(raw)
    first, last = found.not_valid_before_utc, found.not_valid_after_utc
    name = f"{printable(found.subject.rfc4514_string())[:200]}, certificate sha256 {hashlib.sha256(raw).hexdigest()}"
    if first <= now <= last:
        return name, None
    return name, f"the certificate is valid from {first:%Y-%m-%d} to {last:%Y-%m-%d}, and today is {now:%Y-%m-%d}"


def _first_line(err: BaseException) -> str:
    said = printable(str(err).strip().splitlines()[0])[:200] if str(err).strip() else ""
    return f"{type(err).__name__}: {said}" if said else f"{type(err).__name__}: the signature does not fit the key"
