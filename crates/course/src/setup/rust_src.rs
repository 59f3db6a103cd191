//! The source of the standard library: with it, completion and type inference know std.

use std::process::Stdio;

use anyhow::Result;

use super::{Stage, stamp};
use crate::layout::Layout;
use crate::process::{command, on_path};
use crate::report::note;
use crate::stamp::Fingerprint;
use crate::toolchain::Toolchain;

pub(super) fn stage<'a>(layout: &'a Layout, toolchain: &Toolchain) -> Stage<'a> {
    Stage {
        name: "rust-src",
        effort: String::new(),
        // Tried once for each compiler: without a network this must not be asked for at every start.
        fingerprint: Fingerprint::default().text("rustc", &toolchain.verbose_version).finish(),
        stamp: stamp(layout, "rust-src"),
        in_place: true,
        disk: 0,
        needs: &[],
        run: if toolchain.has_library_source() { Box::new(|| Ok(())) } else { Box::new(|| add(layout)) },
    }
}

fn add(layout: &Layout) -> Result<()> {
    const LATER: &str = "the notebooks work without it, completion knows less; later: `rustup component add rust-src`";
    if on_path("rustup").is_none() {
        note(&format!("rust-src is missing, and rustup with it: {LATER}"));
        return Ok(());
    }
    let added = command("rustup")
        .current_dir(layout.root())
        .args(["component", "add", "rust-src"])
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success());
    note(&if added {
        "rust-src: added by rustup".to_owned()
    } else {
        format!("rustup could not add rust-src: {LATER}")
    });
    Ok(())
}
