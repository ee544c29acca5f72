//! Signatures (Ed25519, RFC 8032) with a key that hangs on the root key, so that a copy of the database cannot sign.

use data_encoding::HEXLOWER_PERMISSIVE;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use super::Vault;
use super::cipher::mac;

impl Vault {
    /// Signs bytes; 128 hexadecimal digits. Rotating the wrapping keys does not change the signing key.
    pub fn sign(&self, bytes: &[u8]) -> Option<String> {
        Some(HEXLOWER_PERMISSIVE.encode(self.signer()?.sign(bytes).as_ref()))
    }

    /// The key by which anybody checks what [`Vault::sign`] signed; 64 hexadecimal digits.
    pub fn public_key(&self) -> Option<String> {
        Some(HEXLOWER_PERMISSIVE.encode(self.signer()?.public_key().as_ref()))
    }

    fn signer(&self) -> Option<Ed25519KeyPair> {
        let seed = mac(&mac(&self.root, b"signing"), b"ed25519");
        // Any 32 bytes are a seed.
        Ed25519KeyPair::from_seed_unchecked(&seed).ok()
    }
}

/// Whether `signature` is that of `bytes` by the owner of `public_key`, both in hexadecimal digits.
pub fn is_signed(public_key: &str, bytes: &[u8], signature: &str) -> bool {
    let read = |text: &str| HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
    let (Some(key), Some(signature)) = (read(public_key), read(signature)) else { return false };
    UnparsedPublicKey::new(&ED25519, key).verify(bytes, &signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_signed_is_known_and_nothing_else() {
        let (one, other) = (Vault::generate().unwrap(), Vault::generate().unwrap());
        let (signature, key) = (one.sign(b"head 7").unwrap(), one.public_key().unwrap());
        assert!(is_signed(&key, b"head 7", &signature));
        assert!(!is_signed(&key, b"head 8", &signature));
        assert!(!is_signed(&other.public_key().unwrap(), b"head 7", &signature));
        assert!(!is_signed(&key, b"head 7", "no signature") && !is_signed("", b"head 7", &signature));
        one.add_key().unwrap();
        assert_eq!(one.public_key().unwrap(), key);
    }
}
