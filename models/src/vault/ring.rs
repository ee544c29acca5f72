//! The keys of an installation, and the text of the key file that holds them.
//!
//! ```text
//! qingting-keys 2
//! root <64 hexadecimal digits>
//! wrap 1 <64 hexadecimal digits>
//! wrap 2 <64 hexadecimal digits>
//! ```
//!
//! `root` makes the keyed digests and never changes. The wrapping keys are numbered from 1 and stay for good: files
//! and backups that were made under an older one must open. A file of one line of 64 digits is a root key whose
//! wrapping key 1 is derived from it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use data_encoding::HEXLOWER;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::VaultError;
use super::cipher::{KEY_BYTES, SecretKey, mac, random};

const FIRST_LINE: &str = "qingting-keys 2";

/// The root key and the wrapping keys by number; there is always a key 1.
#[derive(Clone)]
pub(super) struct KeyRing {
    root: SecretKey,
    wrapping: BTreeMap<u32, SecretKey>,
}

impl KeyRing {
    pub(super) fn generate() -> Result<Self, VaultError> {
        let root = Zeroizing::new(random::<KEY_BYTES>()?);
        let first = Zeroizing::new(random::<KEY_BYTES>()?);
        Ok(Self { root, wrapping: BTreeMap::from([(1, first)]) })
    }

    /// Reads a key file's text; the error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text
            .lines()
            .map(str::trim)
            .enumerate()
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let Some((_, first)) = lines.next() else { return Err("it is empty".into()) };
        if first != FIRST_LINE {
            return Self::parse_single(first, lines.next().is_some());
        }
        let mut root = None;
        let mut wrapping = BTreeMap::new();
        for (index, line) in lines {
            let wrong = |why: &str| format!("line {}: {why}", index + 1);
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["root", key] if root.is_none() => root = Some(key_of(key).map_err(|e| wrong(&e))?),
                ["wrap", number, key] => {
                    let number = number.parse().ok().filter(|n| *n > 0);
                    let number: u32 = number.ok_or_else(|| wrong("a key's number is 1 or more"))?;
                    if wrapping.insert(number, key_of(key).map_err(|e| wrong(&e))?).is_some() {
                        return Err(wrong(&format!("wrapping key {number} stands twice")));
                    }
                }
                _ => return Err(wrong("allowed are one `root KEY` and `wrap NUMBER KEY`")),
            }
        }
        let root = root.ok_or("the line `root KEY` is missing")?;
        if !wrapping.contains_key(&1) {
            return Err("the line `wrap 1 KEY` is missing".into());
        }
        Ok(Self { root, wrapping })
    }

    /// A file of one line: the root alone.
    fn parse_single(line: &str, more: bool) -> Result<Self, String> {
        if more {
            return Err(format!("its first line must be `{FIRST_LINE}`"));
        }
        let root = key_of(line)
            .map_err(|e| format!("it must begin with `{FIRST_LINE}` or hold one line of 64 digits; {e}"))?;
        let first = Zeroizing::new(mac(&root, b"wrap"));
        Ok(Self { root, wrapping: BTreeMap::from([(1, first)]) })
    }

    /// The text of the key file.
    pub(super) fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(format!("{FIRST_LINE}\nroot {}\n", *hex(&self.root)));
        for (number, key) in &self.wrapping {
            let _ = writeln!(text, "wrap {number} {}", *hex(key));
        }
        text
    }

    pub(super) fn root(&self) -> &[u8; KEY_BYTES] {
        &self.root
    }

    pub(super) fn wrapping(&self, number: u32) -> Option<&SecretKey> {
        self.wrapping.get(&number)
    }

    /// The highest number.
    pub(super) fn newest(&self) -> u32 {
        self.wrapping.keys().next_back().copied().unwrap_or(1)
    }

    /// Adds a random key after the newest; its number.
    pub(super) fn add(&mut self) -> Result<u32, VaultError> {
        let number = self.newest().checked_add(1).ok_or(VaultError::NoRandom)?;
        self.wrapping.insert(number, Zeroizing::new(random::<KEY_BYTES>()?));
        Ok(number)
    }

    /// A short mark of a wrapping key, by which two machines find out that they hold the same one.
    pub(super) fn mark(&self, number: u32) -> Option<String> {
        let digest = mac(self.wrapping(number)?, b"qingting wrapping key");
        Some(HEXLOWER.encode(&digest[..8]))
    }

    /// Takes over the other's keys. Whether there were new ones; `None` and no change when the two contradict.
    pub(super) fn merge(&mut self, other: &Self) -> Option<bool> {
        let same = |a: &SecretKey, b: &SecretKey| bool::from(a.as_slice().ct_eq(b.as_slice()));
        let fits = same(&self.root, &other.root)
            && other
                .wrapping
                .iter()
                .all(|(number, key)| self.wrapping(*number).is_none_or(|own| same(own, key)));
        if !fits {
            return None;
        }
        let before = self.wrapping.len();
        for (number, key) in &other.wrapping {
            self.wrapping.entry(*number).or_insert_with(|| key.clone());
        }
        Some(self.wrapping.len() > before)
    }
}

