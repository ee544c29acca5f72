//! How a request is read: its path, query and body, strictly, so that a slip of a name is told and not overlooked.

use std::str::FromStr;

use axum::body::{Body as Content, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use qingting_models::store::Page;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde::de::value::MapAccessDeserializer;

use super::problem::Problem;
use crate::access::BODY_LIMIT;
use crate::app::AppState;
use crate::caller::Form;

/// Rows of a page where none are asked for, and the most.
const ROWS: i64 = 50;
const MOST_ROWS: i64 = 200;

/// An id in a path; what is none is not there.
pub(super) struct Key<I>(pub I);

impl<I: FromStr, S: Send + Sync> FromRequestParts<S> for Key<I> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let missing = || Problem::new(StatusCode::NOT_FOUND, "没有找到：地址里的编号应为 13 个字符");
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| missing())?;
        text.parse().map(Self).map_err(|_| missing())
    }
}

/// Two ids in a path.
pub(super) struct Keys<I, J>(pub I, pub J);

impl<I: FromStr, J: FromStr, S: Send + Sync> FromRequestParts<S> for Keys<I, J> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let missing = || Problem::new(StatusCode::NOT_FOUND, "没有找到：地址里的编号应为 13 个字符");
        let both = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((one, other)) = both.map_err(|_| missing())?;
        Ok(Self(one.parse().map_err(|_| missing())?, other.parse().map_err(|_| missing())?))
    }
}

/// The query, read as `T`. Which names there are the gate has checked.
pub(super) struct Ask<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Ask<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let read = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs));
        read.map(Self)
            .map_err(|e| Problem::unfit(said("参数", &e.path().to_string(), &e.inner().to_string())))
    }
}

/// The body, one JSON object of at most 1 MB, read as `T`.
pub(super) struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let detail = "Content-Type 应为 application/json，内容用 UTF-8，不压缩";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let bytes = to_bytes(request.into_body(), BODY_LIMIT).await.map_err(|_| {
            let detail = format!("请求内容没有传完，或超过了 {} MB", BODY_LIMIT >> 20);
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
        })?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let read: Result<Object<T>, _> = serde_path_to_error::deserialize(&mut reader);
        match read {
            Ok(Object(body)) if reader.end().is_ok() => Ok(Self(body)),
            Ok(_) => Err(no_json()),
            Err(error) if error.inner().is_syntax() || error.inner().is_eof() => Err(no_json()),
            Err(error) => {
                let path = error.path().to_string();
                Err(Problem::unfit(said("字段", &path, &error.inner().to_string())))
            }
        }
    }
}

fn no_json() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "请求内容不是完整的 JSON 对象")
}

/// The body of a request that is a file by itself.
///
/// # Errors
/// When it says to be something else, or to be compressed.
pub(super) fn content_of(request: Request) -> Result<Content, Problem> {
    let text = |name| request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let plain = matches!(text(header::CONTENT_ENCODING).trim(), "" | "identity");
    if !plain || !text(header::CONTENT_TYPE).trim().eq_ignore_ascii_case("application/octet-stream") {
        let detail = "Content-Type 应为 application/octet-stream，内容就是文件本身，不压缩";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    Ok(request.into_body())
}

fn is_json(headers: &HeaderMap) -> bool {
    let text =
        |name| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let typed = text(header::CONTENT_TYPE);
    let (media, parameters) = typed.split_once(';').unwrap_or((&typed, ""));
    let charset = parameters.split(';').find_map(|p| p.trim().strip_prefix("charset="));
    media.trim() == "application/json"
        && charset.is_none_or(|c| matches!(c.trim_matches('"'), "utf-8" | "utf8"))
        && matches!(text(header::CONTENT_ENCODING).trim(), "" | "identity")
}

/// An object by its names; serde would also take a list with the values in order.
pub(super) struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Names<T> {
            type Value = T;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("一个 JSON 对象")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_map(Names(std::marker::PhantomData)).map(Self)
    }
}

/// A field that holds an object.
pub(super) fn object<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Object::deserialize(deserializer).map(|Object(object)| object)
}

/// A field that holds a list of at most `MOST` objects.
pub(super) fn objects<'de, const MOST: usize, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let found: Vec<Object<T>> = Vec::deserialize(deserializer)?;
    match found.len() {
        count if count > MOST => Err(serde::de::Error::custom(format!("最多 {MOST} 项，现有 {count} 项"))),
        _ => Ok(found.into_iter().map(|Object(object)| object).collect()),
    }
}

