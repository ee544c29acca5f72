//! The routing table: its rows, and one of them tried, saved or taken away.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use qingting_models::county::{RoutingCells, RoutingSheet, TOWN_OFFICE};
use qingting_models::ids::ItemId;
use qingting_models::records::Kind;
use qingting_respond::routing::{Moved, ROUTING_TRIAL_DAYS};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::acting::DayAsked;
use super::ask::{self, Ask, Body, Key, known, object};
use super::problem::Problem;
use super::schema::{
    AnyDepartment, AnyTopic, At, Day, Filled, Id, KindCode, RoutedWord, Text, TopicWord, TownWord, Whole,
};
use super::{Answer, DONE, Done};
use crate::app::AppState;
use crate::caller::Caller;
use crate::pages::county::routing::{FILE, sheet};
use crate::pages::county::routing_row::{RowTrial, Wanted, cells, keep_row, try_row};
use crate::pages::county::version;
use crate::view::title_text;

/// 分流规则的一行
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RoutingLine {
    /// 第几行，从 0 数起；修改、删除时作为编号，和 version 一起
    index: usize,
    /// 优先级，小的先用
    priority: u32,
    #[schema(value_type = AnyTopic)]
    topic: String,
    /// 乡镇街道；不限的是 null
    place: Option<String>,
    #[schema(value_type = Option<KindCode>)]
    kind: Option<Kind>,
    /// 内容里要有其中一个词；不限的是空的
    words: Vec<String>,
    /// 派给哪个单位；@town 是属地乡镇街道
    #[schema(value_type = AnyDepartment)]
    department: String,
    note: String,
    #[schema(value_type = Option<Day>)]
    valid_from: Option<Date>,
    #[schema(value_type = Option<Day>)]
    valid_to: Option<Date>,
}

fn line(index: usize, row: &RoutingCells) -> Result<RoutingLine, Problem> {
    let [priority, topic, place, kind, words, department, note, from, to] = row;
    let day = |text: &str| match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(Problem::internal),
    };
    Ok(RoutingLine {
        index,
        // The table was checked when it was put to work.
        priority: priority.parse().map_err(Problem::internal)?,
        topic: topic.clone(),
        place: Some(place.clone()).filter(|place| !place.is_empty()),
        kind: Kind::from_code(kind),
        words: words.split('|').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect(),
        department: department.clone(),
        note: note.clone(),
        valid_from: day(from)?,
        valid_to: day(to)?,
    })
}

/// 分流规则
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RoutingTable {
    /// 修改时要带上
    version: i64,
    rows: Vec<RoutingLine>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RoutingAsked {
    #[param(value_type = Option<TopicWord>)]
    topic: Option<String>,
    /// 派给哪个单位
    #[param(value_type = Option<RoutedWord>)]
    department: Option<String>,
}

#[utoipa::path(get, path = "/routing", tag = "routing", summary = "分流规则，按文件里的先后", params(RoutingAsked),
    responses((status = 200, description = "规则", body = RoutingTable)))]
pub(super) async fn list(
    State(state): State<AppState>,
    Ask(asked): Ask<RoutingAsked>,
) -> Answer<RoutingTable> {
    let office = asked.department.as_deref();
    known(&state, asked.topic.as_deref(), None, office.filter(|code| *code != TOWN_OFFICE))?;
    let fits = |wanted: Option<&str>, cell: &str| wanted.is_none_or(|wanted| wanted == cell);
    let sheet = sheet(&state).await?;
    let rows = sheet.rows().iter().enumerate();
    let rows = rows.filter(|(_, row)| fits(asked.topic.as_deref(), &row[1]) && fits(office, &row[5]));
    let rows = rows.map(|(index, row)| line(index, row)).collect::<Result<_, _>>()?;
    Ok(Json(RoutingTable { version: version(&state, FILE).await?, rows }))
}

