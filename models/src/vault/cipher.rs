//! The primitives of the vault: random bytes, keyed digests, and one message under one key.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::VaultError;

pub(super) const KEY_BYTES: usize = 32;
pub(super) const NONCE_BYTES: usize = 24;
pub(super) const TAG_BYTES: usize = 16;

/// Key bytes that are wiped when they are dropped.
pub(super) type SecretKey = Zeroizing<[u8; KEY_BYTES]>;

/// Random bytes of the operating system.
///
/// # Errors
/// [`VaultError::NoRandom`].
pub fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).map_err(|_| VaultError::NoRandom)?;
    Ok(bytes)
}

/// HMAC-SHA-256 (RFC 2104), to be fed bit by bit.
pub(super) fn begin_mac(key: &[u8; KEY_BYTES]) -> Hmac<Sha256> {
    // HMAC pads a key shorter than its 64-byte block with zeros (RFC 2104 section 2).
    let mut block = Zeroizing::new([0u8; 64]);
    block[..KEY_BYTES].copy_from_slice(key);
    <Hmac<Sha256> as KeyInit>::new(&(*block).into())
}

/// HMAC-SHA-256 of a whole message.
pub(super) fn mac(key: &[u8; KEY_BYTES], bytes: &[u8]) -> [u8; KEY_BYTES] {
    let mut mac = begin_mac(key);
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

/// XChaCha20-Poly1305 under a random nonce, which stands in front of the result. `about` is not encrypted, but
/// the result opens with the same `about` only.
pub(super) fn encrypt(key: &[u8; KEY_BYTES], about: &[u8], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
    let nonce = random::<NONCE_BYTES>()?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let payload = Payload { msg: plain, aad: about };
    let body = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::NoRandom)?;
    Ok([nonce.as_slice(), &body].concat())
}

/// Opens what [`encrypt`] made.
pub(super) fn decrypt(
    key: &[u8; KEY_BYTES],
    about: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let (nonce, body) = sealed.split_at_checked(NONCE_BYTES).ok_or(VaultError::WrongKey)?;
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| VaultError::WrongKey)?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let payload = Payload { msg: body, aad: about };
    let plain = cipher.decrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::WrongKey)?;
    Ok(Zeroizing::new(plain))
}
