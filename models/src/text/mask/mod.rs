//! Hides personal data in free text behind readable labels such as 〔手机号〕.
//!
//! * [`page`]: the copy the finders read, one character for one character of the input.
//! * [`cues`]: the words that announce a number or a name (电话, 微信, 联系人).
//! * [`digits`]: runs of digits however they are spaced; [`numbers`]: telephone, identity and bank card numbers.
//! * [`handles`]: e-mail, QQ and WeChat; [`plate`]: vehicle plates; [`names`]: names of persons
//!   by rules ([`name_lists`]), [`recognise`] by learned weights ([`table`]) of what [`glance`] and [`features`] see;
//!   [`address`]: house and flat numbers; [`known`]: values the caller knows from other columns.
//!
//! Masking is idempotent: the finders run over the text, and over it with labels in place of what they found, until
//! they find no more. To them a label is a wall that no rule reaches across.

mod address;
mod cues;
mod digits;
mod features;
mod glance;
mod handles;
mod known;
mod masker;
mod name_lists;
mod names;
mod numbers;
mod page;
mod plate;
mod recognise;
mod table;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "testing"))]
pub mod training;
mod word_list;

use serde::{Deserialize, Serialize};

pub use known::Known;
pub use masker::Masker;
use page::Page;

/// What a masked stretch of text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MaskKind {
    /// A mainland mobile number, 11 digits, with its country code if written.
    Mobile,
    /// A fixed line with area code, or a local number after a cue; extension included.
    Landline,
    /// An identity number of a resident, 18 or 15 places (GB 11643).
    IdCard,
    /// A bank card number that passes the Luhn check.
    BankCard,
    /// A vehicle plate (GA 36).
    Plate,
    /// An e-mail address.
    Email,
    /// A QQ number after a cue.
    Qq,
    /// A WeChat id after a cue.
    WeChat,
    /// A private person's whole name; a surname with a title alone (张先生) names nobody.
    Name,
    /// House and flat numbers, not the road or estate.
    Address,
}

impl MaskKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Mobile,
        Self::Landline,
        Self::IdCard,
        Self::BankCard,
        Self::Plate,
        Self::Email,
        Self::Qq,
        Self::WeChat,
        Self::Name,
        Self::Address,
    ];

    /// What stands in the masked text instead of the value.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Mobile => "〔手机号〕",
            Self::Landline => "〔电话〕",
            Self::IdCard => "〔身份证号〕",
            Self::BankCard => "〔银行卡号〕",
            Self::Plate => "〔车牌〕",
            Self::Email => "〔邮箱〕",
            Self::Qq => "〔QQ〕",
            Self::WeChat => "〔微信〕",
            Self::Name => "〔姓名〕",
            Self::Address => "〔门牌〕",
        }
    }
}

/// One masked stretch: `start..end` in characters of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskSpan {
    /// What it was.
    #[serde(rename = "type")]
    pub kind: MaskKind,
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
}

/// A text with its personal data replaced, and where it stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Masked {
    /// The text with labels in place of values.
    pub text: String,
    /// What was masked, in order, not overlapping.
    pub spans: Vec<MaskSpan>,
}

/// Masks the personal data that [`MaskKind`] names. What is masked already (138****5678, 张**, 李某,
/// our own labels) stays as it is.
pub fn mask(text: &str) -> Masked {
    mask_with(text, &[])
}

/// [`mask`], and every place where one of the `known` values stands, such as the name and number
/// of the caller from a sheet's own columns.
pub fn mask_with(text: &str, known: &[(MaskKind, &str)]) -> Masked {
    mask_known(text, &Known::new(known))
}

/// [`mask_with`] for several texts of one record.
pub fn mask_known(text: &str, known: &Known) -> Masked {
    let mut masked = Masked { text: text.to_owned(), spans: Vec::new() };
    loop {
        let page = Page::read(&masked.text);
        let mut found = Vec::new();
        known::find(&page, known, &mut found);
        if found.is_empty() {
            found = find_all(&page);
        }
        if found.is_empty() {
            return masked;
        }
        found.sort_by_key(|span| span.start);
        masked.spans = with_found(&masked.spans, &found);
        masked.text = replace(text, &masked.spans);
    }
}

/// Masks what an office writes of itself: as [`mask`], but fixed telephone lines stay, which are those of offices there.
pub fn mask_official(text: &str) -> String {
    let mut spans = mask(text).spans;
    spans.retain(|span| span.kind != MaskKind::Landline);
    replace(text, &spans)
}

/// The spans of a text, and what was found in the copy that has labels in their place, all as places in the text.
fn with_found(spans: &[MaskSpan], found: &[MaskSpan]) -> Vec<MaskSpan> {
    let mut all = Vec::with_capacity(spans.len() + found.len());
    let mut before = spans.iter().peekable();
    // One place, just behind a label, in the text and in its copy.
    let (mut place, mut copied) = (0, 0);
    for new in found {
        while let Some(old) = before.next_if(|old| copied + old.start - place < new.start) {
            copied += old.start - place + old.kind.label().chars().count();
            place = old.end;
            all.push(*old);
        }
        let (start, end) = (place + new.start - copied, place + new.end - copied);
        all.push(MaskSpan { start, end, ..*new });
    }
    all.extend(before);
    all
}

/// One round of every finder; where two claim the same characters, the earlier finder wins.
fn find_all(page: &Page) -> Vec<MaskSpan> {
    let cues = cues::find(page);
    let mut claims = Vec::new();
    if !cues.is_empty() || page.has_number_or_at || page.spelled_digits {
        find_numbers(page, &cues, &mut claims);
    }
    let mut ruled = Vec::new();
    names::find(page, &cues, &mut ruled);
    recognise::find(page, &cues, ruled, &mut claims);
    if page.has_number_or_at {
        address::find(page, &mut claims);
    }
    settle(page, claims)
}

fn find_numbers(page: &Page, cues: &[cues::Cue], claims: &mut Vec<MaskSpan>) {
    let groups = digits::groups(page);
    handles::find_emails(page, claims);
    numbers::find_identity(page, &groups, cues, claims);
    handles::find_accounts(page, cues, claims);
    handles::find_q(page, claims);
    if page.has_letters {
        handles::find_added(page, claims);
        handles::find_ids(page, claims);
    }
    // A card in groups of four may hold a group that begins like a mobile number.
    numbers::find_bank_cards(page, &groups, cues, claims);
    numbers::find_mobiles(page, &groups, claims);
    numbers::find_landlines(page, &groups, cues, claims);
    if page.has_letters {
        plate::find(page, claims);
    }
}

/// Keeps the claims, first come first served, that overlap neither one kept before nor a label.
fn settle(page: &Page, claims: Vec<MaskSpan>) -> Vec<MaskSpan> {
    if claims.is_empty() {
        return claims;
    }
    let mut taken: Vec<bool> = page.chars.iter().map(|c| *c == page::WALL).collect();
    let mut kept = Vec::with_capacity(claims.len());
    for claim in claims {
        let range = &mut taken[claim.start..claim.end];
        if !range.iter().any(|&t| t) {
            range.fill(true);
            kept.push(claim);
        }
    }
    kept
}

fn replace(text: &str, spans: &[MaskSpan]) -> String {
    if spans.is_empty() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    let mut at = 0;
    for span in spans {
        out.extend(chars.by_ref().take(span.start - at));
        out.push_str(span.kind.label());
        chars.by_ref().take(span.end - span.start).for_each(drop);
        at = span.end;
    }
    out.push_str(chars.as_str());
    out
}
