//! Live kernels: each works in its own copy of the warmed build, which is removed when the kernel ends.
//!
//! A launcher holds the lock of its copy as long as it lives. A copy whose lock is free was left by a launcher that was killed; the next start of a
//! kernel or of the set-up ends what that launcher left running, and removes the copy.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

use crate::layout::Layout;
use crate::report::note;
use crate::{filelock, warmed_build};

const LOCK: &str = "lock-of-launcher";
const GROUP: &str = "process-group";

/// The copy of one live kernel; dropping it removes the copy.
pub(crate) struct LiveCopy {
    folder: PathBuf,
    _lock: File,
}

impl LiveCopy {
    /// Copies the warmed build.
    pub(crate) fn create(layout: &Layout) -> Result<Self> {
        let folder = layout.live_kernels();
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        // A sweep must not find the folder before it is locked.
        let guard = filelock::exclusive(&layout.lock("live-kernels"), || {})?;
        let folder = tempfile::Builder::new().prefix("kernel-").tempdir_in(folder)?.keep();
        let lock = filelock::exclusive(&folder.join(LOCK), || {})?;
        drop(guard);
        let copy = Self { folder, _lock: lock };
        // A process group of our own, as Jupyter makes one anyway: what is left in it later can only be
        // ours. This fails if we already lead a session, and so a group.
        let _ = rustix::process::setpgid(None, None);
        fs::write(copy.folder.join(GROUP), rustix::process::getpgrp().as_raw_nonzero().to_string())?;
        let _shared = filelock::shared(&layout.lock("warmed-build"), || note("waiting for the warmed build"))?;
        warmed_build::copy_tree(&layout.warmed_build(), &copy.workspace())?;
        Ok(copy)
    }

    /// The folder of this kernel, which is removed with it.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The workspace that the kernel builds in.
    pub(crate) fn workspace(&self) -> PathBuf {
        self.folder.join("build")
    }
}

