//! Addresses and hosts as they are typed.

use crate::error::WebError;

/// Checks the address of a source.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(super) fn check(address: &str) -> Result<(), WebError> {
    let example = "请填写完整的地址，如 https://www.example.gov.cn/rss.xml";
    let parsed = url::Url::parse(address).map_err(|_| WebError::bad(example))?;
    match (parsed.scheme(), parsed.host_str(), parsed.password()) {
        ("http" | "https", Some(_), None) if parsed.username().is_empty() => Ok(()),
        ("http" | "https", Some(_), _) => Err(WebError::bad("地址里不能带用户名和密码")),
        _ => Err(WebError::bad("地址要以 http:// 或 https:// 开头")),
    }
}

/// Checks the name of an allowed host.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(super) fn check_host(host: &str) -> Result<(), WebError> {
    let fits = url::Host::parse(host).is_ok() || url::Host::parse(&format!("[{host}]")).is_ok();
    if fits && !host.contains(['/', ':', '@']) || host.parse::<std::net::Ipv6Addr>().is_ok() {
        return Ok(());
    }
    Err(WebError::bad("“允许的内网主机”只写主机名或 IP，如 oa.example.local，不写 http:// 和端口"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_web_addresses_are_taken() {
        assert!(check("https://example.gov.cn/rss.xml").is_ok());
        for bad in [
            "",
            "example.cn",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://u:p@example.cn/",
            "ftp://a/",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_allowed_host_is_a_name_or_an_address_without_more() {
        for good in ["oa.example.local", "10.0.0.8", "fd00::8", "政务.example"] {
            assert!(check_host(good).is_ok(), "{good}");
        }
        for bad in ["http://oa.example.local", "oa.example.local:8080", "oa/x", "u@oa", "oa local"] {
            assert!(check_host(bad).is_err(), "{bad}");
        }
    }
}
