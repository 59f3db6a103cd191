//! Locks between processes, on empty files. The system frees a lock when its holder ends, however it ends.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use anyhow::{Context, Result};

/// Takes the lock for itself, after calling `on_wait` if another process has it.
pub(crate) fn exclusive(path: &Path, on_wait: impl FnOnce()) -> Result<File> {
    let file = open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            on_wait();
            file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
        }
        Err(TryLockError::Error(error)) => {
            return Err(error).with_context(|| format!("cannot lock {}", path.display()));
        }
    }
    Ok(file)
}

/// Takes the lock together with others who share it, after calling `on_wait` if another process has it for itself.
pub(crate) fn shared(path: &Path, on_wait: impl FnOnce()) -> Result<File> {
    let file = open(path)?;
    match file.try_lock_shared() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            on_wait();
            file.lock_shared().with_context(|| format!("cannot lock {}", path.display()))?;
        }
        Err(TryLockError::Error(error)) => {
            return Err(error).with_context(|| format!("cannot lock {}", path.display()));
        }
    }
    Ok(file)
}

/// Takes the lock of an existing file, once no other process has it.
pub(crate) fn exclusive_existing(path: &Path) -> Result<File> {
    let file = existing(path)?;
    file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(file)
}

/// Takes the lock of an existing file, unless another process has it.
pub(crate) fn try_exclusive_existing(path: &Path) -> Result<Option<File>> {
    let file = existing(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
    }
}

fn existing(path: &Path) -> Result<File> {
    File::options().write(true).open(path).with_context(|| format!("cannot open {}", path.display()))
}

fn open(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .with_context(|| format!("cannot open {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_free_again_when_its_holder_is_gone() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("locks/one");
        let held = shared(&path, || {})?;
        let _also = shared(&path, || panic!("sharers do not wait"))?;
        assert!(try_exclusive_existing(&path)?.is_none());
        drop((held, _also));
        // A program that another test starts at the moment has our file open for an instant, and the lock with it.
        let mut attempts = (0..100).map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            try_exclusive_existing(&path)
        });
        assert!(attempts.any(|lock| lock.is_ok_and(|lock| lock.is_some())));
        Ok(())
    }
}
