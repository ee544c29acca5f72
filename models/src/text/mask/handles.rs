//! E-mail addresses, and QQ and WeChat accounts after a cue.

use super::cues::{Announces, Cue, value_start};
use super::page::{Page, is_han};
use super::word_list::Words;
use super::{MaskKind, MaskSpan};

/// What follows a count or amount rather than an account.
const UNITS: &[char] = &['元', '万', '人', '年', '月', '日', '个', '块', '多', '余', '条', '名', '.', '%'];
/// Numbers that belong to the public.
const PUBLIC: &[&str] = &["12345", "12315", "12333", "12319", "10000", "10086", "10010"];
/// Words after WeChat or QQ that make it a group, a platform or a payment.
static NOT_PERSONAL: Words = Words::of(&["群", "公众", "平台", "小程序", "视频号", "邮箱"]);

/// Addresses of the usual form local@domain.tld.
pub(super) fn find_emails(page: &Page, claims: &mut Vec<MaskSpan>) {
    for at in page.chars.iter().enumerate().filter(|(_, c)| **c == '@').map(|(i, _)| i) {
        let local = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-');
        let length = (1..=at.min(64)).take_while(|&back| local(page.at(at - back))).count();
        let start = at - length;
        if length == 0 || matches!(page.before(start), '*' | '@') {
            continue;
        }
        if let Some(end) = domain_end(page, at + 1) {
            claims.push(MaskSpan { kind: MaskKind::Email, start, end });
        }
    }
}

/// 请加mm_xiaochi2024, 用zhao_wood跟我联系: an id of letters and marks that is added or talked through.
pub(super) fn find_added(page: &Page, claims: &mut Vec<MaskSpan>) {
    const LONGEST: usize = 20;
    for (at, &verb) in page.chars.iter().enumerate().filter(|(_, c)| matches!(**c, '加' | '用')) {
        let start = at + 1;
        if !page.at(start).is_ascii_alphabetic()
            || matches!(page.before(at), '增' | '添' | '附' | '外' | '参')
        {
            continue;
        }
        let length = (start..=start + LONGEST).take_while(|&i| is_id(page.at(i))).count();
        let end = start + length;
        let letters = (start..end).filter(|&i| page.at(i).is_ascii_alphabetic()).count();
        let marked = (start..end).any(|i| page.at(i) == '_');
        let talked = (end..end + 5).any(|i| page.has_any(i, &["联系", "聊", "好友"]));
        let told = marked && (verb == '加' || talked) || verb == '加' && talked && letters < length;
        if told && (6..=LONGEST).contains(&length) && !matches!(page.at(end), '@' | '.' | '*') {
            claims.push(MaskSpan { kind: MaskKind::WeChat, start, end });
        }
    }
}

/// Where a domain of two or more labels, the last of them of letters, ends.
fn domain_end(page: &Page, start: usize) -> Option<usize> {
    let mut end = None;
    let mut at = start;
    loop {
        let label = (at..).take_while(|&i| page.at(i).is_ascii_alphanumeric() || page.at(i) == '-').count();
        let letters = (at..at + label).take_while(|&i| page.at(i).is_ascii_alphabetic()).count();
        if at > start && letters >= 2 && letters == label {
            end = Some(at + label);
        }
        if label == 0 || page.at(at + label) != '.' {
            return end;
        }
        at += label + 1;
    }
}

/// QQ and WeChat accounts that a cue announces.
pub(super) fn find_accounts(page: &Page, cues: &[Cue], claims: &mut Vec<MaskSpan>) {
    for cue in cues {
        let owner = page.has(cue.end, "群主");
        let inside = page.has(cue.end, "群里");
        if page.has_any(cue.end, &NOT_PERSONAL) && !owner && !inside {
            continue;
        }
        let found = match cue.announces {
            Announces::Qq => qq(page, cue),
            Announces::WeChat => {
                wechat(page, cue).or_else(|| id_before(page, cue)).or_else(|| id_later(page, cue))
            }
            _ => None,
        };
        claims.extend(found);
    }
}

fn digits_at(page: &Page, start: usize) -> usize {
    (start..).take_while(|&i| page.at(i).is_ascii_digit()).count()
}

fn is_account_number(page: &Page, start: usize, length: usize) -> bool {
    let end = start + length;
    let public = PUBLIC.iter().any(|n| n.len() == length && page.has(start, n));
    page.at(start) != '0'
        && !UNITS.contains(&page.at(end))
        && !page.at(end).is_ascii_alphanumeric()
        && !public
}

