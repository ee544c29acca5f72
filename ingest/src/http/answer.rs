//! What a good answer holds, and what its headers say about its age and place.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{
    AGE, CACHE_CONTROL, CONTENT_TYPE, DATE, ETAG, EXPIRES, HeaderMap, HeaderName, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LAST_MODIFIED, LINK, RETRY_AFTER,
};
use url::Url;

/// A server may ask us to stay away for a day, not for good.
pub(super) const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);

/// What a server gave with its last good answer, sent back so that it need not send the same again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

/// A good answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "there is one for each fetch, and it is taken apart at once")]
pub enum Answer {
    /// Nothing new since the validators. The fields are those of [`Document`].
    NotModified {
        fresh_for: Option<Duration>,
        moved_to: Option<Url>,
    },
    Document(Document),
}

/// A fetched document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The address after all redirects.
    pub url: Url,
    /// Unpacked, at most 20 MB.
    pub bytes: Vec<u8>,
    /// The charset of the Content-Type header.
    pub charset: Option<String>,
    /// The Content-Type in small letters without its parameters, such as `text/html`.
    pub media_type: Option<String>,
    pub validators: Validators,
    /// How long the server says that asking again is useless; zero where it says to ask every time, `None`
    /// where it says nothing.
    pub fresh_for: Option<Duration>,
    /// The new address, when every redirect on the way was a permanent one (301, 308) and none led from
    /// https to http. Worth remembering once the document has proved to be what was looked for.
    pub moved_to: Option<Url>,
    /// The Link headers (RFC 8288), joined by commas.
    pub links: Option<String>,
}

impl Validators {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Self { etag: header(headers, ETAG), last_modified: header(headers, LAST_MODIFIED) }
    }

    /// The headers of a conditional request (RFC 9110, 13.1).
    pub(super) fn conditions(&self) -> HeaderMap {
        let pairs = [(IF_NONE_MATCH, &self.etag), (IF_MODIFIED_SINCE, &self.last_modified)];
        let valid =
            |(name, value): (HeaderName, &Option<String>)| Some((name, value.as_deref()?.parse().ok()?));
        pairs.into_iter().filter_map(valid).collect()
    }
}

/// The Link headers in one.
pub(super) fn links(headers: &HeaderMap) -> Option<String> {
    let all: Vec<_> = headers.get_all(LINK).iter().map(|v| String::from_utf8_lossy(v.as_bytes())).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

pub(super) fn header(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).trim().to_owned()).filter(|value| !value.is_empty())
}

/// The Retry-After header: seconds, or an HTTP date (RFC 9110, 10.2.3); at most a day.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    wait(&header(headers, RETRY_AFTER)?, now)
}

fn wait(value: &str, now: Timestamp) -> Option<Duration> {
    let seconds = value.parse::<u64>().ok().or_else(|| {
        let at = date(value)?;
        u64::try_from(at.as_second() - now.as_second()).ok()
    })?;
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

fn date(value: &str) -> Option<Timestamp> {
    Some(jiff::fmt::rfc2822::parse(value).ok()?.timestamp())
}

/// How long an answer stays fresh, as a shared cache reckons it (RFC 9111, 4.2): s-maxage before max-age
/// before Expires, less the age it has already; no-cache and no-store are no time at all. Nothing is
/// guessed where the server says nothing.
pub(super) fn fresh_for(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let values = headers.get_all(CACHE_CONTROL).iter();
    let control: Vec<String> =
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase()).collect();
    let directives = || control.iter().flat_map(|line| line.split(',')).map(str::trim);
    if directives().any(|name| name == "no-cache" || name == "no-store") {
        return Some(Duration::ZERO);
    }
    let seconds = |wanted: &str| {
        let mut given = directives().filter_map(|directive| directive.split_once('='));
        let (_, value) = given.find(|(name, _)| name.trim() == wanted)?;
        let value = value.trim().trim_matches('"');
        // A number too great for us is as good as the greatest (RFC 9111, 1.2.2).
        let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| value.parse().unwrap_or(u64::from(u32::MAX)))
    };
    let lifetime = seconds("s-maxage").or_else(|| seconds("max-age")).or_else(|| expires(headers, now))?;
    let age = header(headers, AGE).and_then(|age| age.parse().ok()).unwrap_or(0);
    Some(Duration::from_secs(lifetime.saturating_sub(age)))
}

