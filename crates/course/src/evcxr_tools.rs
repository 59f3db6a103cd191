//! The Cargo that evcxr calls: `cargo build` where evcxr asks for `cargo check`.
//!
//! When evcxr cannot tell a variable's type, as in most wrong code, it runs `cargo check` for the compiler's message. Cargo shares no crate
//! between a check and a build, so the first check in each kernel would compile the metadata of all crates again, for a minute or more. A build
//! of wrong code ends at the same message, before any code is generated, and finds all crates as the last cell left them.
//! evcxr has no setting for this, but asks `rustup which cargo` on its `PATH`: there it finds ours.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::toolchain::Toolchain;
use crate::warmed_build::write_if_changed;

/// Writes the two scripts into `folder`, and returns the `PATH` with which evcxr finds them.
pub(crate) fn install(folder: &Path, toolchain: &Toolchain) -> Result<OsString> {
    let cargo = folder.join("cargo");
    write_script(&cargo, &cargo_script(&toolchain.cargo_path()))?;
    write_script(&folder.join("rustup"), &rustup_script(&cargo, &toolchain.rustc()))?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(folder.to_path_buf()).chain(std::env::split_paths(&path)))
        .with_context(|| format!("{} cannot be in PATH", folder.display()))
}

fn cargo_script(cargo: &Path) -> String {
    format!(
        "#!/bin/sh\n\
         offline=\n\
         if [ \"$1\" = --offline ]; then offline=--offline; shift; fi\n\
         if [ \"$1\" = check ]; then shift; set -- build \"$@\"; fi\n\
         exec {} $offline \"$@\"\n",
        quoted(cargo)
    )
}

/// Everything but evcxr's two questions goes to rustup itself, the next one on the `PATH`.
fn rustup_script(cargo: &Path, rustc: &Path) -> String {
    format!(
        "#!/bin/sh\n\
         case \"$*\" in\n\
         'which cargo') echo {} ;;\n\
         'which rustc') echo {} ;;\n\
         *) PATH=${{PATH#*:}} exec rustup \"$@\" ;;\n\
         esac\n",
        quoted(cargo),
        quoted(rustc)
    )
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

fn write_script(path: &PathBuf, script: &str) -> Result<()> {
    write_if_changed(path, script)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot make {} executable", path.display()))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// What a script prints. Another test may be starting a program at the moment, which inherits our open file for an instant: the script is "busy" then.
    fn output_of(command: &mut Command) -> Result<String> {
        let mut said = crate::process::output_of(command);
        for _ in 0..20 {
            match &said {
                Err(error) if format!("{error:#}").to_lowercase().contains("busy") => {}
                _ => break,
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
            said = crate::process::output_of(command);
        }
        said
    }

    /// A toolchain whose Cargo prints its arguments, in a folder that the shell would split.
    fn toolchain(folder: &Path) -> Result<Toolchain> {
        let sysroot = folder.join("it's a toolchain");
        fs::create_dir_all(sysroot.join("bin"))?;
        write_script(&sysroot.join("bin/cargo"), "#!/bin/sh\necho \"$@\"\n")?;
        write_script(&sysroot.join("bin/rustc"), "#!/bin/sh\n")?;
        Ok(Toolchain { verbose_version: String::new(), host: String::new(), target_libdir: sysroot.clone(), sysroot })
    }

    #[test]
    fn a_check_is_a_build_and_all_else_stays() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = install(&folder.path().join("tools"), &toolchain(folder.path())?)?;
        let ask = |program: &str, arguments: &[&str]| {
            output_of(Command::new(program).args(arguments).env("PATH", &path)).map(|said| said.trim().to_owned())
        };
        let cargo = ask("rustup", &["which", "cargo"])?;
        for (given, expected) in [
            ("check --target x --message-format=json", "build --target x --message-format=json"),
            ("--offline check --target x", "--offline build --target x"),
            ("build --target check", "build --target check"),
            ("clean", "clean"),
        ] {
            assert_eq!(ask(&cargo, &given.split(' ').collect::<Vec<_>>())?, expected);
        }
        assert_eq!(
            ask("rustup", &["which", "rustc"])?,
            folder.path().join("it's a toolchain/bin/rustc").display().to_string()
        );
        Ok(())
    }

    #[test]
    fn other_questions_go_to_rustup_itself() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (tools, others) = (folder.path().join("tools"), folder.path().join("others"));
        install(&tools, &toolchain(folder.path())?)?;
        write_script(&others.join("rustup"), "#!/bin/sh\necho \"the real one: $@\"\n")?;
        let path = std::env::join_paths([&tools, &others])?;
        let said = output_of(Command::new(tools.join("rustup")).args(["show", "home"]).env("PATH", path))?;
        assert_eq!(said.trim(), "the real one: show home");
        Ok(())
    }
}