fn qq(page: &Page, cue: &Cue) -> Option<MaskSpan> {
    let owner = if page.has(cue.end, "群主") { 2 } else { 0 };
    let (near, _) = value_start(page, cue.end + owner);
    let start = if digits_at(page, near) > 0 { near } else { told_later(page, near)? };
    qq_at(page, start)
}

/// An account number of five to eleven digits; one of seven or more may be written in groups.
fn qq_at(page: &Page, start: usize) -> Option<MaskSpan> {
    let mut end = start + digits_at(page, start);
    let mut digits = end - start;
    while page.at(end) == ' ' && matches!(digits_at(page, end + 1), 2..=4) && matches!(digits, 3..=8) {
        digits += digits_at(page, end + 1);
        end += 1 + digits_at(page, end + 1);
    }
    let fits = (5..=11).contains(&digits) && is_account_number(page, start, end - start);
    fits.then_some(MaskSpan { kind: MaskKind::Qq, start, end })
}

/// 加Q583920174, Q我吧2447803876, 扣618125803, and 62719083我的Q.
pub(super) fn find_q(page: &Page, claims: &mut Vec<MaskSpan>) {
    const FEWEST: usize = 6;
    for (at, &c) in page.chars.iter().enumerate().filter(|(_, c)| matches!(**c, 'q' | '扣')) {
        let alone = !page.before(at).is_ascii_alphanumeric() && !page.at(at + 1).is_ascii_alphabetic();
        if !alone {
            continue;
        }
        let gap = (at + 1..at + 4)
            .take_while(|&i| matches!(page.at(i), '我' | '吧' | '她' | '他' | ' ' | ':'))
            .count();
        let start = at + 1 + if c == 'q' { gap } else { 0 };
        if digits_at(page, start) >= FEWEST {
            claims.extend(qq_at(page, start));
        } else if c == 'q' {
            let said = |c: char| matches!(c, ',' | ' ' | '我' | '的' | '是' | '他' | '她' | '这');
            let end = (1..=4).map(|n| at - n.min(at)).find(|&i| !said(page.at(i))).map_or(at, |i| i + 1);
            let digits = (1..=end.min(12)).take_while(|n| page.at(end - n).is_ascii_digit()).count();
            if (FEWEST..=11).contains(&digits) && !page.before(end - digits).is_ascii_alphanumeric() {
                claims.push(MaskSpan { kind: MaskKind::Qq, start: end - digits, end });
            }
        }
    }
}

/// lulu_mx1990, and tujidan-laoli where one is added or written to: an id of letters with a mark in it.
pub(super) fn find_ids(page: &Page, claims: &mut Vec<MaskSpan>) {
    static BEFORE: Words = Words::of(&["微", "薇", "威", "加我", "加她", "加他", "推给", "卫星", "群的号"]);
    static BEHIND: Words = Words::of(&["微信", "群主", "的微", "是他微", "是她微", "我微", "发来的"]);
    const REACH: usize = 12;
    let mut at = 0;
    while at < page.chars.len() {
        let length = (at..).take_while(|&i| is_id(page.at(i))).count();
        let (start, end) = (at, at + length);
        at = end + 1;
        let fits = (6..=20).contains(&length) && page.at(start).is_ascii_alphabetic();
        let apart = |c: char| matches!(c, '@' | '.' | '/' | '*' | '=' | '%');
        if !fits || apart(page.at(end)) || apart(page.before(start)) {
            continue;
        }
        let has = |mark: char| (start..end).any(|i| page.at(i) == mark);
        let marked = has('-') || (start..end).any(|i| page.at(i).is_ascii_digit());
        let lower = (start..end).filter(|&i| page.at(i).is_ascii_alphabetic()).count();
        let near = || {
            (start.saturating_sub(REACH)..start).any(|i| page.has_any(i, &BEFORE))
                || (end..end + REACH / 2).any(|i| page.has_any(i, &BEHIND))
        };
        // In a text of other letters it is the name of a field or a file.
        let spoken =
            || (start.saturating_sub(REACH)..start).chain(end..end + REACH).any(|i| is_han(page.at(i)));
        if lower > 2 && (has('_') && spoken() || marked && near()) {
            claims.push(MaskSpan { kind: MaskKind::WeChat, start, end });
        }
    }
}

