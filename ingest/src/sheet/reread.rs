//! Reads again a row that was quarantined, by the rules and the column map of today.

use qingting_models::records::{RejectKind, RowPlace};
use serde_json::{Map, Value};

use super::csv;
use super::header::Layout;
use super::jsonl;
use super::map::ColumnMap;
use super::rows::{Fault, Row, SINCE_1904, is_surplus, read_row};
use super::words::{SURE, plain};
use crate::record::RawRecord;

/// Reads a row from an object of its headers and cells.
///
/// # Errors
/// When its columns are not recognised or the row is still bad.
pub fn row(original: &Value, map: Option<&ColumnMap>, place: &RowPlace) -> Result<RawRecord, Fault> {
    let Value::Object(cells) = original else {
        return Err(fault(RejectKind::Other, "the row is no object of headers and cells".into()));
    };
    let text = |value: &Value| jsonl::written(value.clone());
    let special = |name: &str| is_surplus(name) || name == SINCE_1904;
    let (mut headers, mut values): (Vec<String>, Vec<String>) = cells
        .iter()
        .filter(|(name, _)| !special(name))
        .map(|(name, cell)| (name.clone(), text(cell)))
        .unzip();
    let map = map.filter(|map| !map.is_saved() || map.names_text_of(&headers));
    // A map names columns that were empty in this row too.
    let named = map.into_iter().flat_map(ColumnMap::entries).map(|(_, header)| header);
    for header in named {
        if !headers.iter().any(|known| plain(known) == plain(header)) {
            headers.push(header.to_owned());
            values.push(String::new());
        }
    }
    values.extend(cells.iter().filter(|(name, _)| is_surplus(name)).map(|(_, cell)| text(cell)));
    let since_1904 = cells.contains_key(SINCE_1904);
    by_headers(&headers, Row { since_1904, ..Row::of(place.row, values) }, map, place)
}

/// Reads a line of a text file from `{"line": text, "headers": [...], "separator": ","}`; without headers the line
/// is a JSON object.
///
/// # Errors
/// When the line still cannot be split, its columns are not recognised, or the row is bad.
pub fn line(original: &Value, map: Option<&ColumnMap>, place: &RowPlace) -> Result<RawRecord, Fault> {
    let text = |key: &str| original.get(key).and_then(Value::as_str);
    let line = text("line").ok_or_else(|| fault(RejectKind::Other, "the line is missing".into()))?;
    let broken = |why: String| fault(RejectKind::Line, why);
    let Some(headers) = original.get("headers").and_then(Value::as_array) else {
        let (headers, cells) = jsonl::cells_of(line).map_err(broken)?;
        return row(&object(&headers, &cells), map, place);
    };
    let headers: Vec<String> = headers.iter().map(|header| jsonl::written(header.clone())).collect();
    let separator = text("separator").and_then(|s| s.chars().next()).unwrap_or(',');
    let cells = csv::cells_of(line, separator).map_err(|why| broken(why.to_owned()))?;
    by_headers(&headers, Row::of(place.row, cells), map, place)
}

fn by_headers(
    headers: &[String],
    row: Row,
    map: Option<&ColumnMap>,
    place: &RowPlace,
) -> Result<RawRecord, Fault> {
    let layout = Layout::of(headers, map).filter(|layout| layout.confidence() >= SURE);
    let Some(layout) = layout else {
        return Err(fault(RejectKind::Header, Layout::missing(&[headers], map).to_string()));
    };
    read_row(&layout, &row, place).map_err(|bad| Fault {
        kind: bad.kind,
        column: bad.place.column,
        reason: bad.reason,
    })
}

fn object(headers: &[String], cells: &[String]) -> Value {
    let pairs = headers.iter().zip(cells).map(|(header, cell)| (header.clone(), Value::from(cell.as_str())));
    Value::Object(pairs.collect::<Map<_, _>>())
}

fn fault(kind: RejectKind, reason: String) -> Fault {
    Fault { kind, column: None, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_another_layout_is_read_without_the_saved_map() {
        let map = ColumnMap::parse("body = \"乙栏\"").unwrap().saved();
        let place = RowPlace::default();
        let own = serde_json::json!({ "甲栏": "7", "乙栏": "路灯不亮" });
        assert_eq!(row(&own, Some(&map), &place).unwrap().body, "路灯不亮");
        let other = serde_json::json!({ "工单编号": "7", "诉求内容": "桥面积水" });
        assert_eq!(row(&other, Some(&map), &place).unwrap().body, "桥面积水");
        let lines = serde_json::json!({ "甲栏": "7" });
        assert!(row(&lines, Some(&map), &place).is_err());
    }
}
