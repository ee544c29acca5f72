//! The key file sealed by a passphrase, to be kept apart from the data, on paper too.
//!
//! ```text
//! qingting-key-export 1
//! argon2id m=65536 t=3 p=1 salt=<32 hexadecimal digits>
//! body <hexadecimal digits, as many lines as it takes>
//! check <64 hexadecimal digits>
//! ```
//!
//! The key is argon2id (RFC 9106, its second recommended choice of parameters: 64 MiB, three passes) over the
//! passphrase; the body is the nonce and the key file's text under XChaCha20-Poly1305 with the first two lines as
//! associated data; the check is the SHA-256 of all lines above, so that a damaged file is told from a wrong passphrase.

use std::fs;
use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::cipher::{KEY_BYTES, SecretKey, decrypt, encrypt, random};
use super::ring::KeyRing;
use super::{Vault, VaultError, read_ring, write_new, write_ring};

const FIRST_LINE: &str = "qingting-key-export 1";
const SALT_BYTES: usize = 16;
/// Bytes of a line of the body.
const LINE_BYTES: usize = 32;
/// Characters that a passphrase has at least.
pub const SHORTEST_PASSPHRASE: usize = 12;
/// The most that a file may ask of the machine that opens it.
const MOST: Cost = Cost { memory: 1 << 20, passes: 16, lanes: 16 };
const USUAL: Cost = Cost { memory: 64 * 1024, passes: 3, lanes: 1 };

/// What argon2id takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cost {
    /// KiB.
    memory: u32,
    passes: u32,
    lanes: u32,
}

/// Why a key export could not be made or restored.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("a passphrase has at least {SHORTEST_PASSPHRASE} characters")]
    ShortPassphrase,
    #[error("this is no key export: its first line must be `{FIRST_LINE}`")]
    NoExport,
    #[error("the key export is damaged: {0}")]
    Damaged(String),
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    #[error("this folder has another key file, {0}; it was left as it is")]
    OtherKeyThere(String),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// There was no key file.
    Made,
    /// The key file lacked wrapping keys that the export has.
    Completed,
    /// The key file has all of it.
    Unchanged,
}

impl Vault {
    /// The text of a key export under a passphrase.
    ///
    /// # Errors
    /// [`ExportError::ShortPassphrase`], [`VaultError::NoRandom`].
    pub fn export(&self, passphrase: &str) -> Result<String, ExportError> {
        if passphrase.chars().count() < SHORTEST_PASSPHRASE {
            return Err(ExportError::ShortPassphrase);
        }
        let text = self.read_keys().ring.to_text();
        seal(&text, passphrase, USUAL)
    }
}

/// Restores a key export into the key file at `path`: writes it where there is none, and adds wrapping keys that are
/// missing to one of the same installation. Never replaces a key.
///
/// # Errors
/// [`ExportError::NoExport`], [`ExportError::Damaged`], [`ExportError::WrongPassphrase`],
/// [`ExportError::OtherKeyThere`], or when the file cannot be read or written.
pub fn import_keys(export: &str, passphrase: &str, path: &Path) -> Result<Imported, ExportError> {
    let text = open(export, passphrase)?;
    let ring = KeyRing::parse(&text).map_err(ExportError::Damaged)?;
    if !fs::exists(path).map_err(|source| VaultError::KeyFile { path: path.into(), source })? {
        write_new(path, &ring)?;
        return Ok(Imported::Made);
    }
    let mut there = read_ring(path)?;
    match there.merge(&ring) {
        None => Err(ExportError::OtherKeyThere(path.display().to_string())),
        Some(false) => Ok(Imported::Unchanged),
        Some(true) => {
            write_ring(path, &there)?;
            Ok(Imported::Completed)
        }
    }
}

fn seal(text: &str, passphrase: &str, cost: Cost) -> Result<String, ExportError> {
    let salt = HEXLOWER.encode(&random::<SALT_BYTES>()?);
    let head =
        format!("{FIRST_LINE}\nargon2id m={} t={} p={} salt={salt}\n", cost.memory, cost.passes, cost.lanes);
    let key = stretch(passphrase, &salt, cost)?;
    let body = encrypt(&key, head.as_bytes(), text.as_bytes())?;
    let mut export = head;
    for line in body.chunks(LINE_BYTES) {
        export.push_str(&format!("body {}\n", HEXLOWER.encode(line)));
    }
    let check = HEXLOWER.encode(&Sha256::digest(export.as_bytes()));
    export.push_str(&format!("check {check}\n"));
    Ok(export)
}

