"""How many blocks a DEFLATE stream has (RFC 1951, spec 2.13). What it unpacks to is zlib's to say."""

LENGTH_EXTRA = [0] * 8 + [bits for bits in range(1, 6) for _ in range(4)] + [0]
DISTANCE_EXTRA = [0, 0] + [bits for bits in range(14) for _ in range(2)]
CODE_LENGTH_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
FIXED = [8] * 144 + [9] * 112 + [7] * 24 + [8] * 8, [5] * 30
# A block of nothing by the fixed codes.
SHORTEST_BLOCK_BITS = 10


def has_more_blocks(packed, most):
    """Whether a stream that zlib has read to its end has more than `most` blocks."""
    if len(packed) * 8 < SHORTEST_BLOCK_BITS * (most + 1):
        return False
    bits, blocks, is_last = Bits(packed), 0, False
    while not is_last and blocks <= most:
        is_last, kind = bits.take(1) == 1, bits.take(2)
        blocks += 1
        if kind == 0:
            bits.skip_stored()
        else:
            skip_codes(bits, *(FIXED if kind == 1 else read_lengths(bits)))
    return blocks > most


class Bits:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        value = 0
        for place in range(count):
            value |= (self.data[self.at >> 3] >> (self.at & 7) & 1) << place
            self.at += 1
        return value

    def skip_stored(self):
        self.at = (self.at + 7) // 8 * 8
        length = self.take(16)
        self.at += 16 + length * 8

    def symbol(self, codes):
        code, length = 0, 0
        while (length, code) not in codes:
            code, length = code << 1 | self.take(1), length + 1
        return codes[length, code]


def codes_of(lengths):
    """Symbols by length and code (RFC 1951, 3.2.2)."""
    codes, code = {}, 0
    for length in range(1, 16):
        for symbol, own in enumerate(lengths):
            if own == length:
                codes[length, code] = symbol
                code += 1
        code <<= 1
    return codes


def read_lengths(bits):
    literals, distances, used = bits.take(5) + 257, bits.take(5) + 1, bits.take(4) + 4
    own = [0] * 19
    for symbol in CODE_LENGTH_ORDER[:used]:
        own[symbol] = bits.take(3)
    codes, lengths = codes_of(own), []
    while len(lengths) < literals + distances:
        symbol = bits.symbol(codes)
        if symbol < 16:
            lengths.append(symbol)
        elif symbol == 16:
            lengths += lengths[-1:] * (3 + bits.take(2))
        else:
            lengths += [0] * (3 + bits.take(3) if symbol == 17 else 11 + bits.take(7))
    return lengths[:literals], lengths[literals:]


def skip_codes(bits, literals, distances):
    literal_codes, distance_codes = codes_of(literals), codes_of(distances)
    while (symbol := bits.symbol(literal_codes)) != 256:
        if symbol > 256:
            bits.take(LENGTH_EXTRA[symbol - 257])
            bits.take(DISTANCE_EXTRA[bits.symbol(distance_codes)])
