//! Seals what people may not simply read: the unmasked originals and the files they came in.
//!
//! Each record and each file has a key of its own, wrapped by a wrapping key, which lives in a file outside the
//! database; to erase a record is to destroy its wrapped key. Wrapping keys are numbered and can be rotated; keyed
//! digests hang on a root key that never changes. Cipher: XChaCha20-Poly1305 (RFC 8439 with the 192-bit nonce of
//! draft-irtf-cfrg-xchacha); digests: HMAC-SHA-256 (RFC 2104).

mod cipher;
mod export;
mod pieces;
mod ring;
mod sealed_file;
mod signing;
mod whole_file;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

pub use cipher::random;
use cipher::{KEY_BYTES, NONCE_BYTES, SecretKey, TAG_BYTES, decrypt, encrypt, mac};
pub use export::{ExportError, Imported, SHORTEST_PASSPHRASE, import_keys};
pub use pieces::{Digester, PieceKey};
use ring::KeyRing;
pub use signing::is_signed;

/// A key wrapped without a number, as key files of one line did: nonce, key, tag.
const BARE_BYTES: usize = NONCE_BYTES + KEY_BYTES + TAG_BYTES;
/// The first byte of a wrapped key that says its wrapping key's number.
const NUMBERED: u8 = 2;
/// That byte and the number, big-endian.
const PREFIX_BYTES: usize = 5;
const WRAPPED_BYTES: usize = PREFIX_BYTES + BARE_BYTES;

/// Why something could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error(
        "the key file {0} does not exist; restore it from its backup, or run `qingting init` in a new folder"
    )]
    NoKeyFile(PathBuf),
    #[error("the key file {path} is damaged: {why}")]
    BadKeyFile { path: PathBuf, why: String },
    #[error("the key file {path} cannot be used: {source}")]
    KeyFile { path: PathBuf, source: io::Error },
    #[error("the key file {0} was replaced by one of another installation")]
    ForeignKeyFile(PathBuf),
    #[error(
        "wrapping key {0} is not in this machine's key file; copy the key file from the machine where it was made"
    )]
    UnknownKey(u32),
    #[error(
        "wrapping key {0} of this machine's key file is not the one the database knows; copy the key file from the machine where it was made"
    )]
    OtherKey(u32),
    #[error("the sealed original was erased")]
    Erased,
    #[error("what was sealed does not open with this key file")]
    WrongKey,
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("{0} is no sealed file")]
    NotSealed(PathBuf),
    #[error("{0} was sealed by a newer version of this program")]
    NewerFile(PathBuf),
    #[error("the sealed file {0} is damaged: it was cut or changed")]
    Damaged(PathBuf),
    #[error("the operating system gives no random numbers")]
    NoRandom,
}

impl VaultError {
    fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.into(), source }
    }
}

/// A sealed text: the record's key under a wrapping key, and the text under the record's key.
/// Both carry their nonce in front.
///
/// A wrapped key of 77 bytes begins with 2 and the number of its wrapping key (4 bytes, big-endian), both
/// authenticated; one of 72 bytes has no such prefix and belongs to wrapping key 1. An erased one is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub wrapped_key: Vec<u8>,
    pub body: Vec<u8>,
}

/// Seals, opens and makes keyed digests with the keys of one key file. Clones share the keys.
#[derive(Clone)]
pub struct Vault {
    root: SecretKey,
    path: Option<PathBuf>,
    keys: Arc<RwLock<Keys>>,
}

struct Keys {
    ring: KeyRing,
    /// The number of the key that wraps.
    current: u32,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(..)")
    }
}

impl Vault {
    /// A vault with new random keys, held in memory only.
    ///
    /// # Errors
    /// [`VaultError::NoRandom`].
    pub fn generate() -> Result<Self, VaultError> {
        Ok(Self::of(KeyRing::generate()?, None))
    }

    /// Reads a key file. The newest wrapping key wraps until [`Vault::wrap_with`] names another.
    ///
    /// # Errors
    /// When the file is missing, unreadable or damaged.
    pub fn load(path: &Path) -> Result<Self, VaultError> {
        Ok(Self::of(read_ring(path)?, Some(path.into())))
    }

