//! The sample county inside the binary, which `qingting init` writes out for editing.

/// Each file of the sample county: its name relative to the county's folder, and its text.
pub const FILES: &[(&str, &str)] = &[
    ("county.toml", include_str!("../../../data/xiangshan/county.toml")),
    ("taxonomy.toml", include_str!("../../../data/xiangshan/taxonomy.toml")),
    ("departments.csv", include_str!("../../../data/xiangshan/departments.csv")),
    ("routing.csv", include_str!("../../../data/xiangshan/routing.csv")),
    ("deadlines.toml", include_str!("../../../data/xiangshan/deadlines.toml")),
    ("places.csv", include_str!("../../../data/xiangshan/places.csv")),
    ("map.csv", include_str!("../../../data/xiangshan/map.csv")),
    ("alerts.toml", include_str!("../../../data/xiangshan/alerts.toml")),
    ("notices.toml", include_str!("../../../data/xiangshan/notices.toml")),
    ("retention.toml", include_str!("../../../data/xiangshan/retention.toml")),
    ("templates.toml", include_str!("../../../data/xiangshan/templates.toml")),
    ("reports/wording.toml", include_str!("../../../data/xiangshan/reports/wording.toml")),
    ("reports/daily.toml", include_str!("../../../data/xiangshan/reports/daily.toml")),
    ("reports/weekly.toml", include_str!("../../../data/xiangshan/reports/weekly.toml")),
    ("reports/brief.toml", include_str!("../../../data/xiangshan/reports/brief.toml")),
    ("reports/monthly.toml", include_str!("../../../data/xiangshan/reports/monthly.toml")),
    ("reports/period.toml", include_str!("../../../data/xiangshan/reports/period.toml")),
    ("words.csv", include_str!("../../../data/xiangshan/words.csv")),
    ("stop_words.csv", include_str!("../../../data/xiangshan/stop_words.csv")),
    ("calendar/2024.json", include_str!("../../../data/xiangshan/calendar/2024.json")),
    ("calendar/2025.json", include_str!("../../../data/xiangshan/calendar/2025.json")),
    ("calendar/2026.json", include_str!("../../../data/xiangshan/calendar/2026.json")),
];
