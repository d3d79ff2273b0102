"""Zip and tar archives, field by field, so that each field can be a lie."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import zlib

BLOCK = 512
METHODS = (0, 0, 8, 8, 8, 1, 9, 12, 14, 93, 99, 0xFFFF)
FLAGS = (0, 0x8, 0x8, 0x1, 0x40, 0x20, 0x2000, 0xFFFF)
MODES = (0, 0o120777, 0o010644, 0o020644, 0o140644, 0o104755, 0o040755)
NUMBERS = (0, 1, 30, 46, 0xFFFF, 0xFFFFFFFE, 0xFFFFFFFF, 2**31)
EXTRAS = (
    b"",
    b"\x01\x00\x10\x00" + b"\xff" * 16,  # zip64 sizes
    b"\x01\x00\x08\x00" + struct.pack("<Q", 40),
    b"\x01\x00\x00\x00",
    b"\x01\x00\xff\xff",
    b"\x75\x70\x0a\x00\x01\0\0\0\0other",  # a second name
    b"\x75\x70\x00\x00",
    b"\x55\x54\x05\x00\x01\0\0\0\0",
    b"\x99",
    b"\x0a\x00\x20\x00" + bytes(32),
)


def zipped(random, entries):
    """Return a zip archive of (name, content) pairs, in which any field may be wrong."""
    data, records = bytearray(random.choice((b"", b"", b"", b"stub" * 9))), []
    for name, content in entries:
        records.append(_record(random, data, name, content))
    if records and random.random() < 0.1:
        records += [random.choice(records)] * random.choice((1, 3, 60))  # entries that overlap
    start = len(data)
    for record in records:
        data += record
    size, count = len(data) - start, len(records)
    fields = [0, 0, count, count, size, start]
    if random.random() < 0.08:
        index = random.randrange(6)
        fields[index] = random.choice(NUMBERS) & (0xFFFF if index < 4 else 0xFFFFFFFF)
    if random.random() < 0.06:
        data += _zip64_end(random, fields, len(data))
    comment = random.choice((b"",) * 12 + (b"a comment", b"PK\x05\x06" + bytes(18), b"x" * 66_000))
    data += struct.pack("<4s4H2LH", b"PK\x05\x06", *fields, len(comment) & 0xFFFF) + comment
    return bytes(data)


def _record(random, data, name, content):
    """Append an entry to ``data``; return its record of the directory."""
    method = random.choice(METHODS) if random.random() < 0.12 else random.choice((0, 8))
    packed = content
    if method == 8:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = packer.compress(content) + packer.flush()
    flags = random.choice(FLAGS) if random.random() < 0.15 else 0x800
    extra = random.choice(EXTRAS) if random.random() < 0.15 else b""
    mode = random.choice(MODES) if random.random() < 0.15 else 0o100644
    offset = len(data)
    numbers = [zlib.crc32(content), len(packed), len(content)]
    local = list(numbers)
    for wrong in (numbers, local):
        if random.random() < 0.06:
            wrong[random.randrange(3)] = random.choice(NUMBERS)
    if random.random() < 0.05:
        offset = random.choice(NUMBERS)
    version = random.choice((45, 63, 64, 0xFFFF)) if random.random() < 0.03 else 20
    listed = name if random.random() < 0.98 else name + b"\0.py"
    data += struct.pack(
        "<4s5H3L2H", b"PK\x03\x04", version, flags, method, 0, 33, *local, len(name), len(extra)
    )
    data += name + extra + packed
    if flags & 0x8:
        data += struct.pack("<4s3L", b"PK\x07\x08", *local)
    head = (b"PK\x01\x02", version, 3, version, 0, flags, method, 0, 33, *numbers)
    tail = (len(listed), len(extra), 0, 0, 0, mode << 16, offset)
    return struct.pack("<4s4B4HL2L5H2L", *_fit(head), *tail) + listed + extra


def _fit(head):
    signature, version, system, needed, reserved, *rest = head
    return (signature, version & 0xFF, system, needed & 0xFF, reserved, *rest)


def _zip64_end(random, fields, position):
    wide = [*fields[:4], *fields[4:]]
    if random.random() < 0.5:
        wide[random.randrange(6)] = random.choice((0, 1, 2**31, 2**63, 2**64 - 1)) & 0xFFFF
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, *wide)
    where = random.choice((position, position, 0, 2**63))
    return record + struct.pack("<4sLQL", b"PK\x06\x07", 0, where, 1)


TYPES = (
    b"0",
    b"0",
    b"0",
    b"0",
    b"\0",
    b"5",
    b"1",
    b"2",
    b"3",
    b"4",
    b"6",
    b"7",
    b"L",
    b"K",
    b"x",
    b"g",
    b"S",
    b"V",
    b"X",
    b"?",
)
SIZES = (b"00000000000\0", b"77777777777\0", b"-0000000001\0", b"\x80" + b"\0" * 10 + b"\x01", b"\xff" * 12)
RECORDS = (
    b"20 path=a/inside.py\n",
    b"14 size=99999\n",
    b"9 size=5\n",
    b"11 size=-1\n",
    b"24 GNU.sparse.major=1\n",
    b"30 mtime=1.5\n",
    b"99999999999 a=b\n",
    b"0 =\n",
    b" a=b\n",
    b"5 a=\n",
    b"12 path=\xff\xfe\n",
)


def tarred(random, entries):
    """Return a tar archive of (name, content) pairs, in which any field may be wrong."""
    data = bytearray()
    for name, content in entries:
        if random.random() < 0.2:
            data += _extension(random, name)
        kind = random.choice(TYPES) if random.random() < 0.12 else b"0"
        data += _block(random, name, content, kind)
    end = random.choice((2 * BLOCK,) * 12 + (20 * BLOCK, BLOCK, 0, 100))
    return bytes(data) + bytes(end)


def _extension(random, name):
    kind = random.choice((b"x", b"x", b"g", b"L", b"K"))
    if kind in (b"L", b"K"):
        return _block(random, b"././@LongLink", name * random.choice((1, 1, 9)) + b"\0", kind)
    record = b" path=" + name + b"\n"
    digits = len(record) + 2 + (len(record) > 97)
    honest = str(digits).encode() + record
    return _block(
        random, b"PaxHeaders/x", b"".join((honest, *random.choices(RECORDS, k=random.randrange(3)))), kind
    )


def _block(random, name, content, kind):
    size = b"%011o\0" % len(content) if random.random() < 0.93 else random.choice(SIZES)
    magic = random.choice((b"ustar\x0000", b"ustar\x0000", b"ustar  \0", b"\0" * 8))
    prefix = random.choice((b"",) * 14 + (b"prefix/x", b"../.."))
    head = b"%-8s" % b"0000644\0" + b"0000000\0" * 2 + size + b"00000000000\0"
    head = name[:100].ljust(100, b"\0") + head + b" " * 8 + kind + b"target".ljust(100, b"\0") + magic
    head = (head + bytes(80) + prefix).ljust(BLOCK, b"\0")[:BLOCK]
    total = sum(head) if random.random() < 0.98 else 7
    head = head[:148] + b"%06o\0 " % total + head[156:]
    return head + content + bytes(-len(content) % BLOCK)


def compressed(random, data):
    """Return a tar archive compressed in some way, perhaps in several streams, perhaps not to its end."""
    pack = random.choice(
        (
            bytes,
            lambda part: gzip.compress(part, 1, mtime=0),
            lambda part: bz2.compress(part, 1),
            lambda part: lzma.compress(part, preset=0),
        )
    )
    if random.random() < 0.15:
        cut = random.randrange(len(data) + 1)
        packed = pack(data[:cut]) + pack(b"") * random.choice((0, 1, 30)) + pack(data[cut:])
    else:
        packed = pack(data)
    if random.random() < 0.1:
        packed += random.choice((b"\0" * 100, b"trailing", packed[:40]))
    return packed if random.random() < 0.93 else packed[: random.randrange(len(packed) + 1)]
