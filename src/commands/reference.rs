//! What can be typed and set, made from its definitions: `docs/reference.md`.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::Result;
use clap::{Command, CommandFactory};
use clap_markdown::{MarkdownOptions, help_markdown_custom};
use schemars::Schema;
use serde_json::{Map, Value};

use crate::cli::Cli;
use crate::{home, output};

const HEAD: &str = "# Reference\n\nMade by `qingting reference > docs/reference.md` from the definitions in the code; a test holds the two \
    against each other. A flag outranks a variable, a variable a line of `qingting.toml`.\n";

/// Variables that no flag stands for.
const OTHER_VARIABLES: &[(&str, &str)] = &[
    ("QINGTING_ADVISOR_KEY", "The key that the server of the helper model asks for"),
    ("QINGTING_CHROMIUM", "The Chromium by which PDF files are made where LibreOffice is not installed"),
    ("QINGTING_LOG", "What is logged, as in `info,qingting=debug`, in the words of tracing's `EnvFilter`"),
];

pub fn run() -> Result<()> {
    output::line(reference().trim_end())
}

/// The whole document.
fn reference() -> String {
    let mut text = HEAD.to_owned();
    variables(&mut text);
    settings(&mut text);
    let options =
        MarkdownOptions::new().title("Commands".into()).show_footer(false).show_table_of_contents(false);
    let commands = help_markdown_custom::<Cli>(&options);
    for line in commands.trim().lines().filter(|line| !line.starts_with("This document contains")) {
        // There is one heading at the top of this document, and a part of a command is none.
        let line = match line.trim_start_matches("###### ") {
            part if part.len() < line.len() => part.to_owned(),
            _ if line.starts_with('#') => format!("#{line}"),
            _ => line.trim_end().to_owned(),
        };
        let _ = write!(text, "\n{line}");
    }
    text.push('\n');
    text
}

fn variables(text: &mut String) {
    let mut all: BTreeMap<String, String> =
        OTHER_VARIABLES.iter().map(|(name, meaning)| ((*name).to_owned(), (*meaning).to_owned())).collect();
    of_command(&Cli::command(), &mut all);
    text.push_str("\n## Variables\n\n| Variable | Meaning |\n|---|---|\n");
    for (name, meaning) in all {
        let _ = writeln!(text, "| `{name}` | {} |", cell(&meaning));
    }
}

fn of_command(command: &Command, all: &mut BTreeMap<String, String>) {
    for argument in command.get_arguments() {
        if let Some(name) = argument.get_env() {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            let flag = argument.get_long().map(|long| format!(" (`--{long}`)")).unwrap_or_default();
            all.insert(name.to_string_lossy().into_owned(), help + &flag);
        }
    }
    command.get_subcommands().for_each(|inner| of_command(inner, all));
}

fn settings(text: &mut String) {
    let schema = home::settings_schema();
    text.push_str(
        "\n## Settings\n\nOf the file `qingting.toml` in a county's folder; every line may be left out.\n",
    );
    for (table, keys) in tables(&schema) {
        let _ = write!(text, "\n### [{table}]\n\n| Key | Type | Meaning |\n|---|---|---|\n");
        for (key, of) in keys {
            let meaning = of.get("description").and_then(Value::as_str).unwrap_or_default();
            let _ = writeln!(text, "| `{key}` | {} | {} |", type_of(&of), cell(meaning));
        }
    }
}

/// The tables of the settings file with their keys.
fn tables(schema: &Schema) -> Vec<(String, Vec<(String, Value)>)> {
    let root = schema.as_value();
    let definitions = root.get("$defs").and_then(Value::as_object);
    let keys = |table: &Value| properties(resolved(table, definitions)).collect();
    properties(root).map(|(table, inner)| (table, keys(&inner))).collect()
}

fn properties(schema: &Value) -> impl Iterator<Item = (String, Value)> {
    let all = schema.get("properties").and_then(Value::as_object).cloned();
    all.unwrap_or_default().into_iter()
}

/// What a reference, or the one that may be left out, stands for.
fn resolved<'a>(schema: &'a Value, definitions: Option<&'a Map<String, Value>>) -> &'a Value {
    let one = schema.get("anyOf").and_then(|any| any.get(0)).unwrap_or(schema);
    let name = one.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
    name.and_then(|name| definitions?.get(name)).unwrap_or(one)
}

fn type_of(schema: &Value) -> String {
    let kind = match schema.get("type") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        Some(Value::String(one)) => Some(one.as_str()),
        _ => None,
    };
    match kind {
        Some("array") => "list".into(),
        Some("boolean") => "true or false".into(),
        Some("integer") => "whole number".into(),
        Some(other) => other.into(),
        None => String::new(),
    }
}

/// Within a table a bar would end the cell.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> String {
        std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn the_document_is_that_of_the_code() {
        assert!(
            read("docs/reference.md") == reference(),
            "docs/reference.md is not up to date: cargo run -- reference > docs/reference.md"
        );
    }

    #[test]
    fn every_setting_stands_in_the_file_that_init_writes_and_says_what_it_means() {
        let template = read("data/qingting.toml");
        for (table, keys) in tables(&home::settings_schema()) {
            assert!(template.contains(&format!("[{table}]")), "{table}");
            assert!(!keys.is_empty(), "{table}");
            for (key, of) in keys {
                assert!(
                    template.contains(&format!("{key} = ")),
                    "{table}.{key} is missing in data/qingting.toml"
                );
                assert!(of.get("description").is_some(), "{table}.{key} does not say what it means");
                assert!(!type_of(&of).is_empty(), "{table}.{key}: {of}");
            }
        }
    }

    #[test]
    fn every_variable_that_the_code_names_stands_in_it() {
        let text = reference();
        let mut found = 0;
        for folder in ["src", "ingest/src", "classify/src", "respond/src", "web/src"] {
            for file in walkdir::WalkDir::new(format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"))) {
                let file = file.unwrap();
                if file.file_type().is_dir() || file.path().extension().is_none_or(|end| end != "rs") {
                    continue;
                }
                let code = std::fs::read_to_string(file.path()).unwrap();
                for part in code.split("\"QINGTING_").skip(1) {
                    let end = part.find(|c: char| c != '_' && !c.is_ascii_uppercase()).unwrap();
                    // The word alone, as it stands in this test.
                    if end == 0 {
                        continue;
                    }
                    let name = format!("QINGTING_{}", &part[..end]);
                    found += 1;
                    assert!(text.contains(&format!("`{name}`")), "{name} of {}", file.path().display());
                }
            }
        }
        assert!(found > OTHER_VARIABLES.len(), "{found}");
    }
}
