//! Chance without a state: the same seed and the same place give the same number, whoever asks and in whatever order.

/// A place in the tree of all chances of one world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(mix(seed ^ 0x9e37_79b9_7f4a_7c15))
    }

    /// The chance at a place under this one.
    pub(crate) const fn at(self, place: u64) -> Self {
        Self(mix(self
            .0
            .wrapping_add(place.wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .wrapping_add(1)))
    }

    pub(crate) const fn bits(self) -> u64 {
        self.0
    }

    /// From 0 up to, and without, 1.
    pub(crate) const fn unit(self) -> f32 {
        (self.0 >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// A whole number from 0 up to, and without, `end`; 0 when `end` is 0.
    pub(crate) const fn below(self, end: u64) -> u64 {
        if end == 0 { 0 } else { (self.0 >> 11) % end }
    }

    /// 64 hexadecimal digits, as ids have.
    pub(crate) fn hex(self) -> String {
        let part = |n| self.at(n).bits();
        let (a, b, c, d) = (part(0), part(1), part(2), part(3));
        format!("{a:016x}{b:016x}{c:016x}{d:016x}")
    }

    /// Around 1: within `spread` on either side.
    pub(crate) fn around(self, spread: f32) -> f32 {
        1.0 + (self.unit() * 2.0 - 1.0) * spread
    }
}

/// The finaliser of `SplitMix64`: every bit of the input changes half of the output's.
const fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_even_and_independent_of_order() {
        let root = Chance::new(1);
        let mean = (0..10_000).map(|n| root.at(n).unit()).sum::<f32>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
        assert_eq!(root.at(3).at(9), Chance::new(1).at(3).at(9));
        assert_ne!(root.at(3).at(9), root.at(9).at(3));
        assert!((0..1_000).all(|n| root.at(n).below(7) < 7));
    }
}
