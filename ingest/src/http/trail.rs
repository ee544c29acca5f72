//! The way of a request through redirects.

use reqwest::StatusCode;
use url::Url;

use super::error::FetchError;

/// The addresses a request has been sent to, one after the other.
#[derive(Debug)]
pub(super) struct Trail {
    first: Url,
    past: Vec<Url>,
    at: Url,
    /// Whether the last address may stand for the first from now on.
    lasting: bool,
}

impl Trail {
    /// # Errors
    /// When it is no web address.
    pub(super) fn from(text: &str) -> Result<Self, FetchError> {
        let first = web_url(text)?;
        Ok(Self { at: first.clone(), first, past: Vec::new(), lasting: true })
    }

    /// Where the next request goes.
    pub(super) fn url(&self) -> &Url {
        &self.at
    }

    /// Goes on to the address of a Location header.
    ///
    /// # Errors
    /// When it is no web address, was visited before, or is one too many.
    pub(super) fn follow(
        &mut self,
        status: StatusCode,
        location: &str,
        limit: usize,
    ) -> Result<(), FetchError> {
        let next = match self.at.join(location) {
            Ok(url) => web_url(url.as_str())?,
            Err(_) => web_url(location)?,
        };
        let permanent = matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT);
        let weaker = self.at.scheme() == "https" && next.scheme() == "http";
        self.lasting &= permanent && !weaker;
        let last = std::mem::replace(&mut self.at, next);
        self.past.push(last);
        if let Some(back) = self.past.iter().position(|url| *url == self.at) {
            let circle: Vec<&str> = self.past[back..].iter().chain([&self.at]).map(Url::as_str).collect();
            return Err(FetchError::RedirectLoop { circle: circle.join(" -> ") });
        }
        if self.past.len() > limit {
            return Err(FetchError::TooManyRedirects { limit });
        }
        Ok(())
    }

    /// The address to remember in place of the first.
    pub(super) fn moved_to(&self) -> Option<Url> {
        (self.lasting && !self.past.is_empty()).then(|| self.at.clone())
    }

    /// Whether headers meant for the first address may be sent to the present one: only to the same scheme,
    /// host and port, or from the http to the https of the same host.
    pub(super) fn is_home(&self) -> bool {
        let place = |url: &Url| (url.host_str().map(str::to_owned), url.port_or_known_default());
        let same = self.first.scheme() == self.at.scheme() && place(&self.first) == place(&self.at);
        let secured = self.first.host_str() == self.at.host_str()
            && (self.first.scheme(), self.at.scheme()) == ("http", "https")
            && (self.first.port(), self.at.port()) == (None, None);
        same || secured
    }
}

/// Reads an address of the web.
///
/// # Errors
/// When it has another scheme than http and https, or no host.
pub(super) fn web_url(text: &str) -> Result<Url, FetchError> {
    let bad =
        |why: &str| FetchError::BadAddress { url: text.chars().take(200).collect(), why: why.to_owned() };
    let url = Url::parse(text.trim()).map_err(|wrong| bad(&wrong.to_string()))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        "http" | "https" => Err(bad("it has no host")),
        other => Err(bad(&format!("its scheme is {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(from: &str, steps: &[(u16, &str)]) -> Result<Trail, FetchError> {
        let mut trail = Trail::from(from)?;
        for (status, location) in steps {
            trail.follow(StatusCode::from_u16(*status).unwrap(), location, 3)?;
        }
        Ok(trail)
    }

    #[test]
    fn only_a_way_of_permanent_redirects_is_worth_remembering() {
        let moved = |from: &str, steps: &[(u16, &str)]| {
            walk(from, steps).unwrap().moved_to().map(|url| url.to_string())
        };
        assert_eq!(moved("http://a.cn/", &[]), None);
        assert_eq!(
            moved("http://a.cn/", &[(301, "/b"), (308, "https://c.cn/d")]),
            Some("https://c.cn/d".into())
        );
        for steps in [
            &[(302, "/b")][..],
            &[(301, "/b"), (307, "/c")],
            &[(303, "/b"), (301, "/c")],
            &[(301, "https://a.cn/"), (301, "http://b.cn/")],
        ] {
            assert_eq!(moved("http://a.cn/", steps), None, "{steps:?}");
        }
        assert_eq!(moved("https://a.cn/", &[(301, "http://a.cn/feed")]), None);
    }

    #[test]
    fn circles_and_long_ways_end() {
        let circle = walk("http://a.cn/", &[(302, "/b"), (302, "/c"), (302, "/b")]).unwrap_err();
        assert_eq!(
            circle,
            FetchError::RedirectLoop { circle: "http://a.cn/b -> http://a.cn/c -> http://a.cn/b".into() }
        );
        let long = walk("http://a.cn/", &[(302, "1"), (302, "2"), (302, "3"), (302, "4")]).unwrap_err();
        assert_eq!(long, FetchError::TooManyRedirects { limit: 3 });
        let file = walk("http://a.cn/", &[(302, "file:///etc/passwd")]).unwrap_err();
        assert!(matches!(file, FetchError::BadAddress { .. }));
    }

    #[test]
    fn secrets_stay_with_the_host_they_are_meant_for() {
        let home = |from: &str, to: &str| walk(from, &[(307, to)]).unwrap().is_home();
        assert!(home("https://a.cn/1", "/2"));
        assert!(home("http://a.cn/1", "https://a.cn/2"));
        assert!(home("https://a.cn/1", "https://A.cn:443/2"));
        for (from, to) in [
            ("https://a.cn/", "https://b.cn/"),
            ("https://a.cn/", "http://a.cn/"),
            ("https://a.cn/", "https://a.cn:8443/"),
            ("https://a.cn/", "https://a.cn.evil.example/"),
            ("http://a.cn:8080/", "https://a.cn/"),
        ] {
            assert!(!home(from, to), "{from} {to}");
        }
    }
}
