//! One item: its masked text with the words that decided, its judgements, versions and forms.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use jiff::Timestamp;
use qingting_models::ids::ItemId;
use qingting_models::records::{
    Advice, Item, ItemVersion, Judge, Judgement, Kind, PlaceMention, Role, Urgency,
};

use super::item_elsewhere::{AppearanceView, IncidentView, appearances, incident, web_address};
use super::{Answer, html, read_id};
use crate::app::AppState;
use crate::caller::Caller;
use crate::error::WebError;
use crate::frame::{Frame, Notice};
use crate::marks::{Piece, Span, mark};
use crate::moment::Moment;
use crate::names::Names;
use crate::people::People;
use crate::proposal;
use crate::query::{Query, Select};
use crate::view::{Choice, ItemRow, choices, percent, waits_blind};

/// So many places of a kind are named.
const MOST_PLACES: usize = 5;

/// The page of an item.
#[derive(Debug, Template)]
#[template(path = "item.html")]
pub struct ItemPage {
    pub frame: Frame,
    pub row: ItemRow,
    /// The caller may go to the list of items.
    pub lists: bool,
    pub judges: bool,
    pub may_unmask: bool,
    /// When what is behind the mask was destroyed.
    pub erased_at: Option<Moment>,
    pub title: Vec<Piece>,
    pub body: Vec<Piece>,
    pub url: Option<String>,
    /// Id and number of its case, when the caller sees it.
    pub case: Option<(String, String)>,
    /// Another platform runs its case: the page of that.
    pub mirrored: Option<String>,
    /// Field and text of the unmasked original: only in the answer to an unmasking.
    pub original: Option<Vec<(String, String)>>,
    pub judgements: Vec<JudgementView>,
    /// What the helper model proposes, for those who judge the item.
    pub advice: Option<AdviceView>,
    pub versions: Vec<VersionView>,
    pub incident: Option<IncidentView>,
    pub departments: Vec<Choice>,
    /// Other departments that come into question, with the reason.
    pub others: Vec<String>,
    pub topics: Vec<Choice>,
    pub selects: Vec<Select>,
    pub facts: Vec<(String, String)>,
    /// When its source withdrew it.
    pub withdrawn: Option<Moment>,
    /// The other places where it appeared, and how many places there are in all.
    pub appearances: Vec<AppearanceView>,
    pub places: i64,
    pub first_seen: Moment,
    pub occurred: Option<Moment>,
    pub dispatched: Option<Moment>,
    pub sender_due: Option<Moment>,
}

/// A judgement as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgementView {
    pub who: String,
    pub at: Moment,
    pub unsure: bool,
    pub kind: &'static str,
    pub urgency: &'static str,
    pub office: String,
    /// Those that are sure, and those that are not.
    pub places: String,
    pub unsure_places: String,
    pub topics: Vec<TopicView>,
}

/// A topic with its probability in percent and the words that spoke for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicView {
    pub name: String,
    /// In percent; none where a person said so.
    pub score: Option<u32>,
    pub words: String,
}

/// A proposal of the helper model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdviceView {
    /// Names of topics; `不涉及办理` where it proposes none.
    pub topics: String,
    pub why: String,
    pub model: String,
    pub at: Moment,
}

/// An earlier version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionView {
    pub number: i64,
    pub replaced: Moment,
    pub title: String,
    pub body: String,
}

pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    let id = read_id(&id)?;
    let mut page = build(&state, &caller, id).await?;
    page.frame = page.frame.done(query.get("done"));
    html(&page)
}

/// The page again with a notice: after an action that was refused.
pub(crate) async fn show_again(state: &AppState, caller: &Caller, id: ItemId, notice: Notice) -> Answer {
    let mut page = build(state, caller, id).await?;
    page.frame = page.frame.with(Some(notice));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}

