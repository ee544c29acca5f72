//! Signatures as bytes, for a store.
//!
//! A byte that names the form; then words, matter, title, names, topics and offices, each as a count and so many hashes
//! (32 bits, little-endian) with their weights (16 bits, in 65,535ths); then towns and regions, each as a count and so
//! many hashes; then the copy key; then a byte for each entry of matter and of names, its clause. A count is one byte.

use super::clauses::Placed;
use super::signature::{Signature, Sparse};
use crate::copies::CopyKey;

const FORM: u8 = 3;
/// The forms before: the one ends before the clauses, the other before the copy key.
const WITHOUT_CLAUSES: u8 = 2;
const WITHOUT_KEY: u8 = 1;
const STEPS: f32 = 65_535.0;

/// Bytes that are no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    #[error("a signature of form {0}; this program reads the forms {WITHOUT_KEY} to {FORM}")]
    Form(u8),
    #[error("a signature that ends too early or too late")]
    Length,
}

/// The nearest weight that can be kept, so that a signature from a store is the one that went in.
pub(super) fn rounded(weight: f32) -> f32 {
    weight_of(level_of(weight))
}

fn level_of(weight: f32) -> u16 {
    (weight.clamp(0.0, 1.0) * STEPS).round() as u16
}

fn weight_of(level: u16) -> f32 {
    f32::from(level) / STEPS
}

impl Signature {
    /// The signature as bytes: some hundreds, and 1,500 where every part is full, besides its towns.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORM];
        for part in
            [&self.words, &self.matter.entries, &self.title, &self.names.entries, &self.topics, &self.offices]
        {
            let part = &part[..part.len().min(usize::from(u8::MAX))];
            bytes.push(part.len() as u8);
            for &(hash, weight) in part {
                bytes.extend(hash.to_le_bytes());
                bytes.extend(level_of(weight).to_le_bytes());
            }
        }
        for part in [&self.towns, &self.regions] {
            let part = &part[..part.len().min(usize::from(u8::MAX))];
            bytes.push(part.len() as u8);
            part.iter().for_each(|hash| bytes.extend(hash.to_le_bytes()));
        }
        bytes.extend(self.copy.to_bytes());
        for part in [&self.matter, &self.names] {
            bytes.extend(part.clauses.iter().take(usize::from(u8::MAX)));
        }
        bytes
    }

    /// Reads what [`Signature::to_bytes`] wrote, or what it wrote before there were copy keys or clauses.
    ///
    /// # Errors
    /// Bytes of another form, or of another length than they tell.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadSignature> {
        let mut rest = Rest(bytes);
        let [form] = rest.take::<1>()?;
        if ![FORM, WITHOUT_CLAUSES, WITHOUT_KEY].contains(&form) {
            return Err(BadSignature::Form(form));
        }
        let mut signature = Self {
            words: rest.sparse()?,
            matter: rest.placed()?,
            title: rest.sparse()?,
            names: rest.placed()?,
            topics: rest.sparse()?,
            offices: rest.sparse()?,
            towns: rest.hashes()?,
            regions: rest.hashes()?,
            copy: if form != WITHOUT_KEY { CopyKey::from_bytes(rest.take()?) } else { CopyKey::default() },
        };
        if form == FORM {
            for clause in signature.matter.clauses.iter_mut().chain(&mut signature.names.clauses) {
                [*clause] = rest.take()?;
            }
        }
        if rest.0.is_empty() { Ok(signature) } else { Err(BadSignature::Length) }
    }
}

/// What is still to be read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], BadSignature> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(BadSignature::Length)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn sparse(&mut self) -> Result<Sparse, BadSignature> {
        let [count] = self.take::<1>()?;
        (0..count)
            .map(|_| {
                let hash = u32::from_le_bytes(self.take()?);
                Ok((hash, weight_of(u16::from_le_bytes(self.take()?))))
            })
            .collect()
    }

    /// Entries whose clauses are not read yet.
    fn placed(&mut self) -> Result<Placed, BadSignature> {
        self.sparse().map(Placed::nowhere)
    }

    fn hashes(&mut self) -> Result<Vec<u32>, BadSignature> {
        let [count] = self.take::<1>()?;
        (0..count).map(|_| Ok(u32::from_le_bytes(self.take()?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_signature_comes_back_from_its_bytes(
            words in proptest::collection::btree_map(any::<u32>(), any::<(u16, u8)>(), 0..64),
            towns in proptest::collection::vec(any::<u32>(), 0..5),
        ) {
            let clauses = words.values().map(|(_, clause)| *clause).collect();
            let words: Sparse = words.iter().map(|(hash, (level, _))| (*hash, weight_of(*level))).collect();
            let names = Placed { entries: words.clone(), clauses };
            let signature = Signature { words, matter: names.clone(), names, towns, ..Signature::default() };
            prop_assert_eq!(Signature::from_bytes(&signature.to_bytes()), Ok(signature));
        }

        #[test]
        fn other_bytes_are_refused_or_read_whole(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(signature) = Signature::from_bytes(&bytes) {
                let written = signature.to_bytes();
                prop_assert_eq!(&written[1..bytes.len()], &bytes[1..]);
            }
        }
    }

    #[test]
    fn of_a_signature_from_before_there_were_clauses_none_is_known() {
        let names = Placed { entries: vec![(7, 1.0), (8, 0.0)], clauses: vec![3, 4] };
        let signature = Signature { names, ..Signature::default() };
        let mut bytes = signature.to_bytes();
        bytes[0] = WITHOUT_CLAUSES;
        bytes.truncate(bytes.len() - 2);
        let read = Signature::from_bytes(&bytes).unwrap();
        assert_eq!(read.names, Placed::nowhere(signature.names.entries));
    }

    #[test]
    fn a_damaged_signature_is_named() {
        let bytes = Signature::default().to_bytes();
        assert_eq!(bytes[..9], [FORM, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(Signature::from_bytes(&[WITHOUT_KEY, 0, 0, 0, 0, 0, 0, 0, 0]), Ok(Signature::default()));
        assert_eq!(
            Signature::from_bytes(&[&[WITHOUT_CLAUSES], &bytes[1..]].concat()),
            Ok(Signature::default())
        );
        assert_eq!(Signature::from_bytes(&bytes[..8]), Err(BadSignature::Length));
        assert_eq!(Signature::from_bytes(&[bytes.as_slice(), &[0]].concat()), Err(BadSignature::Length));
        assert_eq!(Signature::from_bytes(&[9]), Err(BadSignature::Form(9)));
        assert_eq!(Signature::from_bytes(&[]), Err(BadSignature::Length));
    }
}