/// 我的QQ是五年前申请的2918374650: an account within one clause or the next, up to twelve characters after its cue.
fn told_later(page: &Page, from: usize) -> Option<usize> {
    const REACH: usize = 12;
    let start = (from..from + REACH).find(|&i| page.at(i).is_ascii_digit())?;
    let told = (from..start).all(|i| is_han(page.at(i)) || matches!(page.at(i), ',' | ':' | ' '));
    let digits = digits_at(page, start);
    let mobile = digits == 11 && page.at(start) == '1' && page.at(start + 1) >= '3';
    let other = (from..start)
        .any(|i| page.has_any(i, &["微信", "电话", "手机", "群", "元", "第"]) && !page.has(i, "群里"));
    (told && (7..=11).contains(&digits) && !mobile && !other).then_some(start)
}

/// tousu_xiaoer这个微信: an id right before the word.
fn id_before(page: &Page, cue: &Cue) -> Option<MaskSpan> {
    let end = [2, 1, 0].into_iter().map(|back| cue.start.saturating_sub(back)).find(|&end| {
        is_id(page.before(end)) && page.has_any(end, &["这个", "是", "的", "微", "薇", "wx", "vx"])
    })?;
    let length = (1..=end.min(20)).take_while(|back| is_id(page.at(end - back))).count();
    let start = end - length;
    let marked = (start..end).any(|i| !page.at(i).is_ascii_alphabetic());
    let named = page.at(start).is_ascii_alphabetic() && marked && (6..=20).contains(&length);
    (named && page.before(start) != '@').then_some(MaskSpan { kind: MaskKind::WeChat, start, end })
}

/// 微信加K9_jinfu, vx搜NHzufang01: an id with a digit or mark in it, up to twelve characters after the word.
fn id_later(page: &Page, cue: &Cue) -> Option<MaskSpan> {
    const REACH: usize = 12;
    let start = (cue.end..cue.end + REACH).find(|&i| is_id(page.at(i)))?;
    if page.has(start, "qq") {
        return None;
    }
    let told =
        (cue.end..start).all(|i| is_han(page.at(i)) || matches!(page.at(i), ',' | ':' | ' ' | '“' | '"'));
    let length = (start..).take_while(|&i| is_id(page.at(i))).count();
    let end = start + length;
    let marked = (start..end).any(|i| !page.at(i).is_ascii_alphabetic());
    let fits = page.at(start).is_ascii_alphabetic() && marked && (6..=20).contains(&length);
    (told && fits && !matches!(page.at(end), '@' | '.' | '*')).then_some(MaskSpan {
        kind: MaskKind::WeChat,
        start,
        end,
    })
}

fn is_id(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// Latin words that stand after WeChat and are no one's account.
fn is_product(page: &Page, start: usize, end: usize) -> bool {
    ["wechat", "android", "windows", "alipay", "mobile", "harmony"]
        .iter()
        .any(|word| word.len() == end - start && page.has(start, word))
}

/// An id of letters, digits, `_` and `-` that starts with a letter, 6 to 20 places, or a number.
/// A mobile number used as an account stays a telephone number.
fn wechat(page: &Page, cue: &Cue) -> Option<MaskSpan> {
    let own = page.has(cue.start, "wxid_");
    let (start, parted) = if own { (cue.start, true) } else { value_start(page, cue.end) };
    let digits = digits_at(page, start);
    if digits > 0 {
        let fits = (6..=20).contains(&digits) && is_account_number(page, start, digits);
        let mobile = digits == 11 && page.at(start) == '1' && page.at(start + 1) >= '3';
        let goes_on = page.at(start + digits) == '-' && page.at(start + digits + 1).is_ascii_digit();
        return (fits && !mobile && !goes_on).then(|| MaskSpan {
            kind: MaskKind::WeChat,
            start,
            end: start + digits,
        });
    }
    let length = (start..).take_while(|&i| is_id(page.at(i))).count();
    let end = start + length;
    let marked = (start..end).any(|i| !page.at(i).is_ascii_alphabetic());
    let fits = page.at(start).is_ascii_alphabetic()
        && (6..=20).contains(&length)
        && (parted || marked || !is_product(page, start, end));
    (fits && !matches!(page.at(end), '@' | '*') && page.at(start - 1) != '*').then_some(MaskSpan {
        kind: MaskKind::WeChat,
        start,
        end,
    })
}
