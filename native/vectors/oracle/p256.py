"""ECDSA over P-256 in plain integers: verification alone, so nothing here has to hide what it reckons with."""

import functools
import hashlib

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def is_on_curve(x, y):
    return x < P and y < P and (y * y - (x * x * x - 3 * x + B)) % P == 0


@functools.lru_cache(maxsize=256)
def verify(point, message, r, s):
    if not (1 <= r < N and 1 <= s < N):
        return False
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    inverse = pow(s, -1, N)
    found = multiply_two((digest * inverse % N, (*G, 1)), (r * inverse % N, (*point, 1)))
    if found[2] == 0:
        return False
    return found[0] * pow(found[2], -2, P) % P % N == r


def multiply_two(left, right):
    """The sum of two points, each as often as it says, bit by bit together."""
    (one, first), (other, second) = left, right
    both = add(first, second)
    total = (1, 1, 0)
    for place in reversed(range(256)):
        total = double(total)
        bits = (one >> place & 1, other >> place & 1)
        if bits != (0, 0):
            total = add(total, both if bits == (1, 1) else first if bits == (1, 0) else second)
    return total


def double(point):
    """Jacobian coordinates: x / z², y / z³; z is 0 at infinity."""
    x, y, z = point
    if z == 0 or y == 0:
        return 1, 1, 0
    squared = y * y % P
    s = 4 * x * squared % P
    m = 3 * (x - z * z) * (x + z * z) % P
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * squared * squared) % P, 2 * y * z % P


def add(left, right):
    if left[2] == 0:
        return right
    if right[2] == 0:
        return left
    z1, z2 = left[2] * left[2] % P, right[2] * right[2] % P
    u1, u2 = left[0] * z2 % P, right[0] * z1 % P
    s1, s2 = left[1] * right[2] * z2 % P, right[1] * left[2] * z1 % P
    if u1 == u2:
        return double(left) if s1 == s2 else (1, 1, 0)
    h, r = (u2 - u1) % P, (s2 - s1) % P
    squared = h * h % P
    cubed, v = h * squared % P, u1 * squared % P
    x3 = (r * r - cubed - 2 * v) % P
    return x3, (r * (v - x3) - s1 * cubed) % P, h * left[2] * right[2] % P


def read_p1363(data):
    """r and s, or None."""
    return (int.from_bytes(data[:32], "big"), int.from_bytes(data[32:], "big")) if len(data) == 64 else None


def read_der(data):
    """r and s of the shortest form (spec 2.18), or None."""
    if len(data) < 2 or data[0] != 0x30 or data[1] >= 0x80 or data[1] != len(data) - 2:
        return None
    numbers, at = [], 2
    while at < len(data):
        if data[at] != 0x02 or at + 2 > len(data) or data[at + 1] >= 0x80:
            return None
        content = data[at + 2 : at + 2 + data[at + 1]]
        if len(content) != data[at + 1] or content == b"" or content[0] >= 0x80:
            return None
        if len(content) > 1 and content[0] == 0 and content[1] < 0x80:
            return None
        numbers.append(int.from_bytes(content, "big"))
        at += 2 + len(content)
    return tuple(numbers) if len(numbers) == 2 else None