/// 要写成的一行
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoutingRowAsked {
    /// 优先级，小的先用
    priority: Whole,
    #[schema(value_type = TopicWord)]
    topic: String,
    #[schema(value_type = Option<TownWord>)]
    place: Option<String>,
    #[schema(value_type = Option<KindCode>)]
    kind: Option<Kind>,
    /// 内容里要有其中一个词；一个词里不能有空白、逗号、顿号、分号和竖线
    #[serde(default)]
    #[schema(max_items = 100)]
    words: Vec<Filled<40>>,
    /// 派给哪个单位；@town 是属地乡镇街道
    #[schema(value_type = RoutedWord)]
    department: String,
    #[schema(value_type = Option<String>, max_length = 200, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
    note: Option<Text<200>>,
    #[schema(value_type = Option<Day>)]
    valid_from: Option<DayAsked>,
    #[schema(value_type = Option<Day>)]
    valid_to: Option<DayAsked>,
}

impl RoutingRowAsked {
    /// The cells that the page's form would have given.
    fn cells(self, state: &AppState) -> Result<RoutingCells, Problem> {
        let office = Some(self.department.as_str()).filter(|code| *code != TOWN_OFFICE);
        known(state, Some(&self.topic), self.place.as_deref(), office)?;
        let words: Vec<&str> = self.words.iter().map(|Filled(word)| word.trim()).collect();
        let day = |day: Option<DayAsked>| day.map(|day| day.0.to_string()).unwrap_or_default();
        let form = ask::form(vec![
            ("priority", self.priority.to_string()),
            ("topic", self.topic.clone()),
            ("place", self.place.clone().unwrap_or_default()),
            ("kind", self.kind.map(|kind| kind.code().to_owned()).unwrap_or_default()),
            ("words", words.join(" ")),
            ("department", self.department.clone()),
            ("note", self.note.clone().unwrap_or_default().0),
            ("from", day(self.valid_from)),
            ("to", day(self.valid_to)),
        ]);
        let read = cells(&form).map_err(|error| Problem::of_field("row", error))?;
        let place = RoutingSheet::COLUMNS.iter().position(|column| *column == "words");
        let kept = place.and_then(|place| read.get(place)).is_some_and(|cell| *cell == words.join("|"));
        if !kept || words.iter().any(|word| word.contains('|')) {
            let detail = "字段“row.words”：一个词里不能有空白、逗号、顿号、分号和竖线，请拆成几个词";
            return Err(Problem::unfit(detail));
        }
        Ok(read)
    }
}

/// 要试算的一行
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TryRowAsked {
    /// 看到的版本
    version: Whole,
    /// 代替哪一行；不写就是新的一行
    index: Option<Whole>,
    #[serde(deserialize_with = "object")]
    row: RoutingRowAsked,
}

/// 试算：现在的规则和改过的规则，用在最近的信息上有什么不同；保密件不在内
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RoutingTried {
    days: i64,
    /// 看过的第一条信息是什么时候来的
    since: Option<At>,
    /// 看过多少条
    items: usize,
    /// 由这一行定的有多少条
    caught: usize,
    /// 改派别处的有多少条
    moved: usize,
    /// 规则定得出单位的：现在多少条，改后多少条
    named_before: usize,
    named_after: usize,
    /// 保存前该知道的
    warning: Option<&'static str>,
    /// 有增减的单位
    departments: Vec<RoutingShift>,
    /// 最近会改派的；只列您看得到的
    examples: Vec<RoutingMoved>,
}

/// 一个单位的增减
#[derive(Debug, Serialize, ToSchema)]
struct RoutingShift {
    #[schema(value_type = AnyDepartment)]
    department: String,
    before: usize,
    after: usize,
}

/// 会改派的一条信息；由人决定的是 null
#[derive(Debug, Serialize, ToSchema)]
struct RoutingMoved {
    #[schema(value_type = Id)]
    item: ItemId,
    title: String,
    at: At,
    #[schema(value_type = Option<AnyDepartment>)]
    before: Option<String>,
    #[schema(value_type = Option<AnyDepartment>)]
    after: Option<String>,
}