fn open(export: &str, passphrase: &str) -> Result<Zeroizing<String>, ExportError> {
    // Whatever carried the file may have changed its line ends.
    let lines: Vec<&str> = export.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let (FIRST_LINE, [cost_line, rest @ ..]) =
        (lines.first().copied().unwrap_or_default(), lines.get(1..).unwrap_or_default())
    else {
        return Err(match lines.first() {
            Some(&FIRST_LINE) => damaged("it ends after its first line"),
            _ => ExportError::NoExport,
        });
    };
    let Some((check, body)) = rest.split_last() else { return Err(damaged("its end is missing")) };
    let above: String =
        [&[FIRST_LINE, cost_line], body].concat().iter().map(|line| format!("{line}\n")).collect();
    let wanted = format!("check {}", HEXLOWER.encode(&Sha256::digest(above.as_bytes())));
    if !check.starts_with("check ") {
        return Err(damaged("its last line, `check`, is missing"));
    }
    if *check != wanted {
        return Err(damaged("its lines do not fit the check at its end"));
    }
    let (cost, salt) = read_cost(cost_line)?;
    let mut sealed = Vec::new();
    for line in body {
        let digits = line.strip_prefix("body ").and_then(|digits| HEXLOWER.decode(digits.as_bytes()).ok());
        sealed.extend(digits.ok_or_else(|| damaged("a line of its body cannot be read"))?);
    }
    let key = stretch(passphrase, salt, cost)?;
    let head = format!("{FIRST_LINE}\n{cost_line}\n");
    let plain = decrypt(&key, head.as_bytes(), &sealed).map_err(|_| ExportError::WrongPassphrase)?;
    let text = std::str::from_utf8(&plain).map_err(|_| damaged("it holds no key file"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn read_cost(line: &str) -> Result<(Cost, &str), ExportError> {
    let unreadable = || damaged("its second line must be `argon2id m=.. t=.. p=.. salt=..`");
    let words: Vec<&str> = line.split(' ').collect();
    let ["argon2id", m, t, p, salt] = words.as_slice() else { return Err(unreadable()) };
    let number = |word: &str, name: &str| word.strip_prefix(name).and_then(|n| n.parse::<u32>().ok());
    let (Some(memory), Some(passes), Some(lanes), Some(salt)) =
        (number(m, "m="), number(t, "t="), number(p, "p="), salt.strip_prefix("salt="))
    else {
        return Err(unreadable());
    };
    if memory > MOST.memory || passes > MOST.passes || lanes > MOST.lanes {
        return Err(damaged("it asks for more memory or time than is allowed"));
    }
    Ok((Cost { memory, passes, lanes }, salt))
}

/// The key that a passphrase gives.
fn stretch(passphrase: &str, salt: &str, cost: Cost) -> Result<SecretKey, ExportError> {
    let wrong = |e: argon2::Error| damaged(&format!("argon2id: {e}"));
    let salt = HEXLOWER.decode(salt.as_bytes()).map_err(|_| damaged("its salt cannot be read"))?;
    let params = Params::new(cost.memory, cost.passes, cost.lanes, Some(KEY_BYTES)).map_err(wrong)?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut key = Zeroizing::new([0u8; KEY_BYTES]);
    argon.hash_password_into(passphrase.as_bytes(), &salt, key.as_mut_slice()).map_err(wrong)?;
    Ok(key)
}

fn damaged(why: &str) -> ExportError {
    ExportError::Damaged(why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "绿水青山 four words 2026";
    /// Light enough for many tries.
    const LIGHT: Cost = Cost { memory: 32, passes: 1, lanes: 1 };

    fn light(vault: &Vault) -> String {
        let text = vault.read_keys().ring.to_text();
        seal(&text, WORDS, LIGHT).unwrap()
    }

    #[test]
    fn an_export_restores_every_key_and_refuses_another_installation() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master.key");
        let vault = Vault::create(&path).unwrap();
        let first = vault.export(WORDS).unwrap();
        vault.add_key().unwrap();
        let sealed = vault.seal(b"plain").unwrap();
        let second = light(&vault);
        let content = fs::read(&path).unwrap();
        assert_eq!(import_keys(&second, WORDS, &path).unwrap(), Imported::Unchanged);
        assert_eq!(import_keys(&first, WORDS, &path).unwrap(), Imported::Unchanged);
        assert_eq!(fs::read(&path).unwrap(), content);

        let place = dir.path().join("restored.key");
        assert_eq!(import_keys(&first, WORDS, &place).unwrap(), Imported::Made);
        assert_eq!(import_keys(&second, WORDS, &place).unwrap(), Imported::Completed);
        assert_eq!(fs::read(&place).unwrap(), content);
        assert_eq!(Vault::load(&place).unwrap().open(&sealed).unwrap(), b"plain");

        let other = dir.path().join("other.key");
        let foreign = Vault::create(&other).unwrap().fingerprint();
        assert!(matches!(import_keys(&second, WORDS, &other), Err(ExportError::OtherKeyThere(_))));
        assert_eq!(Vault::load(&other).unwrap().fingerprint(), foreign);
    }

    #[test]
    fn wrong_passphrases_and_damage_are_told_apart() {
        let vault = Vault::generate().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("master.key");
        let fail = |export: &str, words: &str| import_keys(export, words, &place).unwrap_err();
        assert!(matches!(vault.export("short"), Err(ExportError::ShortPassphrase)));
        let good = light(&vault);
        assert!(matches!(fail(&good, "another passphrase"), ExportError::WrongPassphrase));
        assert!(matches!(fail("", WORDS), ExportError::NoExport));
        assert!(matches!(fail("root 00", WORDS), ExportError::NoExport));
        let lines: Vec<&str> = good.lines().collect();
        for cut in 1..lines.len() {
            assert!(matches!(fail(&lines[..cut].join("\n"), WORDS), ExportError::Damaged(_)), "{cut} lines");
        }
        for line in 1..lines.len() {
            let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            let last = changed[line].pop().unwrap();
            changed[line].push(if last == '0' { '1' } else { '0' });
            assert!(matches!(fail(&changed.join("\n"), WORDS), ExportError::Damaged(_)), "line {line}");
        }
        assert!(!place.exists());
        let carried = good.replace('\n', "\r\n");
        assert_eq!(import_keys(&carried, WORDS, &place).unwrap(), Imported::Made);
    }

    #[test]
    fn a_file_cannot_ask_for_all_the_memory() {
        let (cost, salt) = read_cost("argon2id m=65536 t=3 p=1 salt=00").unwrap();
        assert_eq!((cost, salt), (USUAL, "00"));
        for line in [
            "argon2id m=99999999 t=3 p=1 salt=00",
            "argon2id m=1 t=99 p=1 salt=00",
            "argon2id",
            "argon2i m=1 t=1 p=1 salt=",
        ] {
            assert!(read_cost(line).is_err(), "{line}");
        }
    }
}
