"""Vendors' signatures, made here with the real tool: verified without network, and refused where they do not hold."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sectorbench.__main__ import main
from sectorbench.harness.digests import file_sha256, is_signed, submission_digest
from sectorbench.harness.signatures import Anchor, verify_signature
from sectorbench.harness.store import load_record
from sectorbench.harness.submission import open_submission
from sectorbench.tasks.registry import CATALOG
from toy_catalog import TOY_MODELS

NOW = datetime.now(UTC)


def test_the_submission_digest_is_what_the_tool_signs():
    """The subject's digest in a signature that model_signing 1.1.1 made of these three files and git's own."""
    files = {"b.txt": b"three", "a-b.txt": b"two", "a/x.txt": b"one", ".gitattributes": b"git", "model.sig": b"any"}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert submission_digest(digests) == "db9b46c51197fc8de0d1669c3734a091a07121cdc39ca6ff396ed2aefc75f958"
    assert [name for name in files if not is_signed(name)] == [".gitattributes", "model.sig"]


def test_without_the_extra_the_error_says_what_to_install(write_submission, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "model_signing", None)
    folder = write_submission()
    (folder / "model.sig").write_text("{}")
    (folder.parent / "key.pub").write_text("a key")
    assert main(["check", str(folder), "--public-key", str(folder.parent / "key.pub")]) == 2
    assert "pip install 'model-signing>=1.1' 'pyopenssl>=25'" in capsys.readouterr().err


class _Party:
    """Whoever can sign: a key, and where it has one a certificate and its chain."""

    def __init__(self, folder: Path, name: str, *, issuer=None, valid_days=(-1, 30), is_ca=False) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        self.key = ec.generate_private_key(ec.SECP256R1())
        self.private, self.public, self.certificate = (folder / f"{name}.{end}" for end in ("pem", "pub", "crt"))
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        self.private.write_bytes(self.key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        self.public.write_bytes(self.key.public_key().public_bytes(pem, spki))
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        signer = issuer or self
        usage = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
             "decipher_only"), False,
        )  # fmt: skip
        made = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(signer.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW + timedelta(days=valid_days[0]))
            .not_valid_after(NOW + timedelta(days=valid_days[1]))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(digital_signature=not is_ca, key_cert_sign=is_ca, crl_sign=is_ca, **usage), critical=True
            )
            .sign(signer.key, hashes.SHA256())
        )
        self.certificate.write_bytes(made.public_bytes(pem))


@pytest.fixture(scope="module")
def parties(tmp_path_factory):
    pytest.importorskip("model_signing", reason="needs the extra 'signing'")
    pytest.importorskip("OpenSSL", reason="needs the extra 'signing'")
    folder = tmp_path_factory.mktemp("parties")
    root = _Party(folder, "root", is_ca=True, valid_days=(-400, 400))
    return {
        "root": root,
        "vendor": _Party(folder, "vendor", issuer=root),
        "expired": _Party(folder, "expired", issuer=root, valid_days=(-90, -60)),
        "other-root": _Party(folder, "other-root", is_ca=True),
        "stranger": _Party(folder, "stranger"),
    }


@pytest.fixture
def folder(write_submission):
    made = write_submission(files={"notes.txt": b"about the model", ".gitattributes": b"*"})
    (made / "part").mkdir()
    (made / "part" / "weights.txt").write_bytes(b"1 2 3")
    return made


def sign(folder, party, *, to=None, root=None, **hashing_options):
    """Signs a folder with the real tool, as its command line does."""
    from model_signing import hashing, signing

    config = signing.Config()
    path = to or folder / "model.sig"
    if root is None:
        config = config.use_elliptic_key_signer(private_key=party.private)
    else:
        config = config.use_certificate_signer(
            private_key=party.private, signing_certificate=party.certificate, certificate_chain=[root.certificate]
        )
    ignored = {"paths": [path], "ignore_git_paths": True} | hashing_options
    config.set_hashing_config(hashing.Config().set_ignored_paths(**ignored)).sign(folder, path)
    return path


def check(folder, *options, capsys):
    """Runs ``check --json``; the exit code and what was found."""
    code = main(["check", str(folder), "--json", *map(str, options)])
    return code, json.loads(capsys.readouterr().out)


def problems(found):
    return {(p["code"], p["where"]) for p in found["problems"]}


def test_a_signature_in_the_folder_is_verified_with_the_vendors_key(folder, parties, capsys):
    before = open_submission(folder, CATALOG.builtins)
    path = sign(folder, parties["vendor"])
    code, found = check(folder, "--public-key", parties["vendor"].public, capsys=capsys)
    assert (code, found["ok"]) == (0, True)
    assert (found["signature"]["outcome"], found["signature"]["method"]) == ("verified", "key")
    assert found["signature"]["sha256"] == file_sha256(path)
    assert (found["model_sha256"], found["submission_sha256"]) == (before.model_sha256, before.submission_sha256)
    payload = base64.b64decode(json.loads(path.read_text())["dsseEnvelope"]["payload"])
    assert json.loads(payload)["subject"][0]["digest"]["sha256"] == before.submission_sha256


def test_check_prints_who_signed_and_that_nobody_looked(folder, parties, capsys):
    sign(folder, parties["vendor"])
    assert main(["check", str(folder)]) == 0
    assert "signature  not checked; verify it with --public-key KEY" in capsys.readouterr().out
    assert main(["check", str(folder), "--public-key", str(parties["vendor"].public)]) == 0
    assert "signature  verified by key, public key sha256 " in capsys.readouterr().out


def test_a_certificate_from_the_chain_is_believed(folder, parties, capsys, tmp_path):
    path = sign(folder, parties["vendor"], root=parties["root"], to=tmp_path / "claims.sig")
    options = ("--verify-signature", path, "--certificate-chain", parties["root"].certificate)
    code, found = check(folder, *options, capsys=capsys)
    assert (code, found["signature"]["method"]) == (0, "certificate")
    assert found["signature"]["signer"].startswith("CN=vendor, certificate sha256 ")


@pytest.mark.parametrize(("signer", "chain"), [("vendor", "other-root"), ("expired", "root"), ("root", "root")])
def test_a_certificate_of_another_root_expired_or_not_for_signing_is_refused(folder, parties, capsys, signer, chain):
    sign(folder, parties[signer], root=parties["root"])
    code, found = check(folder, "--certificate-chain", parties[chain].certificate, capsys=capsys)
    assert code == 1
    assert problems(found) == {("SB153", "model.sig")}


def test_an_expired_certificate_held_while_it_was_valid(folder, parties):
    path = sign(folder, parties["expired"], root=parties["root"])
    anchor = Anchor(None, (parties["root"].certificate,))
    found = verify_signature(open_submission(folder, TOY_MODELS), path, anchor, now=NOW - timedelta(days=70))
    assert found.signature is not None


def test_another_key_is_refused(folder, parties, capsys):
    sign(folder, parties["vendor"])
    code, found = check(folder, "--public-key", parties["stranger"].public, capsys=capsys)
    assert (code, problems(found)) == (1, {("SB152", "model.sig")})


def test_a_statement_changed_after_signing_is_refused(folder, parties, capsys):
    path = sign(folder, parties["vendor"])
    (folder / "notes.txt").write_bytes(b"another text")
    bundle = json.loads(path.read_text())
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    digests = open_submission(folder, TOY_MODELS).digests
    for one in statement["predicate"]["resources"]:
        one["digest"] = digests[one["name"]]
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    path.write_text(json.dumps(bundle))
    code, found = check(folder, "--public-key", parties["vendor"].public, capsys=capsys)
    assert (code, problems(found)) == (1, {("SB152", "model.sig")})


def _tamper(folder):
    (folder / "notes.txt").write_bytes(b"About the model")
    return "notes.txt"


def _add(folder):
    (folder / "part" / "added.txt").write_bytes(b"")
    return "part/added.txt"


def _remove(folder):
    (folder / "part" / "weights.txt").unlink()
    return "part/weights.txt"


@pytest.mark.parametrize("change", [_tamper, _add, _remove], ids=lambda change: change.__name__)
def test_a_changed_an_added_and_a_missing_file_are_named(folder, parties, capsys, change):
    sign(folder, parties["vendor"])
    where = change(folder)
    code, found = check(folder, "--public-key", parties["vendor"].public, capsys=capsys)
    assert (code, problems(found)) == (1, {("SB154", where)})


def test_a_signature_may_not_say_which_files_do_not_matter(folder, parties, capsys):
    """The tool alone takes any file below a path that the signature ignores."""
    sign(folder, parties["vendor"], paths=[folder / "part", folder / "model.sig"])
    from model_signing import verifying

    verifier = verifying.Config().use_elliptic_key_verifier(public_key=parties["vendor"].public)
    verifier.verify(folder, folder / "model.sig")
    code, found = check(folder, "--public-key", parties["vendor"].public, capsys=capsys)
    assert (code, problems(found)) == (1, {("SB154", "part/weights.txt")})


def test_the_signature_of_another_folder_is_refused(folder, parties, capsys, write_submission, tmp_path):
    path = sign(write_submission("another", name="another"), parties["vendor"], to=tmp_path / "another.sig")
    options = ("--verify-signature", path, "--public-key", parties["vendor"].public)
    code, found = check(folder, *options, capsys=capsys)
    assert code == 1
    assert problems(found) == {("SB154", name) for name in ("notes.txt", "part/weights.txt", "submission.yaml")}


def test_gits_own_files_may_be_signed_too(folder, parties, capsys):
    sign(folder, parties["vendor"], ignore_git_paths=False)
    assert check(folder, "--public-key", parties["vendor"].public, capsys=capsys)[0] == 0
    (folder / ".gitattributes").write_text("changed")
    code, found = check(folder, "--public-key", parties["vendor"].public, capsys=capsys)
    assert (code, problems(found)) == (1, {("SB154", ".gitattributes")})


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b'{"mediaType": 1}', b"[" * 100_000])
def test_what_is_no_signature_gets_its_code(folder, parties, capsys, content):
    (folder / "model.sig").write_bytes(content)
    code, found = check(folder, "--public-key", parties["vendor"].public, capsys=capsys)
    assert (code, problems(found)) == (1, {("SB151", "model.sig")})


def test_wrong_options_are_told(folder, parties, capsys, tmp_path):
    sign(folder, parties["vendor"])
    key, chain = str(parties["vendor"].public), str(parties["root"].certificate)
    for options, said in (
        (["--verify-signature", "model.sig"], "either --public-key KEY or --certificate-chain PEM"),
        (["--public-key", key, "--certificate-chain", chain], "either"),
        (["--public-key", str(tmp_path / "none")], "No such file"),
        (["--public-key", chain], "expected an elliptic-curve public key in PEM"),
        (["--certificate-chain", key], "expected certificates in PEM"),
        (["--public-key", key, "--verify-signature", str(tmp_path / "none")], "No such file"),
    ):
        assert main(["check", str(folder), *options]) == 2
        assert said in capsys.readouterr().err


def test_a_run_records_the_signature_and_does_not_start_without_it(folder, parties, capsys, tmp_path):
    sign(folder, parties["vendor"])
    words = ["run", "--task", "predictive_maintenance/fleet-rul", "--limit", "5", "--submission", str(folder)]
    words += ["--results", str(tmp_path / "results"), "--quiet"]

    def signatures():
        found = [load_record(p.parent) for p in (tmp_path / "results").rglob("record.json")]
        return {r.signature.outcome if r.signature else None for r in found if r.cell.model.name == "my-model"}

    assert main(words) == 0
    assert signatures() == {"not_checked"}
    assert main([*words, "--public-key", str(parties["stranger"].public)]) == 1
    assert "the signature does not hold, so nothing was run\n  SB152 model.sig" in capsys.readouterr().err
    assert main([*words, "--public-key", str(parties["vendor"].public)]) == 0
    assert signatures() == {"verified"}