    /// Makes new keys and writes them to `path`, readable by its owner only. Never overwrites.
    ///
    /// # Errors
    /// When the file exists already or cannot be written.
    pub fn create(path: &Path) -> Result<Self, VaultError> {
        let ring = KeyRing::generate()?;
        write_new(path, &ring)?;
        Ok(Self::of(ring, Some(path.into())))
    }

    /// Where the keys are kept; `None` where they are held in memory only.
    pub fn key_file(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    fn of(ring: KeyRing, path: Option<PathBuf>) -> Self {
        let root = Zeroizing::new(*ring.root());
        let current = ring.newest();
        Self { root, path, keys: Arc::new(RwLock::new(Keys { ring, current })) }
    }

    /// Seals `plain` under a key of its own.
    ///
    /// # Errors
    /// [`VaultError::NoRandom`].
    pub fn seal(&self, plain: &[u8]) -> Result<Sealed, VaultError> {
        let key = Zeroizing::new(random::<KEY_BYTES>()?);
        Ok(Sealed { wrapped_key: self.wrap(&key)?, body: encrypt(&key, b"", plain)? })
    }

    /// Opens what [`Vault::seal`] sealed, also under a wrapping key that came into the key file since it was read.
    ///
    /// # Errors
    /// [`VaultError::Erased`] when the wrapped key was destroyed, [`VaultError::WrongKey`] when it does not open,
    /// [`VaultError::UnknownKey`] when its wrapping key is not in the key file.
    pub fn open(&self, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        if sealed.wrapped_key.is_empty() {
            return Err(VaultError::Erased);
        }
        let key = self.unwrap(&sealed.wrapped_key)?;
        Ok(decrypt(&key, b"", &sealed.body)?.to_vec())
    }

    /// A keyed digest, 64 hexadecimal digits; `purpose` keeps digests of different uses apart. Rotating the wrapping
    /// keys does not change it.
    pub fn digest(&self, purpose: &str, bytes: &[u8]) -> String {
        HEXLOWER.encode(&mac(&mac(&self.root, purpose.as_bytes()), bytes))
    }

    /// A short fingerprint of the root key, by which a database knows the key file it belongs to.
    pub fn fingerprint(&self) -> String {
        self.digest("fingerprint", b"qingting")[..16].to_owned()
    }

    fn read_keys(&self) -> RwLockReadGuard<'_, Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_keys(&self) -> RwLockWriteGuard<'_, Keys> {
        self.keys.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The wrapping key of that number; the key file is read again when it is not known yet.
    fn wrapping(&self, number: u32) -> Result<SecretKey, VaultError> {
        if let Some(key) = self.read_keys().ring.wrapping(number) {
            return Ok(key.clone());
        }
        self.reload()?;
        self.read_keys().ring.wrapping(number).cloned().ok_or(VaultError::UnknownKey(number))
    }

    fn wrap(&self, key: &SecretKey) -> Result<Vec<u8>, VaultError> {
        let number = self.current();
        let prefix = prefix_of(number);
        let wrapped = encrypt(&*self.wrapping(number)?, &prefix, key.as_slice())?;
        Ok([prefix.as_slice(), &wrapped].concat())
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<SecretKey, VaultError> {
        let number = number_of(wrapped)?;
        let (prefix, bare) = wrapped.split_at(wrapped.len() - BARE_BYTES);
        let key = decrypt(&*self.wrapping(number)?, prefix, bare)?;
        key.as_slice().try_into().map(Zeroizing::new).map_err(|_| VaultError::WrongKey)
    }
}

/// The rotation of the wrapping keys.
impl Vault {
    /// The number of the key that wraps.
    pub fn current(&self) -> u32 {
        self.read_keys().current
    }

    /// The highest number in the key file as it was last read.
    pub fn newest(&self) -> u32 {
        self.read_keys().ring.newest()
    }

    /// A short mark of a wrapping key, by which machines find out that they hold the same one.
    ///
    /// # Errors
    /// [`VaultError::UnknownKey`].
    pub fn mark(&self, number: u32) -> Result<String, VaultError> {
        self.wrapping(number)?;
        self.read_keys().ring.mark(number).ok_or(VaultError::UnknownKey(number))
    }

    /// From here on wraps with the key of that number and mark.
    ///
    /// # Errors
    /// [`VaultError::UnknownKey`]; [`VaultError::OtherKey`] when the key file has another key under this number.
    pub fn wrap_with(&self, number: u32, mark: &str) -> Result<(), VaultError> {
        if self.mark(number)? != mark {
            return Err(VaultError::OtherKey(number));
        }
        self.write_keys().current = number;
        Ok(())
    }

    /// Adds a new wrapping key to the key file, which is replaced as a whole; its number. The key that wraps stays.
    ///
    /// # Errors
    /// When the key file cannot be written; then no key was added.
    pub fn add_key(&self) -> Result<u32, VaultError> {
        self.reload()?;
        let mut keys = self.write_keys();
        let mut grown = keys.ring.clone();
        let number = grown.add()?;
        if let Some(path) = &self.path {
            write_ring(path, &grown)?;
        }
        keys.ring = grown;
        Ok(number)
    }

    /// A wrapped key under the key that wraps; `None` when it is so already or was erased.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn rewrap(&self, wrapped: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        if wrapped.is_empty() || wrapped.starts_with(&prefix_of(self.current())) {
            return Ok(None);
        }
        self.wrap(&self.unwrap(wrapped)?).map(Some)
    }

    /// Reads the key file again.
    ///
    /// # Errors
    /// As [`Vault::load`]; [`VaultError::ForeignKeyFile`] when it is another installation's or has lost a key.
    pub fn reload(&self) -> Result<(), VaultError> {
        let Some(path) = &self.path else { return Ok(()) };
        let read = read_ring(path)?;
        let mut keys = self.write_keys();
        keys.ring.merge(&read).map(|_| ()).ok_or_else(|| VaultError::ForeignKeyFile(path.clone()))
    }
}

/// The beginning of a key wrapped by the wrapping key of that number.
fn prefix_of(number: u32) -> [u8; PREFIX_BYTES] {
    let [a, b, c, d] = number.to_be_bytes();
    [NUMBERED, a, b, c, d]
}

/// The number of the wrapping key that wrapped this one. The two forms differ in length.
fn number_of(wrapped: &[u8]) -> Result<u32, VaultError> {
    match (wrapped.len(), wrapped) {
        (BARE_BYTES, _) => Ok(1),
        (WRAPPED_BYTES, [NUMBERED, a, b, c, d, ..]) => Ok(u32::from_be_bytes([*a, *b, *c, *d])),
        _ => Err(VaultError::WrongKey),
    }
}

fn read_ring(path: &Path) -> Result<KeyRing, VaultError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(VaultError::NoKeyFile(path.into())),
        Err(e) if e.kind() == io::ErrorKind::InvalidData => {
            return Err(VaultError::BadKeyFile { path: path.into(), why: "it is no text".into() });
        }
        Err(source) => return Err(VaultError::KeyFile { path: path.into(), source }),
    };
    KeyRing::parse(&text).map_err(|why| VaultError::BadKeyFile { path: path.into(), why })
}

fn write_ring(path: &Path, ring: &KeyRing) -> Result<(), VaultError> {
    whole_file::write_whole(path, ring.to_text().as_bytes())
        .map_err(|source| VaultError::KeyFile { path: path.into(), source })
}

/// Writes a key file where there is none.
fn write_new(path: &Path, ring: &KeyRing) -> Result<(), VaultError> {
    let fail = |source| VaultError::KeyFile { path: path.into(), source };
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(fail)?;
    io::Write::write_all(&mut file, ring.to_text().as_bytes()).map_err(fail)?;
    file.sync_all().map_err(fail)
}

#[cfg(test)]
mod tests;