#[utoipa::path(post, path = "/routing/try", tag = "routing", summary = "试算一行，什么也不保存", request_body = TryRowAsked,
    responses((status = 200, description = "结果", body = RoutingTried)))]
pub(super) async fn try_it(
    State(state): State<AppState>,
    caller: Caller,
    Body(asked): Body<TryRowAsked>,
) -> Answer<RoutingTried> {
    let cells = Some(asked.row.cells(&state)?);
    let index = asked.index.map(|Whole(index)| index as usize);
    let wanted = Wanted { index, cells, seen: asked.version.into() };
    let RowTrial { trial, examples, caught, warning } =
        try_row(&state, &caller, wanted).await.map_err(|error| Problem::of_field("row", error))?;
    let moved = |moved: Moved| RoutingMoved {
        item: moved.item.id,
        title: title_text(&moved.item.content.title),
        at: At(moved.item.first_seen_at),
        before: moved.before.map(|(code, _)| code.as_str().to_owned()),
        after: moved.after.map(|(code, _)| code.as_str().to_owned()),
    };
    Ok(Json(RoutingTried {
        days: ROUTING_TRIAL_DAYS,
        since: trial.since.map(At),
        items: trial.items,
        caught,
        moved: trial.moved,
        named_before: trial.named_before,
        named_after: trial.named_after,
        warning,
        departments: trial
            .departments
            .into_iter()
            .map(|(code, (before, after))| RoutingShift {
                department: code.as_str().to_owned(),
                before,
                after,
            })
            .collect(),
        examples: examples.into_iter().map(moved).collect(),
    }))
}

/// 要保存的一行
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KeepRowAsked {
    /// 看到的版本；之后改过的，行的位置可能变了
    version: Whole,
    /// 修改说明
    reason: Filled<200>,
    #[serde(deserialize_with = "object")]
    row: RoutingRowAsked,
}

async fn keep(
    state: &AppState,
    caller: &Caller,
    index: Option<usize>,
    asked: KeepRowAsked,
) -> Result<(), Problem> {
    let wanted = Wanted { index, cells: Some(asked.row.cells(state)?), seen: asked.version.into() };
    let kept = keep_row(state, caller, wanted, asked.reason.0.trim()).await;
    kept.map_err(|error| Problem::of_field("row", error))
}

#[utoipa::path(post, path = "/routing", tag = "routing", summary = "添加一行，从此起研判的信息按它分流", request_body = KeepRowAsked,
    responses((status = 204, description = "已保存")))]
pub(super) async fn add(
    State(state): State<AppState>,
    caller: Caller,
    Body(asked): Body<KeepRowAsked>,
) -> Done {
    keep(&state, &caller, None, asked).await?;
    Ok(DONE)
}

#[utoipa::path(put, path = "/routing/{id}", tag = "routing", summary = "修改一行；id 是它的 index",
    params(("id" = Whole, Path)), request_body = KeepRowAsked, responses((status = 204, description = "已保存")))]
pub(super) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Key(index): Key<usize>,
    Body(asked): Body<KeepRowAsked>,
) -> Done {
    keep(&state, &caller, Some(index), asked).await?;
    Ok(DONE)
}

/// 要删除一行
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RemoveRowAsked {
    /// 看到的版本
    version: Whole,
    /// 修改说明
    reason: Filled<200>,
}

#[utoipa::path(post, path = "/routing/{id}/remove", tag = "routing", summary = "删除一行；id 是它的 index",
    params(("id" = Whole, Path)), request_body = RemoveRowAsked, responses((status = 204, description = "已删除")))]
pub(super) async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Key(index): Key<usize>,
    Body(asked): Body<RemoveRowAsked>,
) -> Done {
    let wanted = Wanted { index: Some(index), cells: None, seen: asked.version.into() };
    keep_row(&state, &caller, wanted, asked.reason.0.trim()).await?;
    Ok(DONE)
}