/// The page of the item `id` as the caller sees it.
///
/// # Errors
/// [`WebError::NotFound`] when it is not there for the caller.
pub(crate) async fn build(state: &AppState, caller: &Caller, id: ItemId) -> Result<ItemPage, WebError> {
    let (store, eyes) = (&state.store, &caller.viewer);
    let item = store.item(eyes, id).await?.ok_or(WebError::NotFound)?;
    let judgements = store.judgements(eyes, id).await?;
    let versions = store.item_versions(eyes, id).await?;
    let people = People::load(store).await?;
    let source = store.source(item.source).await?.map_or_else(String::new, |s| s.name);
    let case = match item.case {
        Some(case) => store.case_file(eyes, case).await?.map(|f| (f.case.id.to_string(), f.case.number)),
        None => None,
    };
    let mirrored = store.mirrored(eyes, id).await?.map(|mirrored| mirrored.item.id.to_string());
    let may_judge = store.item(&caller.judging_eyes(), id).await?.is_some();
    let may_unmask = store.item(&caller.unmasking_eyes(), id).await?.is_some();
    let (proposal, others) = proposal::for_page(state, eyes, &item).await?;
    let now = store.now();
    let blind = may_judge && waits_blind(&item);
    let judgements = if blind { Vec::new() } else { judgements };
    let advice = if may_judge && !blind { store.advice(eyes, id).await? } else { None };
    let (title, body) = marked(&item, judgements.first(), &state.names);
    let content = &item.content;
    Ok(ItemPage {
        frame: Frame::inside(state, caller, "信息", "/items"),
        row: ItemRow::new(&item, &state.names, now, may_judge, &proposal),
        lists: caller.has_any(&[Role::Duty, Role::Discipline, Role::Leader]),
        judges: may_judge && item.judged_version > 0,
        may_unmask,
        erased_at: item.erased_at.map(|at| Moment::new(at, now)),
        title,
        body,
        url: web_address(&content.url),
        case,
        mirrored,
        original: None,
        judgements: judgements.iter().map(|j| judgement_view(j, &state.names, &people, now)).collect(),
        advice: advice.map(|advice| advice_view(advice, &state.names, now)),
        versions: versions.iter().map(|v| version_view(v, now)).collect(),
        incident: incident(state, caller, &item, may_judge, now).await?,
        departments: choices(&state.names.departments, if blind { "" } else { &proposal.department }),
        others: if blind { Vec::new() } else { others },
        topics: topic_choices(&item, &state.names, blind),
        selects: selects(&item, &state.names, blind),
        facts: facts(&item, source),
        withdrawn: item.withdrawn_at.map(|at| Moment::new(at, now)),
        appearances: appearances(state, eyes, &item, now).await?,
        places: item.appearances,
        first_seen: Moment::new(item.first_seen_at, now),
        occurred: content.occurred_at.map(|at| Moment::new(at, now)),
        dispatched: content.upstream.dispatched_at.map(|at| Moment::new(at, now)),
        sender_due: content.upstream.due_at.map(|at| Moment::new(at, now)),
    })
}

/// The text in pieces; the words of a judgement of an older version would mark the wrong places.
fn marked(item: &Item, judgement: Option<&Judgement>, names: &Names) -> (Vec<Piece>, Vec<Piece>) {
    let current = judgement.filter(|j| j.item_version == item.version);
    let reasons = current.map_or(&[][..], |j| &j.reasons);
    let span = |r: &qingting_models::records::Reason| Span {
        start: r.start,
        end: r.end,
        why: names.topic(r.topic.as_str()).to_owned(),
    };
    let spans: Vec<Span> = reasons.iter().filter(|r| r.weight > 0.0).map(span).collect();
    let title = if item.content.title.trim().is_empty() { "（无标题）" } else { &item.content.title };
    mark(title, &item.content.body, &spans)
}

fn judgement_view(j: &Judgement, names: &Names, people: &People, now: Timestamp) -> JudgementView {
    let topic = |t: &qingting_models::records::TopicScore| {
        let mut words: Vec<&str> = Vec::new();
        for reason in j.reasons.iter().filter(|r| r.topic == t.code && r.weight > 0.0) {
            if words.len() < 8 && !words.contains(&reason.word.as_str()) {
                words.push(&reason.word);
            }
        }
        TopicView {
            name: names.topic(t.code.as_str()).to_owned(),
            score: matches!(j.judge, Judge::Model { .. }).then(|| percent(t.score)),
            words: words.join("、"),
        }
    };
    let (sure, unsure): (Vec<&PlaceMention>, Vec<&PlaceMention>) = j.places.iter().partition(|p| p.is_sure());
    let named = |places: &[&PlaceMention]| {
        places.iter().map(|p| p.name.as_str()).take(MOST_PLACES).collect::<Vec<_>>().join("、")
    };
    JudgementView {
        who: match &j.judge {
            Judge::Model { .. } => "模型".into(),
            Judge::Person { user } => people.name(*user),
        },
        at: Moment::new(j.at, now),
        unsure: j.unsure,
        kind: j.kind.label(),
        urgency: j.urgency.label(),
        office: j
            .department
            .as_ref()
            .map_or_else(|| j.office.clone(), |d| names.department(d.as_str()).into()),
        places: named(&sure),
        unsure_places: named(&unsure),
        topics: j.topics.iter().map(topic).collect(),
    }
}

fn advice_view(advice: Advice, names: &Names, now: Timestamp) -> AdviceView {
    let topics: Vec<&str> = advice.topics.iter().map(|code| names.topic(code.as_str())).collect();
    AdviceView {
        topics: if topics.is_empty() { "不涉及办理".to_owned() } else { topics.join("、") },
        why: advice.why,
        model: advice.model,
        at: Moment::new(advice.at, now),
    }
}

fn version_view(version: &ItemVersion, now: Timestamp) -> VersionView {
    VersionView {
        number: version.version,
        replaced: Moment::new(version.replaced_at, now),
        title: version.content.title.clone(),
        body: version.content.body.clone(),
    }
}

