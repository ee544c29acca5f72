//! What the kinds of sources need besides an address: kept as one JSON document with the source.

use serde::{Deserialize, Serialize};

/// Settings of a source by its kind; a part that its kind does not use stays empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SourceSettings {
    /// Feed: fetch the article's page where the feed carries a summary only.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub full_text: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<PageRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull: Option<PullRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open311: Option<Open311Rule>,
    /// Folder: the absolute path of the folder that is watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Of any kind: its tier (来源级别), one of those that `county.toml` names; unknown when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
}

/// How a list page is read: CSS selectors (Selectors Level 4 as far as browsers have it).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PageRule {
    /// One entry of the list, matched on the page.
    pub item: String,
    /// Within the entry; the link's text when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Within the entry; the first `a[href]` when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Within the entry; the first text that reads as a date when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// On the article's page; its readable text when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Don't fetch the articles: title and what stands in the entry suffice.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub list_only: bool,
}

/// How an interface's JSON is read: JSONPath (RFC 9535) of the records, and within each record of its parts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PullRule {
    /// The records, from the document: `$.data.rows[*]`.
    pub records: String,
    /// Parts of a record: `$.id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispatched: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// A state word, compared with the words that mean finished or withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_phone: Option<String>,
    /// Other parts to show, as label and path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paging: Option<Paging>,
    /// Name of the request header that carries the source's secret, such as `Authorization`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_header: Option<String>,
}

/// How the next page of an interface is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Paging {
    /// The document names the next cursor, which goes into a query parameter; the last cursor is kept between polls.
    Cursor { next: String, parameter: String },
    /// The document or its `Link: rel=next` header names the next address.
    Link { next: Option<String> },
    /// A page number in a query parameter, from `first` on until a page brings nothing new.
    Number { parameter: String, first: u32 },
}

/// How an Open311 server is asked (GeoReport v2, `GET requests.json`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Open311Rule {
    /// Where a server holds several places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jurisdiction_id: Option<String>,
    /// Only these service codes; all when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub service_codes: Vec<String>,
}
