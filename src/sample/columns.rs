//! The rows of the sheets: which sender writes which columns, and in which form it writes a time.

use jiff::Timestamp;
use qingting_models::clock;

use super::course::{Answer, State};
use super::senders::Columns;
use super::sheet_file::Cell;
use super::telling::Record;
use super::year::DAY_S;

/// What a row is made of.
pub(super) struct Row<'r> {
    pub(super) record: &'r Record,
    /// Without marks.
    pub(super) title: &'r str,
    pub(super) body: &'r str,
    pub(super) state: State,
    pub(super) answer: Option<&'r Answer>,
    /// How many exports came before this one: counters grow, and one sender writes times otherwise each time.
    pub(super) export: usize,
}

/// The headers of a sheet.
pub(super) fn headers(columns: Columns) -> Vec<&'static str> {
    let line = match columns {
        Columns::Platform => {
            "诉求编号,诉求来源,诉求来源小类,诉求类型,事件类型,一级分类名称,二级分类名称,三级分类名称,诉求类别,诉求标题,\
             诉求内容,诉求性质,登记时间,封存时间,事件状态,城市名称,区域名称,街道名称,事发区域,地址描述,所有办理部门,办理描述,\
             批转单位,退回部门,退回原因,诉求标签,事发时间,答复内容,评价满意度,评价内容,部门办理截止时间,扬言件类型,办理结束时间"
        }
        Columns::Calls => "工单编号,来电时间,诉求标题,诉求内容,联系电话,所属区域,承办单位",
        Columns::Dispatched => "工单编号,工单标题,工单内容,推送时间,承办单位,问题分类,问题点位,是否群诉",
        Columns::People => {
            "工单编号,诉求人姓名,诉求人手机号,诉求标题,市民诉求,接诉分类一级,接诉分类二级,接诉分类三级,接诉分类四级,工单类型,\
             诉求类型,所属区域,受理时间,工单状态,来源渠道,提交办结时间,回复时间,回复诉求人,回访结果,处理部门,催单次数,补单次数,\
             重复次数"
        }
        Columns::Board => "留言编号,留言用户,留言主题,留言时间,留言详情,点赞数,反对数,答复意见,答复时间",
        Columns::Petitions => {
            "序号,信访编号,信访人,信访日期,信访标题,信访内容,办理单位,办理状态,答复意见,答复时间"
        }
        Columns::Visits => "日期,姓名,联系电话,标题,内容,所属镇街",
    };
    line.split(',').map(str::trim).collect()
}

/// Where title, text and time stand, for rows that break them.
pub(super) fn places(columns: Columns) -> (usize, usize, usize) {
    match columns {
        Columns::Platform => (9, 10, 12),
        Columns::Calls => (2, 3, 1),
        Columns::Dispatched => (1, 2, 3),
        Columns::People => (3, 4, 12),
        Columns::Board => (2, 4, 3),
        Columns::Petitions => (4, 5, 3),
        Columns::Visits => (3, 4, 0),
    }
}

/// A record as a row of a sheet.
pub(super) fn cells(columns: Columns, row: &Row<'_>) -> Vec<Cell> {
    match columns {
        Columns::Platform => platform(row),
        Columns::Calls => calls(row),
        Columns::Dispatched => dispatched(row),
        Columns::People => people(row),
        Columns::Board => board(row),
        Columns::Petitions => petitions(row),
        Columns::Visits => visits(row),
    }
}

fn written(at: i64, form: &str) -> Cell {
    let local = clock::local(Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH));
    Cell::Time(at, local.strftime(form).to_string())
}

fn answered(row: &Row<'_>, form: &str) -> Cell {
    row.answer.map_or(Cell::text(""), |answer| written(answer.at, form))
}

fn reply(row: &Row<'_>) -> Cell {
    Cell::text(row.answer.map_or("", |answer| answer.text.as_str()))
}

