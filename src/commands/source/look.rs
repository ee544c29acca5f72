//! `qingting source test` for folders: which of the files a poll would read, and as what.

use std::path::Path;

use anyhow::{Context, Result};
use qingting_ingest::folder::{self, Contents};
use qingting_ingest::import::saved_map;
use qingting_ingest::sheet::{self, ColumnMap, TablePreview};
use qingting_models::records::{Source, SourceKind, SourceSettings};
use serde_json::{Value, json};

use super::parts;
use crate::cli::{Global, SourceParts};
use crate::commands::import::table::{columns, notes};
use crate::output;

/// A folder that is typed.
pub fn typed(global: &Global, typed: &SourceParts) -> Result<()> {
    let settings = parts::settings(SourceKind::Folder, SourceSettings::default(), typed)?;
    let map = parts::map(SourceKind::Folder, typed)?.map(|map| ColumnMap::parse(&map)).transpose()?;
    look(global, settings.folder.as_deref(), map.map(ColumnMap::saved).as_ref())
}

/// The folder of a source.
pub fn of(global: &Global, source: &Source) -> Result<()> {
    look(global, source.settings.folder.as_deref(), saved_map(source)?.as_ref())
}

fn look(global: &Global, path: Option<&str>, map: Option<&ColumnMap>) -> Result<()> {
    let path = path.unwrap_or_default();
    let Contents { sheets, others } =
        folder::contents(Path::new(path)).with_context(|| format!("the folder {path} cannot be read"))?;
    let looked: Vec<Looked> = sheets.iter().map(|file| Looked::of(file, map)).collect();
    let others: Vec<String> = others.iter().map(|file| name(file)).collect();
    if global.json {
        let left = others.iter().map(|name| json!({ "file": name, "error": NO_SHEET }));
        return output::json(&looked.iter().map(Looked::document).chain(left).collect::<Vec<_>>());
    }
    looked.iter().try_for_each(Looked::print)?;
    others.iter().try_for_each(|name| output::line(&format!("{name}\t{NO_SHEET}")))?;
    if looked.is_empty() && others.is_empty() {
        output::line("the folder can be watched, and holds no files yet")?;
    }
    Ok(())
}

const NO_SHEET: &str = "is no sheet by its name: it would stay, and not be opened";

/// A sheet as an import would understand it.
struct Looked {
    file: String,
    found: Result<Found, String>,
}

struct Found {
    rows: Option<u64>,
    tables: Vec<TablePreview>,
}

impl Looked {
    fn of(file: &Path, map: Option<&ColumnMap>) -> Self {
        let found = sheet::preview(file, map).map_err(|why| why.to_string());
        Self {
            file: name(file),
            found: found.map(|preview| Found { rows: preview.rows, tables: preview.sheets }),
        }
    }

    fn document(&self) -> Value {
        match &self.found {
            Ok(found) => json!({
                "file": self.file,
                "rows": found.rows,
                "confidence": found.confidence(),
                "refused": found.is_refused(),
                "map": found.doubtful().map(|table| table.map().to_toml()),
            }),
            Err(why) => json!({ "file": self.file, "error": why }),
        }
    }

    fn print(&self) -> Result<()> {
        let found = match &self.found {
            Ok(found) => found,
            Err(why) => return output::line(&format!("{}\t{}", self.file, output::reason(why))),
        };
        let rows = found.rows.map(|rows| format!("{rows} rows, ")).unwrap_or_default();
        let refused = if found.is_refused() { "; it would be refused" } else { "" };
        output::line(&format!(
            "{}\t{rows}columns told with confidence {:.2}{refused}",
            self.file,
            found.confidence()
        ))?;
        found.tables.iter().try_for_each(|table| {
            if table.needs_map() {
                columns(table)?;
            }
            notes(table, "keep it with --map")
        })
    }
}

impl Found {
    /// That of the least sure table.
    fn confidence(&self) -> f64 {
        self.tables.iter().map(|table| table.confidence).fold(1.0, f64::min)
    }

    /// The first table whose columns are too unsure.
    fn doubtful(&self) -> Option<&TablePreview> {
        self.tables.iter().find(|table| table.needs_map())
    }

    /// Whether nothing of it would be read.
    fn is_refused(&self) -> bool {
        self.tables.iter().all(TablePreview::needs_map)
    }
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
