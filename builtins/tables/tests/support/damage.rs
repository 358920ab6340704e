//! Damages to files that look random and are always the same.

/// A small generator whose numbers are the same everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    /// A generator; any seed is good.
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Self(seed ^ 0x9e37_79b9_7f4a_7c15);
        dice.0 = dice.0.max(1);
        // Near seeds begin with near numbers.
        for _ in 0..4 {
            dice.next();
        }
        dice
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`; 0 where there is none.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }
}

/// Overwrites one to three places with numbers that hurt.
pub(crate) fn overwrite(bytes: &mut [u8], dice: &mut Dice) {
    for _ in 0..=dice.below(3) {
        // Headers are at the beginning, the index of one manager at the end.
        let at = match dice.below(4) {
            0 => dice.below(bytes.len().min(160)),
            1 => bytes.len().saturating_sub(1 + dice.below(400)),
            2 => dice.below(bytes.len()) & !3,
            _ => dice.below(bytes.len()),
        };
        let number = match dice.below(8) {
            0 => 0,
            1 => u32::MAX,
            2 => 0x7fff_ffff,
            3 => 0x8000_0000,
            4 => 1 << dice.below(32),
            5 => u32::try_from(dice.below(300)).unwrap(),
            6 => u32::try_from(bytes.len()).unwrap(),
            _ => u32::try_from(dice.next() >> 32).unwrap(),
        };
        let number = if dice.below(2) == 0 { number.to_be_bytes() } else { number.to_le_bytes() };
        let width = [1, 4, 4, 4][dice.below(4)];
        for (to, from) in bytes.iter_mut().skip(at).zip(&number[..width]) {
            *to = *from;
        }
    }
}

/// Turns one to eight bits over.
pub(crate) fn flip(bytes: &mut [u8], dice: &mut Dice) {
    for _ in 0..=dice.below(8) {
        let at = dice.below(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << dice.below(8);
        }
    }
}

/// Fails when a damaged number has made this process large.
pub(crate) fn little_memory() {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return };
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kilobytes < 400_000, "{kilobytes} kB");
}