fn topic_choices(item: &Item, names: &Names, blind: bool) -> Vec<Choice> {
    let has = |code: &str| !blind && item.topics.iter().any(|t| t.as_str() == code);
    names.topics.iter().map(|(code, name)| Choice::new(code, name, has(code))).collect()
}

fn selects(item: &Item, names: &Names, blind: bool) -> Vec<Select> {
    let town = item.town.as_ref().filter(|_| !blind).map_or("", |t| t.as_str());
    let levels = [Urgency::Ordinary, Urgency::Watch, Urgency::Urgent];
    let level = |u: Urgency| Choice::new(u8::from(u).to_string(), u.label(), u == item.urgency);
    let kind = |k: &Kind| Choice::new(k.code(), k.label(), !blind && Some(*k) == item.kind);
    let kinds = Kind::ALL.iter().map(kind).collect();
    let towns = names.towns.iter().map(|t| Choice::new(t, t, t == town)).collect();
    vec![
        Select {
            name: "kind", label: "诉求类型", any: if blind { "请选择" } else { "" }, options: kinds
        },
        Select { name: "urgency", label: "紧急程度", any: "", options: levels.map(level).into() },
        Select { name: "town", label: "乡镇街道", any: "没有或不明", options: towns },
        Select {
            name: "department",
            label: "建议单位",
            any: "不指定",
            options: choices(&names.departments, ""),
        },
    ]
}

fn facts(item: &Item, source: String) -> Vec<(String, String)> {
    let mut facts = vec![
        ("来源".into(), source),
        ("渠道".into(), item.channel.label().into()),
        ("来源编号".into(), item.external_id.clone()),
        ("版本".into(), item.version.to_string()),
    ];
    if let Some(language) = item.language.as_deref().filter(|code| *code != "zh") {
        facts.push(("语言".into(), language_words(language)));
    }
    facts.extend(item.content.upstream.fields.iter().take(40).cloned());
    facts
}

/// The language of an ISO 639-1 code; the code itself for those that are seldom met here.
fn language_words(code: &str) -> String {
    let known = [
        ("en", "英语"),
        ("ja", "日语"),
        ("ko", "韩语"),
        ("fr", "法语"),
        ("ru", "俄语"),
        ("de", "德语"),
        ("es", "西班牙语"),
        ("ug", "维吾尔语"),
        ("bo", "藏语"),
        ("mn", "蒙古语"),
    ];
    known
        .iter()
        .find(|(known, _)| *known == code)
        .map_or_else(|| code.to_owned(), |(_, name)| (*name).to_owned())
}

#[cfg(test)]
impl crate::samples::Sampled for ItemPage {
    fn samples() -> Vec<Self> {
        use crate::samples::{choice, frame, hostile, item_row, moment};
        let judgement = |t: &str| JudgementView {
            who: t.into(),
            at: moment(60),
            unsure: true,
            kind: "投诉",
            urgency: "紧急",
            office: t.into(),
            places: t.into(),
            unsure_places: t.into(),
            topics: vec![TopicView { name: t.into(), score: Some(88), words: t.into() }],
        };
        let page = |t: String| Self {
            frame: frame(&t),
            row: item_row(&t),
            lists: true,
            judges: true,
            may_unmask: true,
            erased_at: None,
            title: mark(&t, "", &[Span { start: 0, end: 3, why: t.clone() }]).0,
            body: mark("", &t, &[Span { start: 2, end: 5, why: t.clone() }]).1,
            url: Some(t.clone()),
            case: Some((t.clone(), t.clone())),
            mirrored: Some(t.clone()),
            original: Some(vec![(t.clone(), t.clone())]),
            judgements: vec![judgement(&t), judgement(&t), judgement(&t)],
            advice: Some(AdviceView { topics: t.clone(), why: t.clone(), model: t.clone(), at: moment(60) }),
            versions: vec![VersionView { number: 1, replaced: moment(9), title: t.clone(), body: t.clone() }],
            incident: Some(IncidentView {
                id: t.clone(),
                title: t.clone(),
                others: 4,
                latest: vec![(t.clone(), t.clone(), moment(60))],
                copies: 2,
                named_copies: vec![(t.clone(), t.clone(), moment(60))],
                among_latest: true,
                near: vec![choice(&t)],
            }),
            departments: vec![choice(&t)],
            others: vec![t.clone(), t.clone()],
            topics: vec![choice(&t)],
            selects: vec![Select { name: "kind", label: "诉求类型", any: "", options: vec![choice(&t)] }],
            withdrawn: Some(moment(60)),
            appearances: vec![AppearanceView { source: t.clone(), url: Some(t.clone()), at: moment(60) }],
            places: 2,
            facts: vec![(t.clone(), t)],
            first_seen: moment(0),
            occurred: Some(moment(1)),
            dispatched: Some(moment(1)),
            sender_due: Some(moment(-9000)),
        };
        let mut pages: Vec<Self> = hostile().into_iter().map(page).collect();
        for sample in hostile() {
            let mut open = page(sample);
            open.row.case = None;
            open.row.dismissed = None;
            pages.push(open);
        }
        pages
    }
}
