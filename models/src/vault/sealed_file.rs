//! Sealed files: any size in flat memory, opened only when every chunk is there, in order and unchanged.
//!
//! A sealed file is a header and chunks. Header, 108 bytes: the magic `QTSEALED`, version 1, reserved zeros (3), the
//! file key wrapped as [`super::Sealed::wrapped_key`] (77), the nonce prefix (19). Each chunk is 64 KiB of the file
//! (the last one shorter, also empty) and a tag of 16 bytes, by the STREAM construction (Hoang, Reyhanitabar, Rogaway
//! and Vizár, 2015, eprint 2015/189) over XChaCha20-Poly1305 with a 32-bit big-endian counter and a flag on the last
//! chunk; the header is the associated data of each.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use aead_stream::{DecryptorBE32, EncryptorBE32};
use chacha20poly1305::{Key, XChaCha20Poly1305};

use super::cipher::{KEY_BYTES, SecretKey, TAG_BYTES, random};
use super::whole_file::WholeFile;
use super::{Vault, VaultError, WRAPPED_BYTES};

const MAGIC: &[u8; 8] = b"QTSEALED";
const VERSION: u8 = 1;
const CHUNK: usize = 64 * 1024;
/// The nonce of the cipher without the counter and the flag.
const PREFIX_BYTES: usize = 19;
const FRONT_BYTES: usize = 12;
const HEADER_BYTES: usize = FRONT_BYTES + WRAPPED_BYTES + PREFIX_BYTES;

impl Vault {
    /// Seals the file `src` into `dst`, which appears whole or not at all, readable by its owner only; one that stands
    /// there is replaced. `src` stays. Memory does not grow with the size. Blocks: call it off the async threads.
    ///
    /// # Errors
    /// [`VaultError::File`] when a file cannot be read or written, [`VaultError::NoRandom`].
    pub fn seal_file(&self, src: &Path, dst: &Path) -> Result<(), VaultError> {
        let source = File::open(src).map_err(|e| VaultError::file(src, e))?;
        let mut out = WholeFile::begin(dst).map_err(|e| VaultError::file(dst, e))?;
        self.seal_stream(BufReader::with_capacity(CHUNK, source), &mut out).map_err(|e| match e {
            Fault::Reading(e) => VaultError::file(src, e),
            Fault::Writing(e) => VaultError::file(dst, e),
            Fault::Vault(e) => e,
        })?;
        out.finish().map_err(|e| VaultError::file(dst, e))
    }

    /// Opens the sealed file `src` into `dst`, which appears only when all of it is proved; see
    /// [`Vault::seal_file`] for how it appears.
    ///
    /// # Errors
    /// [`VaultError::NotSealed`] for another kind of file, [`VaultError::Damaged`] when it was cut, reordered or
    /// changed, [`VaultError::WrongKey`] or [`VaultError::UnknownKey`] when it belongs to another key file,
    /// [`VaultError::File`].
    pub fn open_file(&self, src: &Path, dst: &Path) -> Result<(), VaultError> {
        let mut out = WholeFile::begin(dst).map_err(|e| VaultError::file(dst, e))?;
        self.open_into(src, dst, &mut out)?;
        out.finish().map_err(|e| VaultError::file(dst, e))
    }

    /// As [`Vault::open_file`] into a writer. What was written before an error must be thrown away.
    ///
    /// # Errors
    /// As [`Vault::open_file`].
    pub fn open_file_to(&self, src: &Path, out: &mut impl Write) -> Result<(), VaultError> {
        self.open_into(src, Path::new("the output"), out)
    }

    /// A digest by which the log tells a sealed file, 16 hexadecimal digits; no name and no content goes into it.
    ///
    /// # Errors
    /// [`VaultError::NotSealed`], [`VaultError::NewerFile`], [`VaultError::File`].
    pub fn sealed_file_digest(&self, src: &Path) -> Result<String, VaultError> {
        let mut source = File::open(src).map(BufReader::new).map_err(|e| VaultError::file(src, e))?;
        match read_header(&mut source, src) {
            Ok(header) => Ok(self.digest("sealed file", &header)[..16].to_owned()),
            Err(Fault::Vault(e)) => Err(e),
            Err(Fault::Reading(e) | Fault::Writing(e)) => Err(VaultError::file(src, e)),
        }
    }

    fn open_into(&self, src: &Path, dst: &Path, out: &mut impl Write) -> Result<(), VaultError> {
        let source = File::open(src).map_err(|e| VaultError::file(src, e))?;
        let source = BufReader::with_capacity(CHUNK + TAG_BYTES, source);
        self.open_stream(source, out, src).map_err(|e| match e {
            Fault::Reading(e) => VaultError::file(src, e),
            Fault::Writing(e) => VaultError::file(dst, e),
            Fault::Vault(e) => e,
        })
    }

