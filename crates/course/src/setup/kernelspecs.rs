//! The two kernels in Jupyter's picker, *Rust* and *Rust (solutions)*, the copy of this program that they start, and
//! JupyterLab's settings and style.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result};
use serde_json::json;

use super::{Stage, stamp};
use crate::layout::Layout;
use crate::stamp::{Fingerprint, write_atomically};

const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="15" fill="#b7410e"/><text x="16" y="23" font-family="sans-serif" font-size="20" font-weight="bold" text-anchor="middle" fill="#fff">R</text></svg>"##;

/// Defaults, which a user's own settings override. JupyterLab would ask whether it may fetch news and check for updates: nobody here needs
/// either. It would wait one second for a completion, and show nothing after that: the kernel's first takes about as long, and more
/// on a busy machine. The compiler's reports and panics name lines, so cells show them.
const LAB_SETTINGS: &str = r#"{
  "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false},
  "@jupyterlab/completer-extension:manager": {"providerTimeout": 10000},
  "@jupyterlab/notebook-extension:tracker": {"codeCellConfig": {"lineNumbers": true, "lineWrap": false}}
}
"#;

/// JupyterLab breaks the lines of reports within words, and a long type is hard to read then.
const LAB_STYLE: &str = ".jp-OutputArea-output pre { word-break: normal; overflow-wrap: anywhere; }\n";

/// Folder name, display name, further arguments of the launcher.
const KERNELS: [(&str, &str, &[&str]); 2] =
    [("rust", "Rust", &[]), ("rust-solutions", "Rust (solutions)", &["--solutions"])];

pub(super) fn stage(layout: &Layout) -> Result<Stage<'_>> {
    let own = std::env::current_exe().context("cannot find the path of this program")?;
    let fingerprint = Fingerprint::default()
        .text("root", &layout.root().to_string_lossy())
        .text("kernels", &format!("{KERNELS:?}{LOGO}{LAB_SETTINGS}{LAB_STYLE}"))
        .text("program", &Fingerprint::default().text("", &String::from_utf8_lossy(&fs::read(&own)?)).finish())
        .finish();
    let folder = layout.venv().join("share/jupyter/kernels");
    let in_place = layout.program("course").is_file()
        && KERNELS.iter().all(|(name, ..)| folder.join(name).join("kernel.json").is_file());
    Ok(Stage {
        name: "kernels",
        effort: String::new(),
        fingerprint,
        stamp: stamp(layout, "kernelspecs"),
        in_place,
        disk: 20_000_000,
        needs: &[],
        builds: false,
        ahead: None,
        run: Box::new(move |_| {
            install_own_copy(layout, &own)?;
            for (name, display_name, arguments) in KERNELS {
                let launcher = layout.program("course");
                let launcher = launcher.to_str().context("the checkout's path must be UTF-8 for Jupyter")?;
                let mut argv = vec![launcher, "kernel", "--control-file", "{connection_file}"];
                argv.extend(arguments);
                let spec = json!({
                    "argv": argv,
                    "display_name": display_name,
                    "language": "rust",
                    "interrupt_mode": "message",
                });
                write_atomically(&folder.join(name).join("kernel.json"), format!("{spec:#}\n").as_bytes())?;
                write_atomically(&folder.join(name).join("logo-svg.svg"), LOGO.as_bytes())?;
            }
            let settings = layout.venv().join("share/jupyter/lab/settings/overrides.json");
            write_atomically(&settings, LAB_SETTINGS.as_bytes())?;
            write_atomically(&layout.lab_style(), LAB_STYLE.as_bytes())
        }),
    })
}

/// The kernels start a copy, because `cargo clean` and the next build remove the original.
fn install_own_copy(layout: &Layout, own: &std::path::Path) -> Result<()> {
    let copy = layout.program("course");
    if own.canonicalize().is_ok_and(|own| copy.canonicalize().is_ok_and(|copy| own == copy)) {
        return Ok(());
    }
    let contents = fs::read(own).with_context(|| format!("cannot read {}", own.display()))?;
    let fresh = copy.with_extension("new");
    write_atomically(&fresh, &contents)?;
    fs::set_permissions(&fresh, fs::Permissions::from_mode(0o755))
        .and_then(|()| fs::rename(&fresh, &copy))
        .with_context(|| format!("cannot write {}", copy.display()))
}
