//! Seals what people may not simply read: the unmasked originals.
//!
//! Each record has a key of its own, wrapped by the master key, which lives in a file outside the
//! database; to erase a record is to destroy its wrapped key. Cipher: XChaCha20-Poly1305 (RFC 8439 with
//! the 192-bit nonce of draft-irtf-cfrg-xchacha); digests: HMAC-SHA-256 (RFC 2104).

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// Why something could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error(
        "the key file {0} does not exist; restore it from its backup, or run `qingting init` in a new folder"
    )]
    NoKeyFile(PathBuf),
    #[error("the key file {0} is damaged: it must hold one line of 64 hexadecimal digits")]
    BadKeyFile(PathBuf),
    #[error("the key file {path} cannot be used: {source}")]
    KeyFile { path: PathBuf, source: std::io::Error },
    #[error("the sealed original was erased")]
    Erased,
    #[error("the sealed original does not open with this master key")]
    WrongKey,
    #[error("the operating system gives no random numbers")]
    NoRandom,
}

/// A sealed text: the record's key under the master key, and the text under the record's key.
/// Both carry their nonce in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub wrapped_key: Vec<u8>,
    pub body: Vec<u8>,
}

/// Seals, opens and makes keyed digests with one master key.
#[derive(Clone)]
pub struct Vault {
    master: Zeroizing<[u8; KEY_BYTES]>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(..)")
    }
}

impl Vault {
    /// A vault with a new random master key, held in memory only.
    ///
    /// # Errors
    /// [`VaultError::NoRandom`].
    pub fn generate() -> Result<Self, VaultError> {
        Ok(Self { master: Zeroizing::new(random::<KEY_BYTES>()?) })
    }

    /// Reads the master key from a file of 64 hexadecimal digits.
    ///
    /// # Errors
    /// When the file is missing, unreadable or not of that form.
    pub fn load(path: &Path) -> Result<Self, VaultError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(VaultError::NoKeyFile(path.into()));
            }
            Err(source) => return Err(VaultError::KeyFile { path: path.into(), source }),
        };
        let bytes = HEXLOWER
            .decode(text.trim().to_ascii_lowercase().as_bytes())
            .map_err(|_| VaultError::BadKeyFile(path.into()))?;
        let master: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| VaultError::BadKeyFile(path.into()))?;
        Ok(Self { master: Zeroizing::new(master) })
    }

    /// Makes a new master key and writes it to `path`, readable by its owner only. Never overwrites.
    ///
    /// # Errors
    /// When the file exists already or cannot be written.
    pub fn create(path: &Path) -> Result<Self, VaultError> {
        let vault = Self::generate()?;
        let fail = |source| VaultError::KeyFile { path: path.into(), source };
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(fail)?;
        writeln!(file, "{}", HEXLOWER.encode(&*vault.master)).map_err(fail)?;
        file.sync_all().map_err(fail)?;
        Ok(vault)
    }

    /// Seals `plain` under a key of its own.
    ///
    /// # Errors
    /// [`VaultError::NoRandom`].
    pub fn seal(&self, plain: &[u8]) -> Result<Sealed, VaultError> {
        let key = Zeroizing::new(random::<KEY_BYTES>()?);
        Ok(Sealed { wrapped_key: encrypt(&self.wrapping_key(), &*key)?, body: encrypt(&key, plain)? })
    }

    /// Opens what [`Vault::seal`] sealed.
    ///
    /// # Errors
    /// [`VaultError::Erased`] when the wrapped key was destroyed, [`VaultError::WrongKey`] when it does not open.
    pub fn open(&self, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        if sealed.wrapped_key.is_empty() {
            return Err(VaultError::Erased);
        }
        let key = Zeroizing::new(decrypt(&self.wrapping_key(), &sealed.wrapped_key)?);
        let key: &[u8; KEY_BYTES] = key.as_slice().try_into().map_err(|_| VaultError::WrongKey)?;
        decrypt(key, &sealed.body)
    }

    /// A keyed digest, 64 hexadecimal digits; `purpose` keeps digests of different uses apart.
    pub fn digest(&self, purpose: &str, bytes: &[u8]) -> String {
        HEXLOWER.encode(&mac(&self.subkey(purpose), bytes))
    }

    /// A short fingerprint of the master key, by which a database knows the key it belongs to.
    pub fn fingerprint(&self) -> String {
        self.digest("fingerprint", b"qingting")[..16].to_owned()
    }

    fn wrapping_key(&self) -> [u8; KEY_BYTES] {
        self.subkey("wrap")
    }

    fn subkey(&self, purpose: &str) -> [u8; KEY_BYTES] {
        mac(&self.master, purpose.as_bytes())
    }
}

/// Random bytes of the operating system.
///
/// # Errors
/// [`VaultError::NoRandom`].
pub fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).map_err(|_| VaultError::NoRandom)?;
    Ok(bytes)
}

fn mac(key: &[u8; KEY_BYTES], bytes: &[u8]) -> [u8; KEY_BYTES] {
    // HMAC pads a key shorter than its 64-byte block with zeros (RFC 2104 section 2).
    let mut block = Zeroizing::new([0u8; 64]);
    block[..KEY_BYTES].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&(*block).into());
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

fn encrypt(key: &[u8; KEY_BYTES], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
    let nonce = random::<NONCE_BYTES>()?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let body = cipher.encrypt(&XNonce::from(nonce), plain).map_err(|_| VaultError::NoRandom)?;
    Ok([nonce.as_slice(), &body].concat())
}

fn decrypt(key: &[u8; KEY_BYTES], sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
    let (nonce, body) = sealed.split_at_checked(NONCE_BYTES).ok_or(VaultError::WrongKey)?;
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| VaultError::WrongKey)?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    cipher.decrypt(&XNonce::from(nonce), body).map_err(|_| VaultError::WrongKey)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_key_only() {
        let vault = Vault::generate().unwrap();
        let sealed = vault.seal("电话 13800001234".as_bytes()).unwrap();
        assert_eq!(vault.open(&sealed).unwrap(), "电话 13800001234".as_bytes());
        assert!(matches!(Vault::generate().unwrap().open(&sealed), Err(VaultError::WrongKey)));
        let erased = Sealed { wrapped_key: Vec::new(), ..sealed };
        assert!(matches!(vault.open(&erased), Err(VaultError::Erased)));
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let vault = Vault::generate().unwrap();
        let mut sealed = vault.seal(b"text").unwrap();
        *sealed.body.last_mut().unwrap() ^= 1;
        assert!(vault.open(&sealed).is_err());
    }

    #[test]
    fn a_key_file_is_private_never_overwritten_and_checked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master.key");
        assert!(matches!(Vault::load(&path), Err(VaultError::NoKeyFile(_))));
        let made = Vault::create(&path).unwrap();
        assert!(Vault::create(&path).is_err());
        assert_eq!(Vault::load(&path).unwrap().fingerprint(), made.fingerprint());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, "short").unwrap();
        assert!(matches!(Vault::load(&path), Err(VaultError::BadKeyFile(_))));
    }
}
