//! Files that people add to cases: what is taken, how it is looked at before it is kept, and who may add, open and remove
//! one. Who works on a case may; who only reads of it sees that there is a file.

mod content;
mod refusal;
mod rights;
mod scan;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use qingting_models::ids::AttachmentId;
use qingting_models::records::{Attachment, CaseFile, FileKind, Subject, Viewer};
use qingting_models::store::{NewAttachment, OpenAttachment, Store, StoreError};
use qingting_models::text::file_name;
use serde_json::json;
use tempfile::NamedTempFile;

pub use content::Mismatch;
pub use refusal::{AttachmentError, AttachmentRefusal};
pub use rights::{Removal, goes_with_reply, may_add, needs_reason, removal, works_on};
pub use scan::{Scan, ScanFault};

use crate::acting::ActingUser;
use scan::Scanned;

/// Fewest characters of a reason to open a file, as of any look behind the mask.
const SHORTEST_REASON: usize = 4;

/// What is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentRules {
    pub kinds: Vec<FileKind>,
    /// Of one file.
    pub max_bytes: u64,
    /// In one case.
    pub max_files: u32,
    /// Looks at each file before it is kept.
    pub scan: Option<Scan>,
}

impl AttachmentRules {
    /// Largest file that can be allowed, in megabytes.
    pub const MOST_MB: u64 = 100;
    /// So many files of a case can be allowed.
    pub const MOST_FILES: u32 = 400;

    /// The endings that are taken, as they are told to people.
    pub fn endings(&self) -> String {
        self.kinds.iter().map(|kind| kind.code()).collect::<Vec<_>>().join("、")
    }
}

impl Default for AttachmentRules {
    fn default() -> Self {
        Self { kinds: FileKind::USUAL.to_vec(), max_bytes: 20 << 20, max_files: 50, scan: None }
    }
}

/// A file as it was sent, not looked at yet. It lies unsealed in the folder, for its owner alone, until this is dropped.
#[derive(Debug)]
pub struct Sent {
    name: String,
    file: NamedTempFile,
    /// Bytes that came, also those that were not written any more.
    size: u64,
    max: u64,
}

impl Sent {
    /// Its name, cleaned.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Writes the next bytes. Beyond the largest size they are counted and thrown away, so that whoever sends them can be
    /// told.
    ///
    /// # Errors
    /// When the disk is full or broken.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.size += bytes.len() as u64;
        if self.size > self.max {
            return self.file.as_file().set_len(0);
        }
        io::Write::write_all(self.file.as_file_mut(), bytes)
    }
}

/// What is said of a file beside its content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Said<'a> {
    /// What it shows; may be empty.
    pub note: &'a str,
    /// It goes with the department's next reply.
    pub with_reply: bool,
}

/// Takes files, looks at them and keeps them sealed.
#[derive(Debug)]
pub struct Attachments {
    rules: AttachmentRules,
    folder: PathBuf,
}

