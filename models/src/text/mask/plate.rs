//! Vehicle plates (GA 36-2018): province, letter, five places, six on new-energy vehicles.

use super::page::{NOTHING, Page};
use super::{MaskKind, MaskSpan};

const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵黔粤青藏川宁琼军海空";
/// Last places of special plates: learner, police, trailer, Hong Kong and Macao.
const SPECIAL: &[char] = &['学', '警', '挂', '港', '澳', '使', '领', '急'];

pub(super) fn find(page: &Page, claims: &mut Vec<MaskSpan>) {
    for (start, &c) in page.chars.iter().enumerate() {
        // The cheap question first: few characters stand before a letter or a dot.
        if !super::page::is_han(page.at(start + 1))
            && PROVINCES.contains(c)
            && let Some(end) = plate_end(page, start + 1)
        {
            claims.push(MaskSpan { kind: MaskKind::Plate, start, end });
        }
    }
}

fn plate_end(page: &Page, after_province: usize) -> Option<usize> {
    let letter = skip_separators(page, after_province);
    if !page.at(letter).is_ascii_lowercase() {
        return None;
    }
    let first = skip_separators(page, letter + 1);
    let (mut places, mut end) = (Vec::new(), first);
    while places.len() < 7 && page.at(end).is_ascii_alphanumeric() {
        places.push(page.at(end));
        end += 1;
        // 皖AD·08763, 冀RZ 908J: the first place stands with the letter.
        let parted = places.len() == 1 && places[0].is_ascii_lowercase() && first == letter + 1;
        if parted {
            end = skip_separators(page, end);
        }
    }
    let digits = places.iter().filter(|c| c.is_ascii_digit()).count();
    // The standard knows two letters among five places; people write others.
    let told = || page.ends_with_any(after_province - 1, &["车牌", "号牌", "车牌号", "牌照", "车号"]);
    match places.len() {
        4 if digits >= 2 && SPECIAL.contains(&page.at(end)) => Some(end + 1),
        5 if digits > 0 || told() => Some(end),
        6 if (4..6).contains(&digits) => Some(end),
        _ => None,
    }
}

fn skip_separators(page: &Page, from: usize) -> usize {
    let separators =
        (from..from + 2).take_while(|&i| matches!(page.at(i), '·' | '•' | '・' | '.' | ' ' | '-' | NOTHING));
    from + separators.count()
}
