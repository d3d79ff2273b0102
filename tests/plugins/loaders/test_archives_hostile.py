"""Whatever the bytes and names of an archive: a submission or one clear error, in bounded memory."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import tracemalloc
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from torchgrade.errors import SubmissionError
from torchgrade.submission import LoadLimits, Submission
from torchgrade_plugins.loaders import ArchiveLoader, tarred

LIMITS = LoadLimits(file_bytes=20_000, total_bytes=100_000, files=20, archive_bytes=1 << 20)
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=75)
PLUGIN = b"from torchgrade import hookimpl\n\n\n@hookimpl\ndef f(x):\n    return x\n"

PACK = {
    ".tar": bytes,
    ".tar.gz": lambda data: gzip.compress(data, 1),
    ".tar.bz2": bz2.compress,
    ".tar.xz": lambda data: lzma.compress(data, preset=0),
}

parts = st.sampled_from(
    ["submission.py", "layers", "..", ".", "", "C:", "a\\b", "x.py", "X.py", "é.py", "\0", "~"]
)
names = st.one_of(
    st.lists(parts, min_size=1, max_size=4).map("/".join).filter(bool),
    st.text(min_size=1, max_size=40),
)
contents = st.one_of(st.just(PLUGIN), st.binary(max_size=300), st.just(bytes(30_000)))
entries = st.lists(st.tuples(names, contents), max_size=6)


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archives")

    def read(data: bytes, suffix: str) -> Submission | None:
        path = folder / f"work{suffix}"
        path.write_bytes(data)
        refusal = ""
        tracemalloc.start()
        try:
            submission = ArchiveLoader().load(path, submission_id="x", limits=LIMITS)
        except SubmissionError as error:
            refusal = str(error)
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert peak < 6 << 20
        assert refusal.isprintable()
        assert len(refusal) < 600
        if refusal:
            return None
        assert submission.entry in {file.path for file in submission.files}
        assert len(submission.files) <= LIMITS.files
        assert sum(len(file.content) for file in submission.files) <= LIMITS.total_bytes
        for file in submission.files:
            assert ".." not in file.path.split("/")
            assert not file.path.startswith("/")
            assert "\\" not in file.path
            assert file.path.isprintable()
        return submission

    return read


def zip_of(listing) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in listing:
            info = zipfile.ZipInfo("placeholder")
            info.filename = name.encode("utf-8", "replace").decode()  # the constructor would tidy it
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


def tar_of(listing, kind=tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind, encoding="utf-8", errors="replace") as archive:
        for name, content in listing:
            info = tarfile.TarInfo(name.encode("utf-8", "replace").decode())
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def flipped(data: bytes, changes: list[tuple[int, int]]) -> bytes:
    changed = bytearray(data)
    for position, value in changes:
        changed[position % len(changed)] = value
    return bytes(changed)


damage = st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), min_size=1, max_size=8)


@QUIET
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")  # zipfile's own, while the test packs
@given(listing=entries)
def test_any_names_and_bytes_in_a_zip_are_read_or_refused(read, listing):
    read(zip_of(listing), ".zip")


@QUIET
@given(listing=entries, suffix=st.sampled_from(sorted(PACK)), kind=st.sampled_from([0, 1, 2]))
def test_any_names_and_bytes_in_a_tar_are_read_or_refused(read, listing, suffix, kind):
    try:
        data = tar_of(listing, kind)
    except ValueError:  # a name too long for this dialect
        return
    read(PACK[suffix](data), suffix)


@QUIET
@given(changes=damage, cut=st.integers(0, 400))
def test_any_damage_to_a_zip_is_read_or_refused(read, changes, cut):
    data = zip_of([("submission.py", PLUGIN), ("a/b.txt", b"x" * 2000), ("c.bin", bytes(30_000))])
    read(flipped(data, changes)[: len(data) - cut], ".zip")


@QUIET
@given(changes=damage, cut=st.integers(0, 400), suffix=st.sampled_from(sorted(PACK)))
def test_any_damage_to_a_tar_is_read_or_refused(read, changes, cut, suffix):
    long = "long/" * 30 + "name.py"
    data = PACK[suffix](tar_of([("submission.py", PLUGIN), (long, b"x = 1\n"), ("é" * 60 + ".txt", b"y")]))
    read(flipped(data, changes)[: max(1, len(data) - cut)], suffix)


@QUIET
@given(noise=st.binary(max_size=3000), suffix=st.sampled_from([".zip", *sorted(PACK)]))
@pytest.mark.parametrize(
    "magic", [b"", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08\0", b"BZh9", b"\xfd7zXZ\0"]
)
def test_any_noise_behind_a_magic_number_is_refused(read, magic, noise, suffix):
    assert read(magic + noise, suffix) is None


@QUIET
@given(
    name=st.sampled_from(["submission.py", "hw/submission.py", "a/b/c/submission.py"]),
    text=st.text(max_size=200),
)
def test_an_honest_submission_comes_through_every_packer_unchanged(read, name, text):
    content = f"# {text!r}\n".encode() + PLUGIN
    listing = [(name, content)]
    for suffix, data in [
        (".zip", zip_of(listing)),
        *((s, pack(tar_of(listing))) for s, pack in PACK.items()),
    ]:
        submission = read(data, suffix)
        assert submission is not None
        assert [(file.path, file.content) for file in submission.files] == [("submission.py", content)]


@pytest.mark.parametrize("pack", [bz2.compress, lambda data: gzip.compress(data, mtime=0)])
def test_an_archive_in_several_streams_is_read_but_not_in_thousands(read, pack):
    data = tar_of([("submission.py", PLUGIN)])
    suffix = ".tar.gz"

    submission = read(pack(data[:700]) + pack(b"") * 500 + pack(data[700:]) + b"what follows", suffix)
    assert submission is not None
    assert submission.files[0].content == PLUGIN

    assert read(pack(b"") * 5_000 + pack(data), suffix) is None


def test_a_gzip_whose_last_bytes_are_missing_is_refused(read):
    packed = gzip.compress(tar_of([("submission.py", PLUGIN), ("zeros.txt", bytes(15_000))]))

    assert read(packed, ".tar.gz") is not None
    for count in (1, 4, 8, 9, 30):
        assert read(packed[:-count], ".tar.gz") is None


def test_a_name_too_long_to_be_looked_at_is_refused_before_it_is_normalised(read):
    accents = "a" + "\u0301\u0323" * 15_000 + ".py"  # its normal form takes a time that grows as its square

    assert read(zip_of([(f"{number}{accents}", PLUGIN) for number in range(12)]), ".zip") is None


def test_headers_of_many_records_are_read_but_not_without_end(monkeypatch, read):
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 5 * 4_096
    block = header.tobuf(tarfile.USTAR_FORMAT) + b"5 a=\n" * 4_096
    data = tar_of([("submission.py", PLUGIN)])

    assert read(block * 4 + data, ".tar") is not None
    monkeypatch.setattr(tarred, "EXTENSION_BYTES", 3 * header.size)
    assert read(block * 3 + data, ".tar") is not None
    assert read(block * 4 + data, ".tar") is None
