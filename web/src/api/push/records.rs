//! `POST /items` takes records, `DELETE /items/{id}` marks one as withdrawn.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use qingting_models::ids::SealedId;
use qingting_models::records::{Source, SourceRun};
use qingting_models::store::Receipt as Kept;

use super::super::door::Sender;
use super::super::problem::{Problem, ProblemDocument};
use super::described::{Pushed, Receipt, Withdrawn};
use super::receipts::json;
use super::taking::{self, Line};
use crate::app::AppState;

/// Largest body in bytes.
const BODY_BYTES: usize = 20 << 20;
/// Most lines of a request.
const LINES: usize = 10_000;
/// Longest idempotency key.
const KEY_BYTES: usize = 200;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// What the body is, by its content type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `application/json`: one object.
    Single,
    /// `application/x-ndjson`: an object a line.
    Lines,
}

#[utoipa::path(post, path = "/items", tag = "push", summary = "推送记录",
    params(("Idempotency-Key" = Option<String>, Header, max_length = 200, pattern = "^[!-~]{1,200}$", description = "同一键、同一内容得到同一个回答")),
    request_body(content((Pushed = "application/json"), (String = "application/x-ndjson"))),
    responses(
        (status = 202, description = "至少收下了一条", body = Receipt),
        (status = 422, content((Receipt = "application/json"), (ProblemDocument = "application/problem+json")),
            description = "一条也没有收下，或没有内容，或键已用于另一份内容"),
    ))]
/// Takes the records of a body, each on its own, and answers with a receipt.
pub(in crate::api) async fn push(
    State(state): State<AppState>,
    Sender(source): Sender,
    request: Request,
) -> Result<Response, Problem> {
    let shape = shape(request.headers())?;
    let key = idempotency_key(request.headers())?;
    let body = body(request).await?;
    if let Some(key) = &key
        && let Some(receipt) = state.store.receipt(source.id, key, &body).await?
    {
        return replayed(receipt);
    }
    let lines = lines(shape, &body)?;
    let id: SealedId = state.store.ids().next(state.store.now());
    let taken = taking::take(&state.store, &source, id, lines).await?;
    let status = if taken.all_bad() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::ACCEPTED };
    let answer = serde_json::to_string(&taken).map_err(Problem::internal)?;
    // A push without a key has a receipt too, under a key that no sender can have.
    let kept_as = key.clone().unwrap_or_else(|| format!("receipt {id}"));
    state.store.keep_receipt(source.id, id, &kept_as, &body, status.as_u16(), &answer).await?;
    if key.is_some()
        && let Some(first) = state.store.receipt(source.id, &kept_as, &body).await?
        && first.id != id
    {
        // The same key came twice at once; nothing was stored twice, and both get one answer.
        return replayed(first);
    }
    Ok(json(status, answer))
}

#[utoipa::path(delete, path = "/items/{id}", tag = "push", summary = "撤回记录",
    params(("id" = String, Path, description = "贵方的编号，要做百分号编码")),
    responses((status = 200, description = "已标记为撤回；再次推送同一编号即恢复", body = Withdrawn)))]
/// Marks the record with the sender's number `id` as withdrawn. Doing it again changes nothing.
pub(in crate::api) async fn withdraw(
    State(state): State<AppState>,
    Sender(source): Sender,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = id.trim().to_owned();
    if !state.store.has_record(&source, &id).await? {
        let detail = format!("来源“{}”没有推送过编号为“{}”的记录", source.name, taking::short(&id));
        return Err(Problem::new(StatusCode::NOT_FOUND, detail));
    }
    let marked = state.store.withdraw(&source, std::slice::from_ref(&id)).await?;
    let counts = SourceRun { read: 1, updated: marked, unchanged: 1 - marked, ..SourceRun::default() };
    note_run(&state, &source, &format!("withdraw {}", taking::short(&id)), counts).await?;
    let outcome = if marked == 1 { "updated" } else { "unchanged" };
    let answer = serde_json::json!({ "id": id, "withdrawn": true, "outcome": outcome });
    Ok(json(StatusCode::OK, answer.to_string()))
}

async fn note_run(state: &AppState, source: &Source, what: &str, counts: SourceRun) -> Result<(), Problem> {
    Ok(state.store.record_run(source.id, what, counts, None).await?)
}

fn shape(headers: &HeaderMap) -> Result<Shape, Problem> {
    let refused = |detail: &str| Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail);
    let text = |name: HeaderName| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let coding = text(header::CONTENT_ENCODING).trim().to_ascii_lowercase();
    if !matches!(coding.as_str(), "" | "identity") {
        return Err(refused("请不要压缩请求内容"));
    }
    let typed = text(header::CONTENT_TYPE).to_ascii_lowercase();
    let (media, parameters) = typed.split_once(';').unwrap_or((&typed, ""));
    let charset = parameters.split(';').find_map(|p| p.trim().strip_prefix("charset="));
    if charset.is_some_and(|c| !matches!(c.trim_matches('"'), "utf-8" | "utf8")) {
        return Err(refused("内容应为 UTF-8 编码"));
    }
    match media.trim() {
        "application/json" => Ok(Shape::Single),
        "application/x-ndjson" | "application/jsonl" => Ok(Shape::Lines),
        _ => Err(refused(
            "Content-Type 应为 application/json（一条记录）或 application/x-ndjson（每行一条记录）",
        )),
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > KEY_BYTES {
        let detail = format!("Idempotency-Key 应为 1 至 {KEY_BYTES} 个字母、数字或符号");
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    Ok(Some(format!("key {key}")))
}

async fn body(mut request: Request) -> Result<Bytes, Problem> {
    DefaultBodyLimit::max(BODY_BYTES).apply(&mut request);
    Bytes::from_request(request, &()).await.map_err(|wrong| match wrong.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Problem::new(StatusCode::BAD_REQUEST, "请求内容没有传完"),
    })
}

fn too_large() -> Problem {
    let detail = format!("一次请求最多 {} MB、{LINES} 行；请分几次推送", BODY_BYTES >> 20);
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
}

/// The lines that are not empty, with their numbers from 1.
fn lines(shape: Shape, body: &Bytes) -> Result<Vec<Line>, Problem> {
    let body = if body.starts_with(b"\xef\xbb\xbf") { body.slice(3..) } else { body.clone() };
    let is_empty = |line: &[u8]| line.iter().all(u8::is_ascii_whitespace);
    let found: Vec<Line> = match shape {
        Shape::Single => Some(Line { number: 1, bytes: body.clone() })
            .filter(|l| !is_empty(&l.bytes))
            .into_iter()
            .collect(),
        Shape::Lines => body
            .split(|byte| *byte == b'\n')
            .enumerate()
            .filter(|(_, line)| !is_empty(line))
            .take(LINES + 1)
            .map(|(index, line)| Line { number: index as u64 + 1, bytes: body.slice_ref(line) })
            .collect(),
    };
    match found.len() {
        0 => Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "请求里没有内容；至少要有一条记录")),
        n if n > LINES => Err(too_large()),
        _ => Ok(found),
    }
}

fn replayed(receipt: Kept) -> Result<Response, Problem> {
    if !receipt.same_body {
        let detail = "这个 Idempotency-Key 已经用于另一份内容；新的内容请换一个新的键";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    let status = u16::try_from(receipt.status).ok().and_then(|s| StatusCode::from_u16(s).ok());
    let mut response = json(status.unwrap_or(StatusCode::ACCEPTED), receipt.answer);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}
