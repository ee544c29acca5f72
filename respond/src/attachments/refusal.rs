//! Why a file is not added, opened or removed, in a sentence for the one who tried.

use std::io;

use qingting_models::records::{FileKind, size_text};
use qingting_models::store::StoreError;

use super::content::Mismatch;

/// Why a file was not added, opened or removed. The texts are for the one who tried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentRefusal {
    #[error("工单已经结束，不能再添加附件")]
    Ended,
    #[error("本工单已有 {max} 个附件，不能再加；先删除不用的")]
    TooMany { max: u32 },
    #[error("说明共 {got} 字，超出上限 {max} 字，请删减")]
    LongNote { got: usize, max: usize },
    #[error("“{name}”没有添加：文件是空的")]
    Empty { name: String },
    #[error("“{name}”没有添加：超过 {}，请压缩或拆分", size_text(*max))]
    TooLarge { name: String, max: i64 },
    #[error("“{name}”没有添加：{ending}；可以添加的是 {allowed}")]
    Kind { name: String, ending: String, allowed: String },
    #[error("“{name}”没有添加：按名称是{}，{why}", claimed.label())]
    Content { name: String, claimed: FileKind, why: Mismatch },
    #[error("“{name}”没有添加：本工单里已有内容相同的附件")]
    Same { name: String },
    #[error("“{name}”没有添加：查毒程序说它有问题；请用杀毒软件检查您的电脑，并告诉管理员")]
    Infected { name: String },
    #[error("“{name}”没有添加：没能查毒，没有查过的不收；请稍后再试，还不行请告诉管理员")]
    NotScanned { name: String },
    #[error("工单已经结束，请写明查看附件的理由，至少 {least} 个字")]
    NoReason { least: usize },
    #[error("请写明删除的理由：这个附件不是您添加的，或者工单已经结束")]
    WhyRemoved,
    #[error("附件由添加的人在工单结束前删除，此外由值班研判员（保密件为纪检专员）写明理由删除")]
    NotYoursToRemove,
    #[error("这个附件已经删除")]
    Gone,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// There is none for this user, or no case to add one to.
    #[error("there is no such file")]
    NotFound,
    #[error(transparent)]
    Refused(#[from] AttachmentRefusal),
    #[error(transparent)]
    Store(StoreError),
    #[error("the unsealed file: {0}")]
    Io(#[from] io::Error),
}

impl From<StoreError> for AttachmentError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(_) => Self::NotFound,
            other => Self::Store(other),
        }
    }
}
