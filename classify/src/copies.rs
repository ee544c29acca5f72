//! Copies: texts that are nearly the same, such as a letter sent again with another greeting or a call typed twice.
//!
//! A text is known by the smallest hashes of its runs of three characters, one for each of some bins (one permutation
//! hashing, Li, Owen and Zhang 2012): the part of bins in which two keys agree is about the part of runs that the two texts
//! have in common.

/// How many bins a key has.
const BINS: usize = 32;
/// Texts whose keys agree in this part of their bins are copies. With half of the runs in common that happens to one pair
/// of two hundred, with four fifths to seven of ten.
const COPY: f32 = 0.75;
/// Keys with fewer bins in use say nothing: the texts are too short.
const LEAST: usize = 16;
/// What an unused bin holds.
const UNUSED: u16 = u16::MAX;

/// By which copies of a text are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyKey([u16; BINS]);

impl Default for CopyKey {
    /// The key of a text without a run of three characters.
    fn default() -> Self {
        Self([UNUSED; BINS])
    }
}

impl CopyKey {
    /// How many bytes a key has.
    pub(crate) const BYTES: usize = 2 * BINS;

    /// Takes the hash of a run in.
    pub(crate) fn add(&mut self, hash: u32) {
        let bin = &mut self.0[hash as usize % BINS];
        *bin = (*bin).min((hash >> 16) as u16);
    }

    /// Whether two texts are nearly the same.
    pub(crate) fn is_copy(&self, other: &Self) -> bool {
        let (mut used, mut same) = (0, 0);
        for (a, b) in self.0.iter().zip(&other.0) {
            used += usize::from(*a != UNUSED || *b != UNUSED);
            same += usize::from(a == b && *a != UNUSED);
        }
        used >= LEAST && same as f32 >= COPY * used as f32
    }

    pub(crate) fn to_bytes(self) -> [u8; Self::BYTES] {
        std::array::from_fn(|at| self.0[at / 2].to_le_bytes()[at % 2])
    }

    pub(crate) fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(std::array::from_fn(|bin| u16::from_le_bytes([bytes[2 * bin], bytes[2 * bin + 1]])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::count;
    use crate::segment::Segmenter;

    fn key(text: &str) -> CopyKey {
        count(&Segmenter::new(std::iter::empty()).document("", text).0).copy
    }

    #[test]
    fn a_letter_with_another_greeting_is_a_copy_and_another_of_the_same_matter_is_none() {
        let letter = "望海花园三期从前天起没有自来水，老人小孩没法做饭，打供水公司的电话一直占线，物业说是主管道爆了，\
                      问什么时候修好谁也说不清楚，希望有关部门尽快派人抢修，先安排送水车。";
        let again = format!("尊敬的领导您好！{letter}谢谢！");
        let other = "石浦镇望海花园三期自来水停了三天多，供水公司说正在抢修，请问什么时候能恢复供水？现在天气热，几百户人家\
                     连冲厕所的水都没有，要去隔壁小区提水。";
        assert!(key(letter).is_copy(&key(&again)) && key(&again).is_copy(&key(letter)));
        assert!(!key(letter).is_copy(&key(other)));
    }

    #[test]
    fn what_is_too_short_is_no_copy_of_anything() {
        assert!(!key("路灯不亮").is_copy(&key("路灯不亮")));
        assert!(!CopyKey::default().is_copy(&CopyKey::default()));
    }

    #[test]
    fn a_key_comes_back_from_its_bytes() {
        let key = key("望海花园三期从前天起没有自来水");
        assert_eq!(CopyKey::from_bytes(key.to_bytes()), key);
    }
}
