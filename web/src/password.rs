//! Passwords: which are accepted, how they are hashed (argon2id) and checked.

use std::sync::{Arc, OnceLock};

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use tokio::sync::Semaphore;

/// Fewest characters of a password.
pub const MIN_LENGTH: usize = 10;
/// Most characters: longer input only costs the hash time.
pub const MAX_LENGTH: usize = 256;

/// Passwords that are tried first by everyone; compared without case.
const COMMON: &[&str] = &[
    "1234567890",
    "0123456789",
    "12345678910",
    "0987654321",
    "1111111111",
    "0000000000",
    "8888888888",
    "6666666666",
    "9999999999",
    "123123123123",
    "1122334455",
    "1q2w3e4r5t",
    "1qaz2wsx3edc",
    "qwertyuiop",
    "qwerty1234",
    "qwerty12345",
    "qwer123456",
    "asdfghjkl1",
    "zxcvbnm123",
    "abc1234567",
    "abcd123456",
    "abc123456789",
    "a123456789",
    "a1234567890",
    "aa12345678",
    "aa123456789",
    "password123",
    "password12",
    "password1234",
    "password01",
    "passw0rd123",
    "p@ssw0rd123",
    "p@ssword123",
    "admin12345",
    "admin123456",
    "administrator",
    "root123456",
    "test123456",
    "letmein123",
    "welcome123",
    "iloveyou123",
    "woaini1314",
    "woaini520520",
    "5201314520",
    "1314520520",
    "changeme123",
    "qingting123",
    "qingting2026",
    "zhengfu123",
];

/// Why a password is not accepted. The text of each is what a person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    #[error("密码至少需要 10 个字符")]
    TooShort,
    #[error("密码最多 256 个字符")]
    TooLong,
    #[error("密码不能包含登录名")]
    HoldsLogin,
    #[error("这个密码太常见，容易被猜到，请换一个")]
    Common,
    #[error("密码不能只由一两个重复的字符组成")]
    Monotonous,
}

/// The hash could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("argon2: {0}")]
    Hash(argon2::password_hash::Error),
    #[error("the hashing thread ended early")]
    Thread,
}

/// Checks a new password for the user `login`.
///
/// # Errors
/// The first rule that it breaks.
pub fn check(login: &str, password: &str) -> Result<(), BadPassword> {
    let length = password.chars().count();
    let lower = password.to_lowercase();
    let login = login.to_lowercase();
    let mut letters: Vec<char> = lower.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if length < MIN_LENGTH {
        Err(BadPassword::TooShort)
    } else if length > MAX_LENGTH {
        Err(BadPassword::TooLong)
    } else if lower == login || (login.chars().count() >= 4 && lower.contains(&login)) {
        Err(BadPassword::HoldsLogin)
    } else if COMMON.contains(&lower.as_str()) {
        Err(BadPassword::Common)
    } else if letters.len() <= 2 {
        Err(BadPassword::Monotonous)
    } else {
        Ok(())
    }
}

/// The PHC string (`$argon2id$v=19$...`) of `password` with a fresh random salt. Takes some tens of
/// milliseconds of one core and 19 MiB: in a server call it through [`Hasher`].
///
/// # Errors
/// When the operating system gives no random bytes.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    let phc = Argon2::default().hash_password(password.as_bytes()).map_err(PasswordError::Hash)?;
    Ok(phc.to_string())
}

/// Whether `password` is the one that `hash` was made of; `false` for a text that is no hash.
pub fn verify(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
}

/// Hashes away from the request threads, a few at a time, so that a burst of log-ins can exhaust
/// neither the cores nor the memory.
#[derive(Debug, Clone)]
pub struct Hasher(Arc<Semaphore>);

impl Hasher {
    /// At most `at_once` hashes run at the same time.
    pub fn new(at_once: usize) -> Self {
        Self(Arc::new(Semaphore::new(at_once.max(1))))
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _permit = self.0.acquire().await.map_err(|_| PasswordError::Thread)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| PasswordError::Thread)
    }

    /// [`hash`] on a blocking thread.
    ///
    /// # Errors
    /// As [`hash`], or when the thread ends early.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.run(move || hash(&password)).await?
    }

    /// [`verify`] on a blocking thread. Without a hash (no such user) it does the same work against a
    /// hash of nothing and answers `false`, so that the time does not tell who has an account.
    ///
    /// # Errors
    /// When the thread ends early.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, PasswordError> {
        self.run(move || match hash {
            Some(hash) => verify(&password, &hash),
            None => {
                verify(&password, nobodys_hash());
                false
            }
        })
        .await
    }
}

fn nobodys_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| hash("nobody has this password").unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let phc = hash("海风 & 灯塔 2026").unwrap();
        assert!(phc.starts_with("$argon2id$v=19$"));
        assert!(verify("海风 & 灯塔 2026", &phc));
        assert!(!verify("海风 & 灯塔 2027", &phc));
        assert!(!verify("海风 & 灯塔 2026", "not a hash"));
        assert_ne!(phc, hash("海风 & 灯塔 2026").unwrap(), "every hash has its own salt");
    }

    #[test]
    fn weak_passwords_are_refused_with_the_reason() {
        assert_eq!(check("wang", "short"), Err(BadPassword::TooShort));
        assert_eq!(check("wang", &"x1".repeat(200)), Err(BadPassword::TooLong));
        assert_eq!(check("wang.min", "Wang.Min-2026"), Err(BadPassword::HoldsLogin));
        assert_eq!(check("wang", "Password123"), Err(BadPassword::Common));
        assert_eq!(check("wang", "ababababababab"), Err(BadPassword::Monotonous));
        assert_eq!(check("wang", "四时潮汐与渔火人家也"), Ok(()));
    }

    #[tokio::test]
    async fn an_unknown_user_is_refused_after_the_same_work() {
        let hasher = Hasher::new(1);
        assert!(!hasher.verify("nobody has this password".into(), None).await.unwrap());
        let phc = hasher.hash("correct horse 9".into()).await.unwrap();
        assert!(hasher.verify("correct horse 9".into(), Some(phc)).await.unwrap());
    }
}
