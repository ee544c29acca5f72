//! Sealing, opening and the life of a key file.

use super::*;

fn old_wrapping(vault: &Vault, plain: &[u8]) -> Sealed {
    let key = Zeroizing::new(random::<KEY_BYTES>().unwrap());
    let wrapping = vault.wrapping(1).unwrap();
    Sealed {
        wrapped_key: encrypt(&wrapping, b"", key.as_slice()).unwrap(),
        body: encrypt(&key, b"", plain).unwrap(),
    }
}

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
    let sealed = vault.seal(b"text").unwrap();
    for at in 0..sealed.wrapped_key.len() {
        let mut changed = sealed.clone();
        changed.wrapped_key[at] ^= 1;
        assert!(vault.open(&changed).is_err(), "byte {at} of the wrapped key");
    }
    for at in 0..sealed.body.len() {
        let mut changed = sealed.clone();
        changed.body[at] ^= 1;
        assert!(vault.open(&changed).is_err(), "byte {at} of the body");
    }
}

#[test]
fn a_key_file_is_private_never_overwritten_and_checked() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("master.key");
    assert!(matches!(Vault::load(&path), Err(VaultError::NoKeyFile(_))));
    let made = Vault::create(&path).unwrap();
    assert!(Vault::create(&path).is_err());
    assert_eq!(Vault::load(&path).unwrap().fingerprint(), made.fingerprint());
    made.add_key().unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    for bad in [b"short".as_slice(), b"", b"\xff\xfe"] {
        fs::write(&path, bad).unwrap();
        assert!(matches!(Vault::load(&path), Err(VaultError::BadKeyFile { .. })));
    }
}

#[test]
fn a_key_file_of_one_line_keeps_its_digests_and_opens_what_it_sealed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("master.key");
    fs::write(&path, format!("{}\n", "1f".repeat(32))).unwrap();
    let vault = Vault::load(&path).unwrap();
    let digest = HEXLOWER.encode(&mac(&mac(&[0x1f; 32], b"content"), b"text"));
    assert_eq!(vault.digest("content", b"text"), digest);
    let sealed = old_wrapping(&vault, b"plain");
    assert_eq!(sealed.wrapped_key.len(), BARE_BYTES);
    vault.add_key().unwrap();
    for vault in [vault, Vault::load(&path).unwrap()] {
        assert_eq!(vault.open(&sealed).unwrap(), b"plain");
        assert_eq!(vault.digest("content", b"text"), digest);
    }
}

#[test]
fn a_new_key_wraps_and_old_ones_open() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("master.key");
    let vault = Vault::create(&path).unwrap();
    let bare = old_wrapping(&vault, b"one");
    let first = vault.seal(b"two").unwrap();
    assert_eq!(vault.rewrap(&first.wrapped_key).unwrap(), None);
    assert_eq!(vault.add_key().unwrap(), 2);
    assert_eq!((vault.current(), vault.newest()), (1, 2), "a key that is added does not wrap yet");
    vault.wrap_with(2, &vault.mark(2).unwrap()).unwrap();
    for (sealed, plain) in [(bare, b"one"), (first, b"two")] {
        let wrapped_key = vault.rewrap(&sealed.wrapped_key).unwrap().unwrap();
        assert!(wrapped_key.starts_with(&[2, 0, 0, 0, 2]));
        assert_eq!(vault.rewrap(&wrapped_key).unwrap(), None);
        assert_eq!(vault.open(&sealed).unwrap(), plain);
        assert_eq!(vault.open(&Sealed { wrapped_key, ..sealed }).unwrap(), plain);
    }
    assert_eq!(vault.rewrap(&[]).unwrap(), None, "what was erased stays erased");
}

#[test]
fn a_process_with_the_old_keys_in_memory_reads_what_others_seal() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("master.key");
    let running = Vault::create(&path).unwrap();
    let rotating = Vault::load(&path).unwrap();
    let number = rotating.add_key().unwrap();
    rotating.wrap_with(number, &rotating.mark(number).unwrap()).unwrap();
    assert_eq!(running.open(&rotating.seal(b"new").unwrap()).unwrap(), b"new");
    assert_eq!(running.current(), 1);
    running.wrap_with(2, &rotating.mark(2).unwrap()).unwrap();
    assert!(matches!(running.wrap_with(2, "0"), Err(VaultError::OtherKey(2))));
    assert!(matches!(running.wrap_with(3, "0"), Err(VaultError::UnknownKey(3))));
    fs::remove_file(&path).unwrap();
    Vault::create(&path).unwrap();
    assert!(matches!(running.reload(), Err(VaultError::ForeignKeyFile(_))));
}

#[test]
fn a_machine_without_the_key_is_told_which() {
    let dir = tempfile::tempdir().unwrap();
    let (here, there) = (dir.path().join("here"), dir.path().join("there"));
    let one = Vault::create(&here).unwrap();
    fs::copy(&here, &there).unwrap();
    let two = Vault::load(&there).unwrap();
    one.add_key().unwrap();
    one.wrap_with(2, &one.mark(2).unwrap()).unwrap();
    let sealed = one.seal(b"x").unwrap();
    assert!(matches!(two.open(&sealed), Err(VaultError::UnknownKey(2))));
    fs::copy(&here, &there).unwrap();
    assert_eq!(two.open(&sealed).unwrap(), b"x");
}
