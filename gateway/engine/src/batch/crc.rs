//! CRC-32C of two sections that were summed apart, for the price of a multiplication.
//!
//! A CRC is the remainder of a polynomial over GF(2). Appending bytes multiplies what stands before them by a power
//! of x that only depends on their number ([`Shift`]); so the sum over header and records is
//! `header · x^(8·length) + records`. The power is made of the squares x^(2^k), which are a table.

/// The polynomial of CRC-32C, least significant bit first.
const POLYNOMIAL: u32 = 0x82f6_3b78;
/// x^0: the highest bit stands for the lowest power.
const ONE: u32 = 1 << 31;
/// Powers x^(2^k) for k up to here: enough for lengths of 34 bits.
const SQUARES: usize = 37;
const TABLE: [u32; SQUARES] = table();

/// What summing so many bytes does to the sum before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift(u32);

impl Shift {
    /// Of `length` bytes.
    pub(super) fn by(length: usize) -> Self {
        let mut power = ONE;
        let mut rest = length;
        // A byte is eight powers of x: the table begins at x^(2^3).
        for square in TABLE.iter().skip(3) {
            if rest == 0 {
                break;
            }
            if rest & 1 == 1 {
                power = multiply(*square, power);
            }
            rest >>= 1;
        }
        Self(power)
    }

    /// The sum over two sections one after the other; `self` is of the second one's length.
    pub(super) const fn join(self, first: u32, second: u32) -> u32 {
        multiply(self.0, first) ^ second
    }
}

/// Product of two polynomials, modulo [`POLYNOMIAL`]. Without a branch on the bits: they are as good as random.
const fn multiply(a: u32, b: u32) -> u32 {
    let (mut a, mut b, mut product) = (a, b, 0);
    let mut bit = 0;
    while bit < u32::BITS {
        product ^= b & 0_u32.wrapping_sub(a >> 31);
        a <<= 1;
        b = (b >> 1) ^ (POLYNOMIAL & 0_u32.wrapping_sub(b & 1));
        bit += 1;
    }
    product
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which refuses a wrong index"
)]
const fn table() -> [u32; SQUARES] {
    let mut table = [ONE >> 1; SQUARES];
    let mut k = 1;
    while k < SQUARES {
        table[k] = multiply(table[k - 1], table[k - 1]);
        k += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn two_sections_have_the_sum_of_all_their_bytes(
            first in prop::collection::vec(any::<u8>(), 0..100),
            second in prop::collection::vec(any::<u8>(), 0..70_000),
        ) {
            let joined = Shift::by(second.len()).join(crc32c::crc32c(&first), crc32c::crc32c(&second));
            prop_assert_eq!(joined, crc32c::crc32c(&[first, second].concat()));
        }

        #[test]
        fn any_length_shifts_as_the_general_algorithm_does(
            first: u32, second: u32, length in 0_usize..=(1 << 32),
        ) {
            let joined = Shift::by(length).join(first, second);
            prop_assert_eq!(joined, crc32c::crc32c_combine(first, second, length));
        }
    }
}
