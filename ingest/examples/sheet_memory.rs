//! Reads a sheet, keeps nothing, and says how many rows it had and how much memory that took at most:
//! `cargo run --release -p qingting-ingest --example sheet_memory -- FILE`

use std::io::{Error, Write};
use std::path::PathBuf;

fn main() -> Result<(), Error> {
    let path = PathBuf::from(std::env::args_os().nth(1).ok_or_else(|| Error::other("name a file"))?);
    let (mut records, mut bad) = (0, 0);
    let read = qingting_ingest::sheet::read(&path, None, 500, &mut |batch| {
        records += batch.records.len();
        bad += batch.bad.len();
        true
    });
    // Linux keeps the high-water mark of a process's memory.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: unknown");
    writeln!(std::io::stdout(), "{records} records, {bad} bad; {peak}")?;
    read.map(|_| ()).map_err(Error::other)
}
