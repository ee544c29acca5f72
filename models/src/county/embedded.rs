//! The sample county inside the binary, which `qingting init` writes out for editing.

/// Each file of the sample county: its name relative to the county's folder, and its text.
pub const FILES: &[(&str, &str)] = &[
    ("county.toml", include_str!("../../../data/xiangshan/county.toml")),
    ("taxonomy.toml", include_str!("../../../data/xiangshan/taxonomy.toml")),
    ("departments.csv", include_str!("../../../data/xiangshan/departments.csv")),
    ("routing.csv", include_str!("../../../data/xiangshan/routing.csv")),
    ("deadlines.toml", include_str!("../../../data/xiangshan/deadlines.toml")),
    ("places.csv", include_str!("../../../data/xiangshan/places.csv")),
    ("alerts.toml", include_str!("../../../data/xiangshan/alerts.toml")),
    ("notices.toml", include_str!("../../../data/xiangshan/notices.toml")),
    ("templates.toml", include_str!("../../../data/xiangshan/templates.toml")),
    ("words.csv", include_str!("../../../data/xiangshan/words.csv")),
    ("calendar/2024.json", include_str!("../../../data/xiangshan/calendar/2024.json")),
    ("calendar/2025.json", include_str!("../../../data/xiangshan/calendar/2025.json")),
    ("calendar/2026.json", include_str!("../../../data/xiangshan/calendar/2026.json")),
];