    fn seal_stream(&self, mut source: impl BufRead, out: &mut impl Write) -> Result<(), Fault> {
        let key = SecretKey::new(random::<KEY_BYTES>()?);
        let prefix = random::<PREFIX_BYTES>()?;
        let header = [MAGIC.as_slice(), &[VERSION, 0, 0, 0], &self.wrap(&key)?, &prefix].concat();
        out.write_all(&header).map_err(Fault::Writing)?;
        let mut stream = EncryptorBE32::<XChaCha20Poly1305>::new(&Key::from(*key), &prefix.into());
        let mut chunk = Vec::with_capacity(CHUNK + TAG_BYTES);
        while fill(&mut source, CHUNK, &mut chunk)? {
            stream.encrypt_next_in_place(&header, &mut chunk).map_err(|_| too_long())?;
            out.write_all(&chunk).map_err(Fault::Writing)?;
        }
        stream.encrypt_last_in_place(&header, &mut chunk).map_err(|_| too_long())?;
        out.write_all(&chunk).map_err(Fault::Writing)
    }

    fn open_stream(&self, mut source: impl BufRead, out: &mut impl Write, name: &Path) -> Result<(), Fault> {
        let header = read_header(&mut source, name)?;
        let (wrapped, prefix) = header[FRONT_BYTES..].split_at(WRAPPED_BYTES);
        let prefix: [u8; PREFIX_BYTES] = prefix.try_into().map_err(|_| VaultError::NotSealed(name.into()))?;
        let key = self.unwrap(wrapped)?;
        let damaged = |_| Fault::Vault(VaultError::Damaged(name.into()));
        let mut stream = DecryptorBE32::<XChaCha20Poly1305>::new(&Key::from(*key), &prefix.into());
        let mut chunk = Vec::with_capacity(CHUNK + TAG_BYTES);
        while fill(&mut source, CHUNK + TAG_BYTES, &mut chunk)? {
            stream.decrypt_next_in_place(&header, &mut chunk).map_err(damaged)?;
            out.write_all(&chunk).map_err(Fault::Writing)?;
        }
        stream.decrypt_last_in_place(&header, &mut chunk).map_err(damaged)?;
        out.write_all(&chunk).map_err(Fault::Writing)
    }
}

/// On which side of the work something failed.
enum Fault {
    Reading(io::Error),
    Writing(io::Error),
    Vault(VaultError),
}

