//! Where the helper model is, and how it is called.

use std::fmt;
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use qingting_ingest::http::house_url;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;
use url::Url;

/// The variable that holds the key of the server, where it asks for one.
pub const KEY: &str = "QINGTING_ADVISOR_KEY";

/// What stands under `[advisor]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdvisorTable {
    /// The address below which the interface lies, such as `http://10.0.0.8:8000/v1`; inside the house
    url: String,
    /// The name of the model there
    model: String,
    /// How many seconds an answer is waited for, 1 to 600; 60
    seconds: Option<u64>,
    /// Not allowed here; read so that the refusal does not repeat it.
    #[serde(alias = "api_key")]
    #[schemars(skip)]
    key: Option<IgnoredAny>,
}

/// Settings that were read and found good.
#[derive(Clone)]
pub struct AdvisorSettings {
    /// The address below which the interface lies, such as `http://10.0.0.8:8000/v1`.
    url: Url,
    pub(super) model: String,
    pub(super) within: Duration,
    pub(super) key: Option<String>,
}

impl AdvisorSettings {
    /// # Errors
    /// When the address is none of the web, lies outside the house or holds a password, the model has no name, the
    /// time is out of bounds, or the key cannot stand in a header. The key is not told.
    pub fn read(table: &AdvisorTable, key: Option<String>) -> Result<Self> {
        // Said before the address is repeated in any other message.
        ensure!(
            !table.url.contains('@'),
            "url: it holds a user or a password; the key of the server belongs into the variable {KEY}"
        );
        ensure!(table.key.is_none(), "key: it does not belong into this file, but into the variable {KEY}");
        let url = house_url(&table.url).map_err(|wrong| anyhow!("url: {wrong}"))?;
        ensure!(
            url.query().is_none() && url.fragment().is_none(),
            "url: nothing may follow the path; allowed: an address such as http://10.0.0.8:8000/v1"
        );
        let model = table.model.trim().to_owned();
        ensure!((1..=200).contains(&model.chars().count()), "model: allowed: a name of 1 to 200 characters");
        let seconds = table.seconds.unwrap_or(60);
        ensure!((1..=600).contains(&seconds), "seconds: {seconds} is out of bounds; allowed: 1 to 600");
        let key = key.map(|key| key.trim().to_owned()).filter(|key| !key.is_empty());
        let plain = |key: &String| key.bytes().all(|byte| byte.is_ascii_graphic());
        ensure!(
            key.as_ref().is_none_or(plain),
            "{KEY}: allowed: ASCII letters, digits and signs without blanks"
        );
        Ok(Self { url, model, within: Duration::from_secs(seconds), key })
    }

    pub(super) fn chat_url(&self) -> String {
        format!("{}/chat/completions", self.url.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for AdvisorSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdvisorSettings")
            .field("url", &self.url.as_str())
            .field("model", &self.model)
            .field("within", &self.within)
            .field("has_key", &self.key.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, key: Option<&str>) -> Result<AdvisorSettings> {
        AdvisorSettings::read(&toml::from_str(text).unwrap(), key.map(str::to_owned))
    }

    fn wrong(text: &str) -> String {
        read(text, None).unwrap_err().to_string()
    }

    #[test]
    fn a_server_of_the_house_is_taken() {
        for url in ["http://10.0.0.8:8000/v1", "http://10.0.0.8:8000/v1/"] {
            let settings = read(&format!("url = \"{url}\"\nmodel = \"qwen\""), None).unwrap();
            assert_eq!(settings.chat_url(), "http://10.0.0.8:8000/v1/chat/completions");
        }
    }

    #[test]
    fn what_cannot_be_used_is_told() {
        let model = "model = \"qwen\"";
        assert!(wrong(&format!("url = \"ftp://10.0.0.8/\"\n{model}")).contains("its scheme is ftp"));
        assert!(wrong(&format!("url = \"https://8.8.8.8/v1\"\n{model}")).contains("outside the house"));
        let secret = wrong(&format!("url = \"http://u:geheim@10.0.0.8/v1\"\n{model}"));
        assert!(secret.contains(KEY) && !secret.contains("geheim"), "{secret}");
        let key = wrong(&format!("url = \"http://10.0.0.8/v1\"\n{model}\napi_key = \"geheim\""));
        assert!(key.contains(KEY) && !key.contains("geheim"), "{key}");
        assert!(wrong(&format!("url = \"http://10.0.0.8/v1?k=1\"\n{model}")).contains("follow the path"));
        assert!(wrong("url = \"http://10.0.0.8/v1\"\nmodel = \" \"").contains("model:"));
        assert!(wrong(&format!("url = \"http://10.0.0.8/v1\"\n{model}\nseconds = 0")).contains("1 to 600"));
    }

    #[test]
    fn the_key_is_never_shown() {
        let text = "url = \"http://10.0.0.8/v1\"\nmodel = \"qwen\"";
        let settings = read(text, Some(" sk-geheim ")).unwrap();
        assert_eq!(settings.key.as_deref(), Some("sk-geheim"));
        let shown = format!("{settings:?}");
        assert!(shown.contains("has_key: true") && !shown.contains("geheim"), "{shown}");
        let refused = read(text, Some("sk geheim")).unwrap_err().to_string();
        assert!(!refused.contains("geheim"), "{refused}");
        assert_eq!(read(text, Some("  ")).unwrap().key, None);
    }
}
