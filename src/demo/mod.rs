//! `qingting demo`: a county of its own, filled with a made-up season through the public doors.

pub(crate) mod season;

use anyhow::{Result, bail};

use crate::cli::{Demo, Global};

pub async fn run(_global: &Global, _demo: &Demo) -> Result<()> {
    bail!("the demo is not built yet")
}
