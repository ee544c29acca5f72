//! Whether a changing request comes from one of our own pages.

use axum::http::{HeaderMap, header};
use data_encoding::HEXLOWER;
use subtle::ConstantTimeEq;

/// Judges `Sec-Fetch-Site` and `Origin`, which every browser that we serve sends with a form. A request
/// with neither is no browser's; its token still has to be right.
pub fn is_ours(headers: &HeaderMap, base_url: Option<&str>) -> bool {
    if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return false;
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let Some((scheme, host)) = origin.split_once("://") else { return false };
    match base_url.and_then(|base| base.split_once("://")) {
        Some((base_scheme, base)) => {
            scheme == base_scheme && base.split('/').next().is_some_and(|b| b.eq_ignore_ascii_case(host))
        }
        None => {
            let ours = headers.get(header::HOST).and_then(|h| h.to_str().ok());
            ours.is_some_and(|h| h.eq_ignore_ascii_case(host))
        }
    }
}

/// A token as it stands on a page: other bytes on each, so that the lengths of compressed pages tell nothing of it
/// (the attack called BREACH). [`same_token`] knows it again.
pub fn masked(token: &str) -> String {
    let mut mask = vec![0; token.len()];
    if getrandom::fill(&mut mask).is_err() {
        return token.to_owned();
    }
    let mixed: Vec<u8> = token.bytes().zip(&mask).map(|(byte, mask)| byte ^ mask).collect();
    mask.extend(mixed);
    HEXLOWER.encode(&mask)
}

fn unmasked(given: &str) -> Option<Vec<u8>> {
    let bytes = HEXLOWER.decode(given.as_bytes()).ok()?;
    let (mask, mixed) = bytes.split_at(bytes.len() / 2);
    Some(mixed.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect())
}

/// Compares a token, masked or not, with the expected one in a time that does not depend on where they differ.
pub fn same_token(given: &str, expected: &str) -> bool {
    let same = |given: &[u8]| bool::from(given.ct_eq(expected.as_bytes()));
    !expected.is_empty() && (same(given.as_bytes()) || unmasked(given).is_some_and(|given| same(&given)))
}

/// `to` when it is a path of ours, for going back after an action; anything else leads nowhere.
pub fn local_path(to: &str) -> Option<&str> {
    let plain = to.starts_with('/')
        && !to.starts_with("//")
        && to.len() <= 2000
        && !to.contains(|c: char| c == '\\' || c.is_control() || c.is_whitespace());
    plain.then_some(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(rows: &[(&'static str, &str)]) -> HeaderMap {
        rows.iter().map(|(k, v)| (header::HeaderName::from_static(k), v.parse().unwrap())).collect()
    }

    #[test]
    fn another_site_is_refused_by_either_header() {
        let host = ("host", "qt.local:8080");
        for (rows, ours) in [
            (vec![host, ("origin", "http://qt.local:8080")], true),
            (vec![host, ("sec-fetch-site", "same-origin")], true),
            (vec![host], true),
            (vec![host, ("origin", "http://evil.example")], false),
            (vec![host, ("origin", "null")], false),
            (vec![host, ("sec-fetch-site", "cross-site")], false),
            (vec![host, ("sec-fetch-site", "same-site"), ("origin", "http://qt.local:8080")], false),
        ] {
            assert_eq!(is_ours(&headers(&rows), None), ours, "{rows:?}");
        }
    }

    #[test]
    fn a_token_is_known_under_every_mask_and_no_other_is() {
        let (one, two) = (masked("geheim-1"), masked("geheim-1"));
        assert!(one != two && !one.contains("geheim-1"));
        for given in ["geheim-1", &one, &two] {
            assert!(same_token(given, "geheim-1"), "{given}");
        }
        for given in ["", "geheim-2", &masked("geheim-2"), &one[1..], "00", &one[..16]] {
            assert!(!same_token(given, "geheim-1"), "{given}");
        }
        assert!(!same_token("", "") && !same_token(&masked(""), ""));
    }

    #[test]
    fn behind_a_proxy_the_configured_address_counts() {
        let rows = headers(&[("host", "127.0.0.1:8080"), ("origin", "https://qt.gov.example")]);
        assert!(is_ours(&rows, Some("https://qt.gov.example/")));
        assert!(!is_ours(&rows, Some("http://qt.gov.example/")), "the scheme counts");
        assert!(!is_ours(&rows, None));
    }

    #[test]
    fn only_paths_of_ours_are_gone_back_to() {
        assert_eq!(local_path("/items?topic=wages"), Some("/items?topic=wages"));
        for bad in
            ["//evil.example", "https://evil.example", "/\\evil.example", "items", "", "/a\r\nb", "/\t/evil"]
        {
            assert_eq!(local_path(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_empty_token_is_never_right() {
        assert!(!same_token("", ""));
        assert!(same_token("abc", "abc"));
        assert!(!same_token("abd", "abc"));
    }
}
