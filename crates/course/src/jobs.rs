//! Jobs that several builds share, so that together they run as many compilers as there are cores: GNU make's jobserver,
//! a pipe that holds one byte per free job. Cargo and rustc understand it.

use std::fs::File;
use std::io::Write;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

/// The jobs of builds that run at the same time.
pub(crate) struct Jobs {
    pool: Option<Pool>,
}

struct Pool {
    folder: TempDir,
    /// Kept open: a pipe that nobody has open loses its contents.
    pipe: File,
}

impl Jobs {
    /// The jobs of this many builds. Each has one job of its own, and they share one for each further core. A single build needs no pool: Cargo has its own.
    pub(crate) fn shared_by(builds: usize) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        // Without the pool, each build uses all cores: slower, with the same result.
        Self { pool: (builds > 1).then(|| Pool::new(cores.saturating_sub(builds)).ok()).flatten() }
    }

    /// Tells Cargo where the jobs are.
    pub(crate) fn tell(&self, cargo: &mut Command) {
        if let Some(pool) = &self.pool {
            cargo
                .env("CARGO_MAKEFLAGS", format!("--jobserver-auth=fifo:{}", pool.folder.path().join("jobs").display()));
        }
    }

    /// A build has ended: its own job becomes free for the others.
    pub(crate) fn give_back(&self) {
        if let Some(pool) = &self.pool {
            // If this fails, the others are only slower.
            let _ = (&pool.pipe).write_all(b"+");
        }
    }
}

impl Pool {
    fn new(jobs: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("jobs");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).context("cannot make a pipe")?;
        let mut pipe = File::options().read(true).write(true).open(path)?;
        pipe.write_all(&vec![b'+'; jobs])?;
        Ok(Self { folder, pipe })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_a_build_gives_back_is_there_for_the_others() -> Result<()> {
        let jobs = Jobs { pool: Some(Pool::new(3)?) };
        jobs.give_back();
        let mut cargo = Command::new("cargo");
        jobs.tell(&mut cargo);
        let (_, told) = cargo.get_envs().next().context("a variable")?;
        let told = told.context("a value")?.to_string_lossy().into_owned();
        let path = told.strip_prefix("--jobserver-auth=fifo:").context("as make writes it")?;
        let mut found = [0; 16];
        assert_eq!(File::options().read(true).write(true).open(path)?.read(&mut found)?, 4);
        Ok(())
    }

    #[test]
    fn one_build_alone_is_left_to_cargo() {
        let mut cargo = Command::new("cargo");
        Jobs::shared_by(1).tell(&mut cargo);
        assert_eq!(cargo.get_envs().count(), 0);
        Jobs::shared_by(2).tell(&mut cargo);
        assert_eq!(cargo.get_envs().count(), 1);
    }
}