/// What serde says, in Chinese, with the place.
fn said(what: &str, path: &str, told: &str) -> String {
    let told = told.split(" at line ").next().unwrap_or(told);
    let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let names = quoted(told);
    let place = if matches!(path, "." | "?" | "") { String::new() } else { format!("{what}“{path}”：") };
    match told {
        told if told.starts_with("unknown field") => {
            let (name, allowed) = names.split_first().map_or(("", &[][..]), |(n, a)| (n.as_str(), a));
            format!("没有{what}“{name}”；可用：{}", allowed.join("、"))
        }
        told if told.starts_with("missing field") => format!("缺少{what}“{}”", names.join("")),
        told if told.starts_with("duplicate field") => format!("{what}“{}”写了两次", names.join("")),
        told if told.starts_with("unknown variant") => {
            let (value, allowed) = names.split_first().map_or(("", &[][..]), |(n, a)| (n.as_str(), a));
            format!("{place}不能是“{value}”；可用：{}", allowed.join("、"))
        }
        told => format!("{place}值不合要求（{told}）"),
    }
}

/// Where a list goes on. It is opaque: what stands in it may change with any version.
pub(super) fn cursor(list: &str, before: i64) -> String {
    closed(list, &before.to_string())
}

/// A place in a list as a cursor.
pub(super) fn closed(list: &str, place: &str) -> String {
    data_encoding::BASE64URL_NOPAD.encode(format!("{list}.{place}").as_bytes())
}

/// The place that a cursor of a list names.
///
/// # Errors
/// When it is none of this list.
pub(super) fn opened(list: &str, cursor: &str) -> Result<String, Problem> {
    let bytes = data_encoding::BASE64URL_NOPAD.decode(cursor.as_bytes()).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let place = text.as_deref().and_then(|text| text.strip_prefix(list)?.strip_prefix('.'));
    place.map(str::to_owned).ok_or_else(no_page)
}

/// The same, read as what the list goes on from.
///
/// # Errors
/// When it is none of this list.
pub(super) fn place_in<T: FromStr>(list: &str, cursor: &str) -> Result<T, Problem> {
    opened(list, cursor)?.parse().map_err(|_| no_page())
}

fn no_page() -> Problem {
    let detail = "没有这一页：参数“cursor”应原样填写上一页回答里的 next，筛选条件不变";
    Problem::new(StatusCode::NOT_FOUND, detail)
}

/// The page that `cursor` and `limit` ask for.
///
/// # Errors
/// When the cursor is none of this list, or the limit is out of range.
pub(super) fn page(list: &str, cursor: Option<&str>, limit: Option<i64>) -> Result<Page, Problem> {
    let size = limit.unwrap_or(ROWS);
    if !(1..=MOST_ROWS).contains(&size) {
        return Err(Problem::unfit(format!("参数“limit”应为 1 至 {MOST_ROWS} 的整数")));
    }
    let before = cursor.map(|cursor| place_in(list, cursor)).transpose()?;
    Ok(Page { before, size })
}

/// The form that a page would have sent, so that one reading and one rule serve both.
pub(super) fn form(rows: Vec<(&str, String)>) -> Form {
    let rows: Vec<(&str, &str)> = rows.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Form::of(&rows)
}

/// Refuses words that stand in no table of the county.
pub(super) fn known(
    state: &AppState,
    topic: Option<&str>,
    town: Option<&str>,
    department: Option<&str>,
) -> Result<(), Problem> {
    let names = &state.names;
    let none = |what: &str, word: &str| {
        let word: String = word.chars().take(40).collect();
        Err(Problem::unfit(format!("没有{what}“{word}”；可用的见 GET {}/county", super::PATH)))
    };
    match (topic, town, department) {
        (Some(word), ..) if !names.has_topic(word) => none("话题", word),
        (_, Some(word), _) if !names.has_town(word) => none("乡镇街道", word),
        (.., Some(word)) if !names.has_department(word) => none("单位", word),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_goes_on_in_its_own_list_alone() {
        let next = cursor("items", 42);
        assert_eq!(page("items", Some(&next), None).unwrap(), Page { before: Some(42), size: ROWS });
        for (list, text) in [("cases", next.as_str()), ("items", "42"), ("items", ""), ("items", "*")] {
            assert!(page(list, Some(text), None).is_err(), "{list} {text}");
        }
        for limit in [0, -1, 201] {
            assert!(page("items", None, Some(limit)).is_err(), "{limit}");
        }
    }

    #[test]
    fn what_serde_says_is_told_in_chinese_with_the_place() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Two {
            #[serde(rename = "one")]
            _one: i64,
            #[serde(rename = "two")]
            _two: Option<String>,
        }
        for (text, wanted) in [
            (r#"{"one":1,"tow":2}"#, "没有字段“tow”；可用：one、two"),
            (r#"{"two":"x"}"#, "缺少字段“one”"),
            (r#"{"one":1,"one":2}"#, "字段“one”写了两次"),
        ] {
            let mut reader = serde_json::Deserializer::from_str(text);
            let error = serde_path_to_error::deserialize::<_, Object<Two>>(&mut reader).err().unwrap();
            assert_eq!(said("字段", &error.path().to_string(), &error.inner().to_string()), wanted);
        }
        assert!(serde_json::from_str::<Object<Two>>("[1,\"x\"]").is_err(), "a list is no object");
    }
}