/// Seconds from the answer's date to its end; an Expires that is no date has passed (RFC 9111, 5.3).
fn expires(headers: &HeaderMap, now: Timestamp) -> Option<u64> {
    let end = header(headers, EXPIRES)?;
    let begin = header(headers, DATE).and_then(|value| date(&value)).unwrap_or(now);
    let seconds = date(&end).map_or(0, |end| end.as_second() - begin.as_second());
    Some(u64::try_from(seconds).unwrap_or(0))
}

pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let content_type = header(headers, CONTENT_TYPE)?;
    let name = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    Some(name).filter(|name| !name.is_empty())
}

pub(super) fn charset(headers: &HeaderMap) -> Option<String> {
    let content_type = header(headers, CONTENT_TYPE)?;
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let named = parameters.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    named
        .map(|(_, value)| value.trim().trim_matches(['"', '\'']).to_owned())
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sunday 6 November 1994, 08:49:37 GMT, the date of the standard's examples.
    fn now() -> Timestamp {
        Timestamp::from_second(784_111_777).unwrap()
    }

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(name, value.parse().unwrap());
        }
        map
    }

    #[test]
    fn a_retry_after_is_seconds_or_a_date_and_at_most_a_day() {
        assert_eq!(wait("120", now()), Some(Duration::from_secs(120)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:37 GMT", now()), Some(Duration::from_secs(60)));
        assert_eq!(wait("99999999", now()), Some(MAX_RETRY_AFTER));
        assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT", now()), None);
        assert_eq!(wait("soon", now()), None);
    }

    #[test]
    fn freshness_is_read_in_the_order_of_the_standard() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        let hour_later = "Sun, 06 Nov 1994 09:49:37 GMT";
        type Given<'a> = &'a [(HeaderName, &'a str)];
        let cases: &[(Given<'_>, Option<u64>)] = &[
            (&[], None),
            (&[(CACHE_CONTROL, "public, max-age=600")], Some(600)),
            (&[(CACHE_CONTROL, "max-age=600, s-maxage=\"900\"")], Some(900)),
            (&[(CACHE_CONTROL, "Max-Age = 600"), (AGE, "100")], Some(500)),
            (&[(CACHE_CONTROL, "max-age=600"), (AGE, "1000")], Some(0)),
            (&[(CACHE_CONTROL, "max-age=600"), (CACHE_CONTROL, "no-cache")], Some(0)),
            (&[(CACHE_CONTROL, "no-store")], Some(0)),
            (&[(CACHE_CONTROL, "max-age=600"), (EXPIRES, hour_later)], Some(600)),
            (&[(EXPIRES, hour_later), (DATE, date)], Some(3600)),
            (&[(EXPIRES, hour_later)], Some(3600)),
            (&[(EXPIRES, hour_later), (AGE, "600")], Some(3000)),
            (&[(EXPIRES, "0")], Some(0)),
            (&[(EXPIRES, date), (DATE, hour_later)], Some(0)),
            (&[(CACHE_CONTROL, "max-age=-5")], None),
            (&[(CACHE_CONTROL, "max-age=99999999999999999999")], Some(u64::from(u32::MAX))),
            (&[(CACHE_CONTROL, "public"), (AGE, "7")], None),
        ];
        for (given, seconds) in cases {
            assert_eq!(fresh_for(&headers(given), now()), seconds.map(Duration::from_secs), "{given:?}");
        }
    }

    #[test]
    fn charset_and_type_are_read_from_the_content_type() {
        let given = headers(&[(CONTENT_TYPE, "Text/XML; charset=\"GB2312\"")]);
        assert_eq!(charset(&given).as_deref(), Some("GB2312"));
        assert_eq!(media_type(&given).as_deref(), Some("text/xml"));
        assert_eq!(charset(&headers(&[(CONTENT_TYPE, "text/xml")])), None);
        assert_eq!(media_type(&headers(&[])), None);
    }
}