impl Attachments {
    /// With a folder of its own, in which files lie while they are looked at. What an earlier process left there is deleted.
    ///
    /// # Errors
    /// When that fails, or the folder cannot be made.
    pub fn in_folder(folder: PathBuf, rules: AttachmentRules) -> io::Result<Self> {
        match fs::remove_dir_all(&folder) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => private_folder(&folder)?,
        }
        Ok(Self { rules, folder })
    }

    pub fn rules(&self) -> &AttachmentRules {
        &self.rules
    }

    /// Begins to take a file that is sent under a name.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn begin(&self, name: &str) -> io::Result<Sent> {
        private_folder(&self.folder)?;
        let file = NamedTempFile::new_in(&self.folder)?;
        Ok(Sent {
            name: file_name(name, "附件", Attachment::LONGEST_NAME - 12),
            file,
            size: 0,
            max: self.rules.max_bytes,
        })
    }

    /// Looks at a file and adds it to a case as the user sees it.
    ///
    /// # Errors
    /// [`AttachmentError`]; nothing was added.
    pub async fn add(
        &self,
        store: &Store,
        viewer: &Viewer,
        who: &ActingUser,
        case: &CaseFile,
        sent: Sent,
        said: Said<'_>,
    ) -> Result<Attachment, AttachmentError> {
        may_add(case, who)?;
        check_note(said.note)?;
        let kind = self.claimed(&sent)?;
        let most = self.rules.max_files;
        let there = store.attachments(viewer, case.case.id).await?;
        if there.iter().filter(|attachment| attachment.removed.is_none()).count() >= most as usize {
            return Err(AttachmentRefusal::TooMany { max: most }.into());
        }
        let path = sent.file.path().to_owned();
        let checked = tokio::task::spawn_blocking(move || content::check(&path, kind));
        if let Err(why) = checked.await.map_err(io::Error::other)?? {
            let name = sent.name;
            return Err(AttachmentRefusal::Content { name, claimed: kind, why }.into());
        }
        self.scan(store, who, case, kind, &sent).await?;
        let new = NewAttachment {
            case: case.case.id,
            kind,
            name: sent.name.clone(),
            note: said.note.to_owned(),
            size: i64::try_from(sent.size).unwrap_or(i64::MAX),
            department: who.department.clone(),
            with_reply: said.with_reply && goes_with_reply(case, who),
        };
        let mut content = tokio::fs::File::open(sent.file.path()).await?;
        match store.add_attachment(viewer, new, &mut content, most.into(), who.actor).await {
            Err(StoreError::Taken { .. }) => Err(AttachmentRefusal::Same { name: sent.name }.into()),
            other => Ok(other?),
        }
    }

    /// The kind that the name claims, when it is one that is taken and the size is allowed.
    fn claimed(&self, sent: &Sent) -> Result<FileKind, AttachmentRefusal> {
        let name = sent.name.clone();
        let ending = name.rsplit_once('.').map(|(_, ending)| ending);
        let claimed = ending.and_then(FileKind::of_ending);
        let Some(kind) = claimed.filter(|kind| self.rules.kinds.contains(kind)) else {
            let ending = match ending {
                Some(ending) => format!("不收 .{ending} 文件"),
                None => "名称没有后缀，看不出是什么文件".into(),
            };
            return Err(AttachmentRefusal::Kind { name, ending, allowed: self.rules.endings() });
        };
        match sent.size {
            0 => Err(AttachmentRefusal::Empty { name }),
            size if size > sent.max => {
                let max = i64::try_from(sent.max).unwrap_or(i64::MAX);
                Err(AttachmentRefusal::TooLarge { name, max })
            }
            _ => Ok(kind),
        }
    }

    /// Lets the scanner look. What it refuses, or could not look at, is written to the log.
    async fn scan(
        &self,
        store: &Store,
        who: &ActingUser,
        case: &CaseFile,
        kind: FileKind,
        sent: &Sent,
    ) -> Result<(), AttachmentError> {
        let Some(scan) = &self.rules.scan else { return Ok(()) };
        let (why, refusal) = match scan.look(sent.file.path()).await {
            Scanned::Clean => return Ok(()),
            Scanned::Found => ("found", AttachmentRefusal::Infected { name: sent.name.clone() }),
            Scanned::Unknown(cause) => {
                tracing::error!(cause, "a file could not be scanned and was refused");
                ("not_scanned", AttachmentRefusal::NotScanned { name: sent.name.clone() })
            }
        };
        let (path, digester) = (sent.file.path().to_owned(), store.vault().digester("attachment"));
        let digest = tokio::task::spawn_blocking(move || digest_of(&path, digester));
        let digest = digest.await.map_err(io::Error::other)??;
        let detail = json!({
            "kind": kind.code(), "size": sent.size, "digest": &digest[..16], "why": why
        });
        store.audit(who.actor, "attachment.refuse", Subject::Case(case.case.id), detail).await?;
        Err(refusal.into())
    }
}

/// Opens a file for somebody who works on its case. The log knows before they do.
///
/// # Errors
/// [`AttachmentError`]; nothing was opened.
pub async fn open(
    store: &Store,
    viewer: &Viewer,
    who: &ActingUser,
    case: &CaseFile,
    id: AttachmentId,
    reason: &str,
) -> Result<OpenAttachment, AttachmentError> {
    there(store, viewer, who, case, id).await?;
    if needs_reason(case) && reason.trim().chars().count() < SHORTEST_REASON {
        return Err(AttachmentRefusal::NoReason { least: SHORTEST_REASON }.into());
    }
    check_note(reason)?;
    Ok(store.open_attachment(viewer, id, reason, who.actor).await?)
}

/// Removes a file for good: whoever added it while the case is open, and the duty office with a reason.
///
/// # Errors
/// [`AttachmentError`]; the file is as it was.
pub async fn remove(
    store: &Store,
    viewer: &Viewer,
    who: &ActingUser,
    case: &CaseFile,
    id: AttachmentId,
    reason: &str,
) -> Result<(), AttachmentError> {
    let found = there(store, viewer, who, case, id).await?;
    match removal(case, &found, who) {
        None => return Err(AttachmentRefusal::NotYoursToRemove.into()),
        Some(Removal::WithReason) if reason.trim().chars().count() < 2 => {
            return Err(AttachmentRefusal::WhyRemoved.into());
        }
        Some(_) => {}
    }
    check_note(reason)?;
    Ok(store.remove_attachment(viewer, id, reason, who.actor).await?)
}

/// The file of the case that somebody who works on it asks for, if it was not removed.
async fn there(
    store: &Store,
    viewer: &Viewer,
    who: &ActingUser,
    case: &CaseFile,
    id: AttachmentId,
) -> Result<Attachment, AttachmentError> {
    let found = store.attachment(viewer, id).await?;
    let found = found.filter(|found| found.case == case.case.id && works_on(case, who));
    match found.ok_or(AttachmentError::NotFound)? {
        gone if gone.removed.is_some() => Err(AttachmentRefusal::Gone.into()),
        found => Ok(found),
    }
}

fn check_note(note: &str) -> Result<(), AttachmentRefusal> {
    let (got, max) = (note.trim().chars().count(), Attachment::LONGEST_NOTE);
    if got > max { Err(AttachmentRefusal::LongNote { got, max }) } else { Ok(()) }
}

fn digest_of(path: &Path, mut digester: qingting_models::vault::Digester) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
    let mut buffer = vec![0u8; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(digester.finish()),
            count => digester.update(&buffer[..count]),
        }
    }
}

fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
