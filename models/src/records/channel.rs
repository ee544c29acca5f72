//! Through which door an item came.

use super::words;

words! {
    /// The channel of an item (DESIGN section 3).
    Channel {
        News => "news", "新闻";
        Hotline => "hotline", "热线";
        Complaint => "complaint", "投诉平台";
        Petition => "petition", "信访";
        Social => "social", "社交媒体";
        Site => "site", "网站";
    }
}

impl Channel {
    /// Whether what it brings is published, so that the same words are the same article.
    pub fn is_published(self) -> bool {
        matches!(self, Self::News | Self::Site | Self::Social)
    }
}
