//! The connection file: the ports that Jupyter gives us, and those that we give evcxr.

use std::io::Write;
use std::net::TcpListener;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

/// Jupyter's connection file.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Connection {
    pub(super) transport: String,
    pub(super) ip: String,
    pub(super) key: String,
    #[serde(default = "hmac_sha256")]
    pub(super) signature_scheme: String,
    pub(super) shell_port: u16,
    pub(super) iopub_port: u16,
    pub(super) stdin_port: u16,
    pub(super) control_port: u16,
    pub(super) hb_port: u16,
}

fn hmac_sha256() -> String {
    HMAC_SHA256.to_owned()
}

const HMAC_SHA256: &str = "hmac-sha256";

impl Connection {
    /// Reads the file that Jupyter wrote.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| {
            format!("there is no connection file {}: `kernel` is meant to be called by Jupyter", path.display())
        })?;
        let connection: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} is no connection file of Jupyter", path.display()))?;
        if connection.transport != "tcp" {
            bail!(
                "Jupyter asks for the transport `{}`, but this kernel has only `tcp`\n  remedy: start Jupyter without `KernelManager.transport`",
                connection.transport
            );
        }
        if connection.signature_scheme != HMAC_SHA256 {
            bail!(
                "Jupyter asks for signatures by `{}`, but this kernel has only `{HMAC_SHA256}`\n  remedy: start Jupyter without `Session.signature_scheme`",
                connection.signature_scheme
            );
        }
        Ok(connection)
    }

    /// The same with free ports of this machine. They are free now: somebody else may take one before evcxr does.
    pub(super) fn private(&self) -> Result<Self> {
        let listeners: Vec<TcpListener> = (0..5)
            .map(|_| TcpListener::bind(("127.0.0.1", 0)))
            .collect::<std::io::Result<_>>()
            .context("cannot find free ports on 127.0.0.1 for the kernel")?;
        let mut ports = listeners.iter().map(|listener| listener.local_addr().map(|address| address.port()));
        let mut port = || ports.next().context("there are five ports")?.context("cannot read a port's number");
        Ok(Self {
            ip: "127.0.0.1".to_owned(),
            shell_port: port()?,
            iopub_port: port()?,
            stdin_port: port()?,
            control_port: port()?,
            hb_port: port()?,
            ..self.clone()
        })
    }

    /// Writes it to a file that nobody else can read, because it holds the key; it is removed when dropped.
    pub(super) fn write(&self, folder: &Path) -> Result<NamedTempFile> {
        let write = || -> std::io::Result<NamedTempFile> {
            let mut file = tempfile::Builder::new().prefix("connection-").suffix(".json").tempfile_in(folder)?;
            file.write_all(serde_json::to_string(self)?.as_bytes())?;
            Ok(file)
        };
        write().with_context(|| format!("cannot write a connection file in {}", folder.display()))
    }

    /// The address of one of the ports.
    pub(super) fn address(&self, port: u16) -> String {
        if self.ip.contains(':') { format!("tcp://[{}]:{port}", self.ip) } else { format!("tcp://{}:{port}", self.ip) }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn written(folder: &Path, transport: &str) -> Result<std::path::PathBuf> {
        let path = folder.join("kernel.json");
        let ports = r#""shell_port": 1, "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5"#;
        let text = format!(r#"{{"transport": "{transport}", "ip": "127.0.0.1", "key": "secret", {ports}, "more": 1}}"#);
        std::fs::write(&path, text)?;
        Ok(path)
    }

    #[test]
    fn evcxr_gets_other_ports_in_a_private_file() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let outer = Connection::read(&written(folder.path(), "tcp")?)?;
        let inner = outer.private()?;
        let file = inner.write(folder.path())?;
        assert_eq!(file.as_file().metadata()?.permissions().mode() & 0o777, 0o600);
        let read = Connection::read(file.path())?;
        assert_eq!(read.key, "secret");
        let ports = [read.shell_port, read.iopub_port, read.stdin_port, read.control_port, read.hb_port];
        assert!(ports.iter().all(|port| *port > 5), "{ports:?}");
        Ok(())
    }

    #[test]
    fn another_transport_is_refused_with_a_remedy() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let error = Connection::read(&written(folder.path(), "ipc")?).expect_err("no tcp");
        assert!(error.to_string().contains("`ipc`") && error.to_string().contains("remedy:"), "{error}");
        Ok(())
    }
}