fn key_of(digits: &str) -> Result<SecretKey, String> {
    let bytes = HEXLOWER.decode(Zeroizing::new(digits.to_ascii_lowercase()).as_bytes()).map(Zeroizing::new);
    let key: Option<[u8; KEY_BYTES]> = bytes.ok().and_then(|bytes| bytes.as_slice().try_into().ok());
    key.map(Zeroizing::new).ok_or_else(|| "a key is 64 hexadecimal digits".into())
}

fn hex(key: &SecretKey) -> Zeroizing<String> {
    Zeroizing::new(HEXLOWER.encode(key.as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_survives_its_text_and_grows() {
        let mut ring = KeyRing::generate().unwrap();
        assert_eq!(ring.add().unwrap(), 2);
        let read = KeyRing::parse(&ring.to_text()).unwrap();
        assert_eq!(read.newest(), 2);
        assert_eq!(read.to_text(), ring.to_text());
        assert_ne!(ring.mark(1), ring.mark(2));
        assert_eq!(ring.mark(3), None);
    }

    #[test]
    fn a_single_line_is_a_root_with_its_first_wrapping_key() {
        let line = format!("{}\n", "0A".repeat(32));
        let ring = KeyRing::parse(&line).unwrap();
        assert_eq!(**ring.wrapping(1).unwrap(), mac(&[10; 32], b"wrap"));
        assert_eq!(KeyRing::parse(&ring.to_text()).unwrap().to_text(), ring.to_text());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let key = "ab".repeat(32);
        for (text, says) in [
            ("".to_owned(), "empty"),
            ("short".to_owned(), "64 digits"),
            (format!("{key}\n{key}"), "first line"),
            (format!("qingting-keys 2\nwrap 1 {key}"), "root KEY"),
            (format!("qingting-keys 2\nroot {key}"), "wrap 1 KEY"),
            (
                format!("qingting-keys 2\nroot {key}\nwrap 1 {key}\nwrap 1 {key}"),
                "line 4: wrapping key 1 stands twice",
            ),
            (format!("qingting-keys 2\nroot {key}\nwrap 0 {key}"), "line 3: a key's number"),
            (format!("qingting-keys 2\nroot {key}\nroot {key}"), "line 3: allowed"),
            (format!("qingting-keys 2\nroot {key}\nwrap 1 {}", &key[2..]), "line 3: a key is 64"),
        ] {
            let error = KeyRing::parse(&text).err().unwrap();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn rings_merge_only_when_they_agree() {
        let mut old = KeyRing::generate().unwrap();
        let mut new = old.clone();
        new.add().unwrap();
        assert_eq!(old.merge(&new), Some(true));
        assert_eq!(old.merge(&new), Some(false));
        let mut other = new.clone();
        new.add().unwrap();
        other.add().unwrap();
        assert_eq!(new.merge(&other), None);
        assert_eq!(new.merge(&KeyRing::generate().unwrap()), None);
    }
}