fn rating(row: &Row<'_>) -> &'static str {
    row.answer.and_then(|answer| answer.rating).unwrap_or_default()
}

/// A small number that belongs to the record.
fn drawn(row: &Row<'_>, salt: u32, bound: u64) -> u64 {
    row.record.seed.rotate_left(salt) % bound
}

fn platform(row: &Row<'_>) -> Vec<Cell> {
    const TIME: &str = "%Y/%-m/%-d %H:%M:%S";
    let record = row.record;
    let text = |text: &str| Cell::text(text);
    let due = (record.at + 8 * 3600).div_euclid(DAY_S) * DAY_S - 8 * 3600 + 7 * DAY_S + 17 * 3600;
    let source =
        ["电话", "微信", "网站", "手机应用"].get(drawn(row, 9, 4) as usize).copied().unwrap_or("电话");
    vec![
        text(&record.external_id),
        text("12345"),
        text(source),
        text(&record.kind),
        text("一般事件"),
        text(""),
        text(""),
        text(""),
        text(&record.kind),
        text(row.title),
        text(row.body),
        text(if record.urgent { "紧急" } else { "一般" }),
        written(record.at + 60 * drawn(row, 3, 20) as i64, TIME),
        answered(row, TIME),
        text(if row.state.finished { "已办结" } else { "办理中" }),
        text("宁波市"),
        text("象山县"),
        text(&record.town),
        text(&record.town),
        text(""),
        text(&record.office),
        text(if row.state.finished { "已办理并答复" } else { "" }),
        text("县热线中心"),
        text(""),
        text(""),
        text(""),
        written(record.at, TIME),
        reply(row),
        text(rating(row)),
        text(""),
        written(due, TIME),
        text(""),
        answered(row, TIME),
    ]
}

fn calls(row: &Row<'_>) -> Vec<Cell> {
    let record = row.record;
    // To the minute in both forms: the same moment, written otherwise by every other export.
    let form = if row.export.is_multiple_of(2) { "%Y-%m-%d %H:%M" } else { "%Y/%-m/%-d %H:%M:00" };
    vec![
        Cell::text(&record.external_id),
        written(record.at, form),
        Cell::text(row.title),
        Cell::text(row.body),
        Cell::text(&record.caller_phone),
        Cell::text(&record.town),
        Cell::text(if drawn(row, 5, 3) == 0 { record.office.as_str() } else { "" }),
    ]
}

fn dispatched(row: &Row<'_>) -> Vec<Cell> {
    let record = row.record;
    vec![
        Cell::text(&record.external_id),
        Cell::text(row.title),
        Cell::text(row.body),
        written(record.at, "%Y年%-m月%-d日 %H:%M"),
        Cell::text(&record.office),
        Cell::text(&record.kind),
        Cell::text(&record.town),
        Cell::text(if record.incident.is_some() { "是" } else { "否" }),
    ]
}

fn people(row: &Row<'_>) -> Vec<Cell> {
    const TIME: &str = "%Y-%m-%d %H:%M:%S";
    let record = row.record;
    let (finished, text) = (row.state.finished, |text: &str| Cell::text(text));
    vec![
        text(&record.external_id),
        text(&record.caller_name),
        text(&record.caller_phone),
        text(row.title),
        text(row.body),
        text(""),
        text(""),
        text(""),
        text(""),
        text("承办件"),
        text(&record.kind),
        text(&record.town),
        written(record.at, TIME),
        text(if finished { "已办结" } else { "处理中" }),
        text("民呼我为"),
        answered(row, TIME),
        answered(row, TIME),
        reply(row),
        text(rating(row)),
        text(&record.office),
        text(&(drawn(row, 7, 3) + row.export as u64).to_string()),
        text("0"),
        text(&drawn(row, 11, 2).to_string()),
    ]
}

fn board(row: &Row<'_>) -> Vec<Cell> {
    let record = row.record;
    vec![
        Cell::text(&record.external_id),
        Cell::text(&record.caller_name),
        Cell::text(row.title),
        written(record.at, ""),
        Cell::text(row.body),
        Cell::text((drawn(row, 13, 40) + row.export as u64).to_string()),
        Cell::text(drawn(row, 17, 3).to_string()),
        reply(row),
        answered(row, ""),
    ]
}

fn petitions(row: &Row<'_>) -> Vec<Cell> {
    let record = row.record;
    vec![
        Cell::text((drawn(row, 19, 900) + row.export as u64).to_string()),
        Cell::text(&record.external_id),
        Cell::text(&record.caller_name),
        written(record.at, ""),
        Cell::text(row.title),
        Cell::text(row.body),
        Cell::text(&record.office),
        Cell::text(if row.state.finished { "已办结" } else { "办理中" }),
        reply(row),
        answered(row, ""),
    ]
}

fn visits(row: &Row<'_>) -> Vec<Cell> {
    let record = row.record;
    vec![
        written(record.at, "%Y-%m-%d %H:%M:%S"),
        Cell::text(&record.caller_name),
        Cell::text(&record.caller_phone),
        Cell::text(row.title),
        Cell::text(row.body),
        Cell::text(&record.town),
    ]
}