impl From<VaultError> for Fault {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

/// The counter of chunks has 32 bits: 256 TiB.
fn too_long() -> Fault {
    Fault::Reading(io::Error::new(io::ErrorKind::FileTooLarge, "a sealed file holds 256 TiB at most"))
}

/// Fills the buffer with up to `size` bytes. Whether more follow.
fn fill(source: &mut impl BufRead, size: usize, buffer: &mut Vec<u8>) -> Result<bool, Fault> {
    buffer.clear();
    source.by_ref().take(size as u64).read_to_end(buffer).map_err(Fault::Reading)?;
    loop {
        match source.fill_buf() {
            Ok(rest) => return Ok(!rest.is_empty()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(Fault::Reading(e)),
        }
    }
}

fn read_header(source: &mut impl BufRead, name: &Path) -> Result<[u8; HEADER_BYTES], Fault> {
    let mut header = [0u8; HEADER_BYTES];
    match source.read_exact(&mut header) {
        Ok(()) if header.starts_with(MAGIC) => {}
        Err(e) if e.kind() != io::ErrorKind::UnexpectedEof => return Err(Fault::Reading(e)),
        _ => return Err(VaultError::NotSealed(name.into()).into()),
    }
    match header[MAGIC.len()..FRONT_BYTES] {
        [VERSION, 0, 0, 0] => Ok(header),
        _ => Err(VaultError::NewerFile(name.into()).into()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const CHUNK_SEALED: usize = CHUNK + TAG_BYTES;

    struct Room {
        dir: tempfile::TempDir,
        vault: Vault,
    }

    impl Room {
        fn new() -> Self {
            Self { dir: tempfile::tempdir().unwrap(), vault: Vault::generate().unwrap() }
        }

        fn sealed(&self, plain: &[u8]) -> Vec<u8> {
            let (src, dst) = (self.dir.path().join("plain"), self.dir.path().join("plain.sealed"));
            fs::write(&src, plain).unwrap();
            self.vault.seal_file(&src, &dst).unwrap();
            fs::read(dst).unwrap()
        }

        fn opened(&self, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
            let (src, dst) = (self.dir.path().join("in"), self.dir.path().join("out"));
            fs::write(&src, sealed).unwrap();
            let result = self.vault.open_file(&src, &dst);
            // The opened file is there exactly when all of it was proved.
            assert_eq!(result.is_ok(), dst.exists());
            result?;
            let plain = fs::read(&dst).unwrap();
            fs::remove_file(dst).unwrap();
            Ok(plain)
        }
    }

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|n| (n * 31 + n / 251) as u8).collect()
    }

    #[test]
    fn files_of_any_length_come_back() {
        let room = Room::new();
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * CHUNK + 7] {
            let plain = bytes(length);
            let sealed = room.sealed(&plain);
            assert_eq!(sealed.len(), HEADER_BYTES + length + length.div_ceil(CHUNK).max(1) * TAG_BYTES);
            assert_eq!(room.opened(&sealed).unwrap(), plain, "{length} bytes");
        }
        let names = fs::read_dir(room.dir.path()).unwrap().count();
        assert_eq!(names, 3, "no half-written file stays");
    }

    #[test]
    fn a_cut_file_is_refused_wherever_it_was_cut() {
        let room = Room::new();
        let sealed = room.sealed(&bytes(3 * CHUNK));
        for length in [
            HEADER_BYTES,
            HEADER_BYTES + 5,
            HEADER_BYTES + CHUNK_SEALED,
            HEADER_BYTES + 2 * CHUNK_SEALED,
            sealed.len() - 1,
        ] {
            assert!(matches!(room.opened(&sealed[..length]), Err(VaultError::Damaged(_))), "{length}");
        }
        assert!(matches!(room.opened(&sealed[..HEADER_BYTES - 1]), Err(VaultError::NotSealed(_))));
        let longer = [sealed.as_slice(), b"x"].concat();
        assert!(matches!(room.opened(&longer), Err(VaultError::Damaged(_))));
    }

    #[test]
    fn reordered_repeated_and_changed_chunks_are_refused() {
        let room = Room::new();
        let sealed = room.sealed(&bytes(3 * CHUNK));
        let chunk =
            |n: usize| &sealed[HEADER_BYTES + n * CHUNK_SEALED..HEADER_BYTES + (n + 1) * CHUNK_SEALED];
        let header = &sealed[..HEADER_BYTES];
        for order in [vec![1, 0, 2], vec![0, 0, 2], vec![0, 2], vec![0, 1, 2, 2], vec![2]] {
            let made: Vec<u8> =
                header.iter().copied().chain(order.iter().flat_map(|n| chunk(*n).to_vec())).collect();
            assert!(matches!(room.opened(&made), Err(VaultError::Damaged(_))), "{order:?}");
        }
        for at in [HEADER_BYTES, HEADER_BYTES + CHUNK_SEALED + 9, sealed.len() - 1, HEADER_BYTES - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(matches!(room.opened(&changed), Err(VaultError::Damaged(_))), "byte {at}");
        }
    }

    #[test]
    fn foreign_files_chunks_and_keys_are_refused() {
        let room = Room::new();
        let (one, two) = (room.sealed(&bytes(100)), room.sealed(&bytes(100)));
        let mixed = [&one[..HEADER_BYTES], &two[HEADER_BYTES..]].concat();
        assert!(matches!(room.opened(&mixed), Err(VaultError::Damaged(_))));
        assert!(matches!(room.opened(&bytes(1000)), Err(VaultError::NotSealed(_))));
        assert!(matches!(room.opened(b""), Err(VaultError::NotSealed(_))));
        assert!(matches!(Room::new().opened(&one), Err(VaultError::WrongKey)));
        let mut newer = one.clone();
        newer[MAGIC.len()] = 2;
        assert!(matches!(room.opened(&newer), Err(VaultError::NewerFile(_))));
        let missing = room.vault.seal_file(&room.dir.path().join("none"), &room.dir.path().join("x"));
        assert!(missing.unwrap_err().to_string().contains("none"));
        assert!(!room.dir.path().join("x").exists());
    }

    #[test]
    fn sealing_again_replaces_what_stands_there() {
        let room = Room::new();
        let one = room.sealed(b"one");
        let file = room.dir.path().join("plain.sealed");
        let digest = room.vault.sealed_file_digest(&file).unwrap();
        assert_eq!(digest, room.vault.sealed_file_digest(&file).unwrap());
        assert_ne!(one, room.sealed(b"one"));
        assert_ne!(digest, room.vault.sealed_file_digest(&file).unwrap());
        assert_eq!(room.opened(&room.sealed(b"two")).unwrap(), b"two");
        let mut out = Vec::new();
        room.vault.open_file_to(&file, &mut out).unwrap();
        assert_eq!(out, b"two");
    }
}
