//! Small numbers by the hash of what they belong to, read straight from the program's own bytes.
//!
//! A bucket is 16 bytes: eight slots of two bytes, ten bits of the hash and a number of six bits.
//! What is not in the table reads as 0, but for about one look-up in two hundred.

use std::borrow::Cow;

/// Slots of a bucket.
const SLOTS: usize = 8;
/// Bytes of a bucket.
const BUCKET: usize = SLOTS * 2;
/// The bits of a slot that tell one key from another of the same bucket.
const MARK: u32 = 0x3ff;
/// Numbers of six bits by key.
pub(super) struct Table {
    bytes: Cow<'static, [u8]>,
    buckets: u64,
}

impl Table {
    /// The smallest number of a slot.
    pub(super) const LEAST: i32 = -32;
    /// The greatest.
    pub(super) const MOST: i32 = 31;

    pub(super) fn new(bytes: Cow<'static, [u8]>) -> Self {
        let buckets = (bytes.len() / BUCKET) as u64;
        Self { bytes, buckets }
    }

    /// The number of a key, or 0.
    pub(super) fn get(&self, key: u32) -> i32 {
        let from = self.bucket(key) * BUCKET;
        let Some(bucket) = self.bytes.get(from..from + BUCKET) else { return 0 };
        let mark = (key & MARK) as u16;
        // Every slot is looked at without a branch: of a bucket no two have the same mark.
        let found = bucket.chunks_exact(2).fold(0, |found, slot| {
            let slot = u16::from_le_bytes([slot[0], slot[1]]);
            found | if slot >> 6 == mark { slot << 10 } else { 0 }
        });
        i32::from(found as i16 >> 10)
    }

    fn bucket(&self, key: u32) -> usize {
        ((u64::from(key) * self.buckets) >> 32) as usize
    }

    /// A table of these keys and numbers; where too many or equal ones fall into one bucket, the first stay.
    #[cfg(any(test, feature = "testing"))]
    pub(super) fn build(buckets: usize, entries: impl IntoIterator<Item = (u32, i32)>) -> Self {
        let mut table = Self::new(Cow::Owned(vec![0; buckets * BUCKET]));
        for (key, value) in entries {
            let from = table.bucket(key) * BUCKET;
            let value = value.clamp(Self::LEAST, Self::MOST);
            let slot = ((key & MARK) as u16) << 6 | (value as u16 & 0x3f);
            let bytes = &mut table.bytes.to_mut()[from..from + BUCKET];
            let mut slots = bytes.chunks_exact_mut(2);
            let known = slots.any(|s| u16::from_le_bytes([s[0], s[1]]) >> 6 == slot >> 6 && s != [0, 0]);
            let free = bytes.chunks_exact_mut(2).find(|slot| slot == &[0, 0]);
            if let Some(free) = free.filter(|_| value != 0 && !known) {
                free.copy_from_slice(&slot.to_le_bytes());
            }
        }
        table
    }

    #[cfg(any(test, feature = "testing"))]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The key of up to three characters under a number that tells what they are to each other.
pub(super) fn key(what: u32, a: char, b: char, c: char) -> u32 {
    mix(u64::from(what) << 48 | low(a) | low(b) << 16 | low(c) << 32)
}

/// The key of a word of two to four characters.
pub(super) fn word_key(word: [char; 4]) -> u32 {
    mix(low(word[0]) | low(word[1]) << 16 | low(word[2]) << 32 | low(word[3]) << 48)
}

fn low(c: char) -> u64 {
    u64::from(c as u32 & 0xffff)
}

fn mix(x: u64) -> u32 {
    let x = (x ^ x >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ x >> 32).wrapping_mul(0x94d0_49bb_1331_11eb);
    (x >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_gives_back_what_it_was_built_of() {
        let keys: Vec<u32> = ('一'..'丿').map(|c| key(7, c, '人', '\0')).collect();
        let values = |i: usize| i as i32 % 60 - 30;
        let table = Table::build(40, keys.iter().enumerate().map(|(i, &k)| (k, values(i))));
        for (i, &key) in keys.iter().enumerate() {
            assert_eq!(table.get(key), values(i));
        }
        let strange = ('豆'..'豫').filter(|&c| table.get(key(9, c, '人', '\0')) != 0).count();
        assert!(strange < 10, "{strange}");
        assert_eq!(Table::new(Cow::Borrowed(&[])).get(5), 0);
    }
}
