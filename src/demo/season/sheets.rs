//! The season as the hotline's and the complaint board's exports, with the headers those exports carry.

use jiff::{SignedDuration, Timestamp};

use super::clockwork::local_time;
use super::{Channel, SeasonRecord};

/// Columns of the hotline sheet.
pub(crate) const HOTLINE_HEADERS: [&str; 7] =
    ["工单编号", "来电时间", "诉求标题", "诉求内容", "联系电话", "所属区域", "承办单位"];
/// Columns of the complaint board's sheet.
pub(crate) const COMPLAINT_HEADERS: [&str; 7] =
    ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "点赞数", "反对数"];

/// When a record was made, given the season's end.
pub(crate) fn time_of(record: &SeasonRecord, end: Timestamp) -> Timestamp {
    end.saturating_add(SignedDuration::from_mins(record.at_offset_minutes)).unwrap_or(end)
}

/// The calls among the records as CSV in UTF-8, header first, CRLF line ends (RFC 4180), times as `2026-09-12 09:13:00`.
pub(crate) fn hotline_csv(records: &[SeasonRecord], end: Timestamp) -> String {
    let mut csv = HOTLINE_HEADERS.join(",") + "\r\n";
    for record in records.iter().filter(|record| record.channel == Channel::Hotline) {
        let time = written_time(record, end);
        let cells = [
            record.external_id.as_str(),
            &time,
            &record.title,
            &record.body,
            record.caller_phone.as_deref().unwrap_or_default(),
            record.town.as_deref().unwrap_or_default(),
            record.office.as_deref().unwrap_or_default(),
        ];
        csv.push_str(&cells.map(quoted).join(","));
        csv.push_str("\r\n");
    }
    csv
}

/// The letters among the records as rows under [`COMPLAINT_HEADERS`].
pub(crate) fn complaint_rows(records: &[SeasonRecord], end: Timestamp) -> Vec<[String; 7]> {
    records
        .iter()
        .filter(|record| record.channel == Channel::Complaint)
        .map(|record| {
            let (likes, dislikes) = votes(record);
            [
                record.external_id.clone(),
                record.caller_name.clone().unwrap_or_default(),
                record.title.clone(),
                written_time(record, end),
                record.body.clone(),
                likes.to_string(),
                dislikes.to_string(),
            ]
        })
        .collect()
}

fn written_time(record: &SeasonRecord, end: Timestamp) -> String {
    local_time(time_of(record, end)).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// Most letters get few votes; those of a storyline many. Drawn from the id, so that they stay the same.
fn votes(record: &SeasonRecord) -> (u64, u64) {
    let mixed = record.external_id.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    let likes = match record.storyline {
        Some(_) => 18 + mixed % 160,
        None => (mixed % 13) * (mixed / 13 % 3),
    };
    (likes, mixed / 41 % 4 * u64::from(likes > 6))
}
