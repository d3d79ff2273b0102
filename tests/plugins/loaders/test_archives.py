"""Archives: what is read, and each way in which one can be bad."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping

import pytest

from torchgrade.errors import SubmissionError
from torchgrade.submission import LoadLimits, Submission
from torchgrade_plugins.loaders import ArchiveLoader

PLUGIN = b"from torchgrade import hookimpl\n\n\n@hookimpl\ndef f(x):\n    return x\n"
LIMITS = LoadLimits()

Load = Callable[..., Submission]


@pytest.fixture
def load(tmp_path) -> Load:
    def load(data: bytes, name: str = "work.zip", limits: LoadLimits = LIMITS) -> Submission:
        path = tmp_path / name
        path.write_bytes(data)
        assert ArchiveLoader().recognises(path)
        return ArchiveLoader().load(path, submission_id="ada", limits=limits)

    return load


def zipped(entries: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def zipped_with(*infos: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("submission.py", PLUGIN)
        for info, content in infos:
            archive.writestr(info, content)
    return buffer.getvalue()


def tarred(entries: Mapping[str, bytes], kind: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as archive:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def tarred_with(*infos: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        first = tarfile.TarInfo("submission.py")
        first.size = len(PLUGIN)
        archive.addfile(first, io.BytesIO(PLUGIN))
        for info in infos:
            archive.addfile(info)
    return buffer.getvalue()


def entry_of(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = link
    return info


def zip_entry(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def renamed(data: bytes, old: str, new: str) -> bytes:
    """Replace a name in an archive by one of as many bytes, which the writing library would refuse."""
    assert len(old.encode()) == len(new.encode())
    return data.replace(old.encode(), new.encode())


PACKERS = {
    "work.zip": zipped,
    "work.ZIP": zipped,
    "work.tar": tarred,
    "work.tar.gz": lambda entries: gzip.compress(tarred(entries)),
    "work.tgz": lambda entries: gzip.compress(tarred(entries)),
    "work.tar.bz2": lambda entries: bz2.compress(tarred(entries)),
    "work.tar.xz": lambda entries: lzma.compress(tarred(entries)),
}


@pytest.mark.parametrize("name", PACKERS)
def test_each_kind_of_archive_is_read(load, name):
    submission = load(PACKERS[name]({"submission.py": PLUGIN, "weights.csv": b"1,2"}), name)

    assert submission.id == "ada"
    assert submission.entry == "submission.py"
    assert {file.path: file.content for file in submission.files} == {
        "submission.py": PLUGIN,
        "weights.csv": b"1,2",
    }
    assert submission.notes == ()


def test_the_content_decides_where_the_ending_is_wrong(load):
    assert load(gzip.compress(tarred({"submission.py": PLUGIN})), "work.zip").entry == "submission.py"
    assert load(zipped({"submission.py": PLUGIN}), "work.tar").entry == "submission.py"


@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_are_read_whole_in_every_dialect_of_tar(load, kind):
    name = "/".join(["layers" * 5] * 4) + "/submission.py"
    submission = load(tarred({name: PLUGIN, "other.py": b"x = 1\n"}, kind), "work.tar")

    assert submission.entry == name
    assert [file.path for file in submission.files] == sorted([name, "other.py"])


def test_a_name_in_utf8_is_read_as_such_even_if_the_zip_does_not_say_so(load):
    data = renamed(zipped({"submission.py": PLUGIN, "loewe.py": b"x = 1\n"}), "loewe.py", "löwe.py")

    assert "löwe.py" in {file.path for file in load(data).files}


def test_parallel_compressors_write_several_streams_and_all_are_read(load):
    data = tarred({"submission.py": PLUGIN})
    half = len(data) // 2

    for name, compress in (
        ("a.tar.bz2", bz2.compress),
        ("a.tar.xz", lzma.compress),
        ("a.tgz", gzip.compress),
    ):
        assert load(compress(data[:half]) + compress(data[half:]), name).entry == "submission.py"


def test_folders_around_the_work_are_stripped_and_the_note_says_so(load):
    submission = load(
        zipped(
            {
                "hand-in/": b"",
                "hand-in/final/submission.py": PLUGIN,
                "hand-in/final/layers/dense.py": b"x = 1\n",
                "hand-in/README.md": b"hello",
                "__MACOSX/hand-in/._submission.py": b"\0\5\x16\7",
                "hand-in/.DS_Store": b"\0",
                "hand-in/.git/config": b"",
                "hand-in/final/__pycache__/x.py": b"",
                "hand-in/final/.ipynb_checkpoints/submission.py": PLUGIN,
            }
        )
    )

    assert submission.entry == "submission.py"
    assert [file.path for file in submission.files] == ["layers/dense.py", "submission.py"]
    assert "'hand-in/final'" in submission.notes[0]
    assert "'hand-in/README.md'" in submission.notes[1]


def test_links_inside_junk_are_skipped_with_it(load):
    link = entry_of(".venv/bin/python", tarfile.SYMTYPE, "/usr/bin/python3")
    sparse = entry_of(".venv/blob", tarfile.GNUTYPE_SPARSE)

    submission = load(tarred_with(link, sparse), "work.tar")

    assert [file.path for file in submission.files] == ["submission.py"]


def test_what_is_neither_code_nor_data_is_left_out_and_named(load):
    submission = load(zipped({"submission.py": PLUGIN, "report.pdf": b"%PDF", "fast.so": b"\x7fELF"}))

    assert [file.path for file in submission.files] == ["submission.py"]
    assert "'report.pdf' and 'fast.so'" in submission.notes[0]


UNSAFE_NAMES = {
    "../evil.py": "leads out of the submission",
    "a/../../evil.py": "leads out of the submission",
    "/etc/evil.py": "absolute path",
    "C:/evil.py": "absolute path",
    "c:evil.py": "absolute path",
    "a\\evil.py": "backslash",
    "..\\evil.py": "backslash",
    "ev\nil.py": "control or invisible",
    "ev\x1bil.py": "control or invisible",
    "ev\u202eyp.py": "control or invisible",
    "x" * 300 + ".py": "characters",
    "/".join(["deep"] * 100) + "/x.py": "characters",
    "\u20ac" * 100 + ".py": "longer than 255 bytes",
}


@pytest.mark.parametrize("name", UNSAFE_NAMES)
def test_an_unsafe_name_refuses_the_whole_archive_and_is_named(load, name):
    entries = {"submission.py": PLUGIN, name: b"x = 1\n"}
    for data, file in (
        (zipped(entries), "a.zip"),
        (tarred(entries), "a.tar"),
        (zipped({name: PLUGIN}), "b.zip"),
    ):
        with pytest.raises(SubmissionError, match=UNSAFE_NAMES[name]) as caught:
            load(data, file)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 400


def test_an_unsafe_folder_refuses_the_archive_too(load):
    with pytest.raises(SubmissionError, match="leads out"):
        load(zipped({"submission.py": PLUGIN, "../out/": b""}))


def test_a_nul_in_a_zip_name_is_seen_although_zipfile_cuts_there(load):
    data = renamed(zipped({"submission.py": PLUGIN, "evil.pyXtxt": b""}), "evil.pyXtxt", "evil.py\0txt")

    with pytest.raises(SubmissionError, match="control or invisible"):
        load(data)


SPECIAL = {
    "a symbolic link": (stat.S_IFLNK, tarfile.SYMTYPE),
    "a named pipe": (stat.S_IFIFO, tarfile.FIFOTYPE),
    "a device": (stat.S_IFCHR, tarfile.CHRTYPE),
    "a socket": (stat.S_IFSOCK, None),
    "a hard link": (None, tarfile.LNKTYPE),
    "a sparse file": (None, tarfile.GNUTYPE_SPARSE),
    "an entry of an unusual kind": (None, b"V"),
}


@pytest.mark.parametrize("words", SPECIAL)
def test_what_is_no_regular_file_refuses_the_archive(load, words):
    mode, kind = SPECIAL[words]
    if mode is not None:
        with pytest.raises(SubmissionError, match=f"'trap.py' is {words}"):
            load(zipped_with((zip_entry("trap.py", mode | 0o777), b"/etc/passwd")))
    if kind is not None:
        with pytest.raises(SubmissionError, match=f"'trap.py' is {words}"):
            load(tarred_with(entry_of("trap.py", kind, "submission.py")), "a.tar")


def test_a_link_that_is_named_as_a_folder_is_still_a_link(load):
    with pytest.raises(SubmissionError, match="symbolic link"):
        load(zipped_with((zip_entry("lib/", stat.S_IFLNK | 0o777), b"/etc")))


def test_a_sparse_file_in_pax_headers_is_refused(load):
    info = tarfile.TarInfo("trap.py")
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}

    with pytest.raises(SubmissionError, match="sparse"):
        load(tarred_with(info), "a.tar")


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")  # zipfile's own, while the test packs
def test_names_that_clash_refuse_the_archive(load):
    twice = zipped_with((zipfile.ZipInfo("submission.py"), b"x = 1\n"))
    with pytest.raises(SubmissionError, match=r"'submission.py' is there twice"):
        load(twice)
    with pytest.raises(SubmissionError, match=r"'Layers.py' and 'layers.py' differ only in capital letters"):
        load(zipped({"submission.py": PLUGIN, "Layers.py": b"", "layers.py": b""}))
    with pytest.raises(SubmissionError, match=r"'lib.py' is both a file and a folder"):
        load(zipped({"submission.py": PLUGIN, "lib.py": b"", "lib.py/x.py": b""}))
    composed, decomposed = "l\u00f6we.py", "lo\u0308we.py"
    with pytest.raises(SubmissionError, match="is there twice"):
        load(tarred({composed: PLUGIN, decomposed: PLUGIN}), "a.tar")


@pytest.mark.parametrize("name", PACKERS)
def test_a_truncated_archive_is_refused_wherever_it_was_cut(load, name):
    data = PACKERS[name]({"submission.py": PLUGIN * 50, "b.py": os.urandom(3000)})
    end = len(data.rstrip(b"\0"))  # a plain tar ends in zeros, most of which mean nothing
    for kept in [1, 10, 100, end // 2, end - 1030, end - 20, end - 5]:
        with pytest.raises(SubmissionError):
            load(data[:kept], name)


def test_damage_inside_an_archive_is_noticed(load):
    data = bytearray(zipped({"submission.py": os.urandom(5000)}, zipfile.ZIP_STORED))
    data[2000] ^= 0xFF
    with pytest.raises(SubmissionError, match="damaged"):
        load(bytes(data))
    packed = bytearray(gzip.compress(tarred({"submission.py": os.urandom(5000)})))
    packed[2000] ^= 0xFF
    with pytest.raises(SubmissionError, match="damaged"):
        load(bytes(packed), "a.tgz")


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "is empty"),
        (zipped({}), "nothing in it"),
        (b"not an archive at all, only text" * 30, "damaged"),
        (b"Rar!\x1a\x07\x01\x00" + b"x" * 600, "a RAR archive"),
        (b"7z\xbc\xaf\x27\x1c" + b"x" * 600, "a 7-Zip archive"),
        (b"%PDF-1.7" + b"x" * 600, "a PDF"),
        (b"<!DOCTYPE html><title>Log in</title>" + b" " * 600, "a web page"),
    ],
)
@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_what_is_no_archive_is_refused_in_words(load, name, data, words):
    with pytest.raises(SubmissionError, match=words):
        load(data, name)


def test_an_empty_tar_has_nothing_in_it(load):
    with pytest.raises(SubmissionError, match="nothing in it"):
        load(tarred({}), "a.tar")


def test_an_encrypted_zip_is_refused(load):
    data = bytearray(zipped({"submission.py": PLUGIN}))
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1

    with pytest.raises(SubmissionError, match="password"):
        load(bytes(data))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_compressed_in_an_unusual_way_is_refused(load, method):
    with pytest.raises(SubmissionError, match="unusual way"):
        load(zipped({"submission.py": PLUGIN}, method))


def test_an_archive_inside_an_archive_is_to_be_unpacked(load):
    with pytest.raises(SubmissionError, match=r"'inner.zip': unpack it"):
        load(zipped({"inner.zip": zipped({"submission.py": PLUGIN})}))


@pytest.mark.parametrize("name", ["zeros.txt", "zeros.bin"])
def test_a_bomb_is_refused_by_its_ratio(load, name):
    with pytest.raises(SubmissionError, match="zip bomb"):
        load(zipped({"submission.py": PLUGIN, name: bytes(3 << 20)}))
    for packer in ("a.tar.gz", "a.tar.xz", "a.tar.bz2"):
        bomb = PACKERS[f"work{packer[1:]}"]({"submission.py": PLUGIN, name: bytes(3 << 20)})
        with pytest.raises(SubmissionError, match="zip bomb"):
            load(bomb, packer)


def with_declared_size(data: bytes, size: int) -> bytes:
    """Let the last entry of a zip declare another size, in both of its headers."""
    changed = bytearray(data)
    local, central = data.rindex(b"PK\x03\x04"), data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", changed, local + 22, size)
    struct.pack_into("<I", changed, central + 24, size)
    return bytes(changed)


@pytest.mark.parametrize("declared", [0, 10, 5 << 20, 0xFFFFFFFE])
def test_a_zip_that_lies_about_its_sizes_is_refused(load, declared):
    data = with_declared_size(zipped({"submission.py": PLUGIN, "zeros.txt": bytes(8 << 20)}), declared)

    with pytest.raises(SubmissionError):
        load(data)


def test_limits_on_files_bytes_and_entries_hold_and_are_named(load):
    small = LoadLimits(files=3, file_bytes=1000, total_bytes=2000)
    with pytest.raises(SubmissionError, match="more than 3 files"):
        load(zipped({f"m{i}.py": b"x" for i in range(4)}), limits=small)
    with pytest.raises(SubmissionError, match="more than 30 entries"):
        load(zipped({f"m{i}.jpg": b"x" for i in range(31)}), limits=small)
    with pytest.raises(SubmissionError, match=r"'big.py' has 1001 bytes; at most 1000 bytes"):
        load(zipped({"big.py": b"x" * 1001}), limits=small)
    with pytest.raises(SubmissionError, match=r"more than 1.95 KiB"):
        load(zipped({f"m{i}.py": os.urandom(900) for i in range(3)}), limits=small)
    with pytest.raises(SubmissionError, match="at most 100 bytes"):
        load(zipped({"submission.py": os.urandom(200)}), limits=LoadLimits(archive_bytes=100))


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
def test_a_hundred_thousand_entries_are_refused_in_little_memory(load, name):
    entries = {f"{i}.py": b"" for i in range(100_000)}
    data = zipped(entries, zipfile.ZIP_STORED) if name == "a.zip" else gzip.compress(tarred(entries), 1)
    tracemalloc.start()
    try:
        with pytest.raises(SubmissionError, match=r"too many entries|more than"):
            load(data, name)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < len(data) + 3 * LIMITS.total_bytes


def test_a_chain_of_extension_headers_is_walked_without_recursion(load):
    link = tarfile.TarInfo("x")
    link.type, link.size = tarfile.XHDTYPE, 12
    record = link.tobuf() + b"12 mtime=10\n".ljust(512, b"\0")
    assert load(record * 5000 + tarred({"submission.py": PLUGIN}), "a.tar").files[0].content == PLUGIN


@pytest.mark.parametrize(
    "payload",
    [b"5 ab\n", b"999 path=x\n", b"-3 path=x\n", b"path=x\n", b"9" * 600, b"12 path=x\n\0", b" x=1\n"],
)
def test_a_malformed_pax_header_is_refused(load, payload):
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, len(payload)
    padded = payload + bytes(-len(payload) % 512)

    with pytest.raises(SubmissionError, match="damaged"):
        load(header.tobuf() + padded + tarred({"submission.py": PLUGIN}), "a.tar")


def test_a_header_with_a_negative_size_is_refused(load):
    header = bytearray(tarfile.TarInfo("x.py").tobuf())
    header[124:136] = b"\xff" * 12
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])

    with pytest.raises(SubmissionError, match="damaged"):
        load(bytes(header) + tarred({"submission.py": PLUGIN}), "a.tar")


def test_an_xz_stream_that_asks_for_gigabytes_of_memory_is_refused(load):
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 256 << 20}]
    data = lzma.compress(tarred({"submission.py": PLUGIN}), filters=filters)

    with pytest.raises(SubmissionError, match="damaged"):
        load(data, "a.tar.xz")