impl Drop for LiveCopy {
    fn drop(&mut self) {
        // If this fails, the next sweep will do it.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Waits until the launcher of this copy has ended. Its lock is what a sweep goes by, so nothing else would do: a process that is killed closes its
/// files one after the other.
pub(crate) fn wait_for_end(copy: &Path) -> Result<()> {
    match filelock::exclusive_existing(&copy.join(LOCK)) {
        // It has ended in good order, and removed its copy.
        Err(_) if !copy.exists() => Ok(()),
        locked => locked.map(drop),
    }
}

/// Removes what killed launchers left behind, running processes first.
pub(crate) fn sweep(layout: &Layout) -> Result<()> {
    let folder = layout.live_kernels();
    let Ok(entries) = fs::read_dir(&folder) else {
        return Ok(());
    };
    let _guard = filelock::exclusive(&layout.lock("live-kernels"), || {})?;
    for copy in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()) {
        // A copy may have been removed since it was listed.
        let Ok(Some(_lock)) = filelock::try_exclusive_existing(&copy.join(LOCK)) else {
            continue;
        };
        let group = fs::read_to_string(copy.join(GROUP)).ok().and_then(|text| text.trim().parse().ok());
        if let Some(group) = group {
            end_strays(layout, group);
        }
        fs::remove_dir_all(&copy).with_context(|| format!("cannot remove the leftover {}", copy.display()))?;
    }
    Ok(())
}

/// Ends what is left of a kernel in its process group: otherwise a cell that never ends outlives its kernel, and a compiler at
/// work makes its folder anew once that is removed.
pub(crate) fn end_strays(layout: &Layout, group: i32) {
    // A killed process is gone a moment later, and may have started another just before.
    for _ in 0..100 {
        let strays = processes_of(layout, group);
        if strays.is_empty() {
            return;
        }
        for pid in strays.into_iter().filter_map(Pid::from_raw) {
            // It may have ended by itself in the meantime.
            let _ = kill_process(pid, Signal::KILL);
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Every `evcxr_jupyter` of this checkout in the group, and what it has started: Cargo and rustc work in the kernel's folder.
#[cfg(target_os = "linux")]
fn processes_of(layout: &Layout, group: i32) -> Vec<i32> {
    let (program, folders) = (layout.program("evcxr_jupyter"), layout.live_kernels());
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    let is_ours = |pid: &i32| {
        let link = |name: &str| fs::read_link(format!("/proc/{pid}/{name}"));
        link("exe").is_ok_and(|exe| exe == program) || link("cwd").is_ok_and(|cwd| cwd.starts_with(&folders))
    };
    let is_in_group = |pid: &i32| {
        // `pid (name) state ppid pgrp ...`, and the name may hold anything.
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let after_name = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
        after_name.split_whitespace().nth(2) == Some(&group.to_string())
    };
    pids.filter(is_in_group).filter(is_ours).collect()
}

#[cfg(not(target_os = "linux"))]
fn processes_of(layout: &Layout, group: i32) -> Vec<i32> {
    let program = layout.program("evcxr_jupyter");
    let mut list = crate::process::command("ps");
    let Ok(said) = crate::process::output_of(list.args(["-A", "-o", "pid=,pgid=,command="])) else {
        return Vec::new();
    };
    let program = program.to_string_lossy();
    let process = |line: &str| {
        let mut fields = line.split_whitespace();
        let (pid, pgid) = (fields.next()?.parse().ok()?, fields.next()?.parse::<i32>().ok()?);
        (pgid == group && line.contains(program.as_ref())).then_some(pid)
    };
    said.lines().filter_map(process).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_lives_as_long_as_its_holder_and_a_leftover_is_swept() -> Result<()> {
        let checkout = tempfile::tempdir()?;
        let layout = Layout::at(checkout.path().to_path_buf());
        warmed_build::write_workspace(&layout.warmed_build(), &[])?;
        let copy = LiveCopy::create(&layout)?;
        assert!(copy.workspace().join("Cargo.toml").is_file());
        let leftover = layout.live_kernels().join("kernel-killed");
        fs::create_dir(&leftover)?;
        fs::write(leftover.join(LOCK), "")?;
        sweep(&layout)?;
        assert!(!leftover.exists() && copy.workspace().exists());
        drop(copy);
        assert_eq!(fs::read_dir(layout.live_kernels())?.count(), 0);
        Ok(())
    }

    #[test]
    fn a_watcher_waits_as_long_as_the_copy_is_held() -> Result<()> {
        let checkout = tempfile::tempdir()?;
        let copy = checkout.path().join("kernel-watched");
        wait_for_end(&copy)?;
        let lock = filelock::exclusive(&copy.join(LOCK), || {})?;
        let watcher = thread::spawn({
            let copy = copy.clone();
            move || wait_for_end(&copy)
        });
        thread::sleep(Duration::from_millis(200));
        assert!(!watcher.is_finished());
        drop(lock);
        watcher.join().map_err(|_| anyhow::anyhow!("it has panicked"))?
    }

    /// A compiler that outlives its kernel would make the folder anew after its removal.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_works_in_a_leftover_is_ended_first() -> Result<()> {
        use std::os::unix::process::CommandExt;
        let checkout = tempfile::tempdir()?;
        let layout = Layout::at(checkout.path().to_path_buf());
        layout.create_state()?;
        let leftover = layout.live_kernels().join("kernel-killed");
        fs::create_dir_all(&leftover)?;
        let mut compiler =
            crate::process::command("sleep").arg("60").current_dir(&leftover).process_group(0).spawn()?;
        fs::write(leftover.join(GROUP), compiler.id().to_string())?;
        fs::write(leftover.join(LOCK), "")?;
        sweep(&layout)?;
        let ended = compiler.try_wait()?.is_some();
        let _ = compiler.kill();
        assert!(ended && !leftover.exists());
        Ok(())
    }
}
