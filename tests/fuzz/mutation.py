"""Changes of bytes that know nothing of what the bytes mean."""

from __future__ import annotations

INTERESTING = (0x00, 0x01, 0x7F, 0x80, 0x90, 0xC0, 0xC1, 0xDD, 0xDF, 0xFF)
LONGEST = 200_000


def mutated(random, data):
    """Return ``data`` with a few bytes changed, taken out, put in or repeated."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 3, 6))):
        if not changed:
            return random.randbytes(random.randrange(40))
        place = random.randrange(len(changed))
        match random.randrange(7):
            case 0:
                changed[place] ^= 1 << random.randrange(8)
            case 1:
                changed[place] = random.choice(INTERESTING)
            case 2:
                del changed[place : place + random.choice((1, 2, 4, 30))]
            case 3:
                changed[place:place] = random.randbytes(random.choice((1, 2, 8, 40)))
            case 4:
                changed[place:place] = changed[place : place + random.choice((1, 4, 30, 512))]
            case 5:
                del changed[place:]
            case 6:
                size = random.choice((1, 2, 4, 8))
                changed[place : place + size] = random.choice((0, 1, 2 ** (8 * size) - 1)).to_bytes(
                    size, "little"
                )
    return bytes(changed[:LONGEST])
