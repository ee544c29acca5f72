//! What is too large to be held whole: sealed piece by piece under one key, and digested while it goes by.

use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::cipher::{KEY_BYTES, SecretKey, begin_mac, decrypt, encrypt, mac, random};
use super::{Sealed, Vault, VaultError};

/// The key of one thing, whose pieces it seals and opens. It is kept wrapped in its [`Sealed`].
pub struct PieceKey(SecretKey);

impl std::fmt::Debug for PieceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PieceKey(..)")
    }
}

impl PieceKey {
    /// Seals a piece. It opens with the same `about` only, which says whose piece it is and which of how many; what a
    /// [`Sealed`] holds has an empty one.
    ///
    /// # Errors
    /// [`VaultError::NoRandom`].
    pub fn seal(&self, about: &[u8], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        encrypt(&self.0, about, plain)
    }

    /// Opens what [`PieceKey::seal`] sealed.
    ///
    /// # Errors
    /// [`VaultError::WrongKey`] when it was changed, or is another piece.
    pub fn open(&self, about: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        decrypt(&self.0, about, sealed)
    }
}

/// A keyed digest of what goes by, the same as [`Vault::digest`] of all of it.
pub struct Digester(Hmac<Sha256>);

impl Digester {
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// 64 hexadecimal digits.
    pub fn finish(self) -> String {
        HEXLOWER.encode(&self.0.finalize().into_bytes())
    }
}

impl Vault {
    /// Seals `plain` under a key of its own, as [`Vault::seal`], and gives the key for the pieces that belong to it.
    ///
    /// # Errors
    /// [`VaultError::NoRandom`].
    pub fn seal_with_pieces(&self, plain: &[u8]) -> Result<(Sealed, PieceKey), VaultError> {
        let key = Zeroizing::new(random::<KEY_BYTES>()?);
        let sealed = Sealed { wrapped_key: self.wrap(&key)?, body: encrypt(&key, b"", plain)? };
        Ok((sealed, PieceKey(key)))
    }

    /// The key of what was sealed by [`Vault::seal_with_pieces`].
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn piece_key(&self, sealed: &Sealed) -> Result<PieceKey, VaultError> {
        if sealed.wrapped_key.is_empty() {
            return Err(VaultError::Erased);
        }
        self.unwrap(&sealed.wrapped_key).map(PieceKey)
    }

    /// Begins a keyed digest.
    pub fn digester(&self, purpose: &str) -> Digester {
        Digester(begin_mac(&mac(&self.root, purpose.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_opens_in_its_own_place_only() {
        let vault = Vault::generate().unwrap();
        let (sealed, key) = vault.seal_with_pieces(b"name").unwrap();
        assert_eq!(vault.open(&sealed).unwrap(), b"name");
        let piece = key.seal(b"1 of 2", b"content").unwrap();
        let again = vault.piece_key(&sealed).unwrap();
        assert_eq!(again.open(b"1 of 2", &piece).unwrap().as_slice(), b"content");
        for about in [&b"2 of 2"[..], b"1 of 3", b""] {
            assert!(matches!(again.open(about, &piece), Err(VaultError::WrongKey)));
        }
        let mut changed = piece.clone();
        changed[30] ^= 1;
        assert!(matches!(again.open(b"1 of 2", &changed), Err(VaultError::WrongKey)));
        let (_, other) = vault.seal_with_pieces(b"name").unwrap();
        assert!(matches!(other.open(b"1 of 2", &piece), Err(VaultError::WrongKey)));
        let erased = Sealed { wrapped_key: Vec::new(), ..sealed };
        assert!(matches!(vault.piece_key(&erased), Err(VaultError::Erased)));
    }

    #[test]
    fn a_rotated_key_still_opens_pieces() {
        let vault = Vault::generate().unwrap();
        let (mut sealed, key) = vault.seal_with_pieces(b"name").unwrap();
        let piece = key.seal(b"1", b"content").unwrap();
        let number = vault.add_key().unwrap();
        vault.wrap_with(number, &vault.mark(number).unwrap()).unwrap();
        sealed.wrapped_key = vault.rewrap(&sealed.wrapped_key).unwrap().unwrap();
        assert_eq!(vault.piece_key(&sealed).unwrap().open(b"1", &piece).unwrap().as_slice(), b"content");
    }

    #[test]
    fn a_digest_bit_by_bit_is_that_of_the_whole() {
        let vault = Vault::generate().unwrap();
        let mut digest = vault.digester("attachment");
        digest.update(b"one ");
        digest.update(b"two");
        assert_eq!(digest.finish(), vault.digest("attachment", b"one two"));
    }
}
