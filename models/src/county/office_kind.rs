//! The kinds of office that the model names: a vocabulary of the program, mapped to offices by each county.

/// A kind of office, as the labels of the training corpus write it. `乡镇街道` is the office of the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfficeKind(&'static str);

impl OfficeKind {
    /// The office of the town or subdistrict where the matter lies.
    pub const TOWN: Self = Self("乡镇街道");

    /// Every kind, in the order of the labelling guide.
    pub const NAMES: &'static [&'static str] = &[
        "住建",
        "自然资源",
        "人社",
        "教育",
        "卫健",
        "市场监管",
        "生态环境",
        "综合执法",
        "交通",
        "公安",
        "民政",
        "应急",
        "消防",
        "医保",
        "农业农村",
        "水利",
        "文旅体",
        "发改",
        "经信",
        "财政",
        "税务",
        "金融",
        "司法",
        "残联",
        "退役军人",
        "公用事业",
        "政务服务",
        "乡镇街道",
        "纪委",
        "其他",
    ];

    /// The kind of that name, or `None`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|n| **n == name).map(|n| Self(n))
    }

    pub fn name(self) -> &'static str {
        self.0
    }
}

impl std::fmt::Display for OfficeKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.0)
    }
}
