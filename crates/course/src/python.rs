//! Python as we run it: the interpreter of `.venv`, with every folder that Jupyter writes to kept inside the checkout.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::layout::Layout;
use crate::process::command;

/// pip's variables that say how to reach the network. All others say where or how to install, as `PIP_USER=1` does on shared machines,
/// and keep it from installing into `.venv`.
const PIP_ON_THE_NETWORK: [&str; 15] = [
    "PIP_CERT",
    "PIP_CLIENT_CERT",
    "PIP_CONFIG_FILE",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_INDEX_URL",
    "PIP_KEYRING_PROVIDER",
    "PIP_NO_INDEX",
    "PIP_PROXY",
    "PIP_RESUME_RETRIES",
    "PIP_RETRIES",
    "PIP_TIMEOUT",
    "PIP_TRUSTED_HOST",
    "PIP_USE_FEATURE",
];

/// The Python environment's interpreter.
pub(crate) fn python(layout: &Layout) -> Command {
    venv_command(layout, "python")
}

/// A program of the Python environment, kept away from the user's own Python and Jupyter.
pub(crate) fn venv_command(layout: &Layout, program: &str) -> Command {
    let mut command = command(layout.venv_program(program));
    contain(&mut command, layout);
    command
}

/// pip, about to install what a locked file of requirements lists.
pub(crate) fn pip_install(layout: &Layout, requirements: &Path) -> Command {
    let mut pip = python(layout);
    pip.args(["-m", "pip", "install", "--require-hashes", "--only-binary", ":all:", "--no-input"])
        // What `user = true` in a pip.conf would ask for.
        .args(["--no-user", "--progress-bar", "off", "--requirement"])
        .arg(requirements);
    pip
}

/// Keeps everything that Python, pip and Jupyter write inside the checkout.
pub(crate) fn contain(command: &mut Command, layout: &Layout) {
    let state = layout.state();
    let jupyter = layout.jupyter();
    without_the_users_python(command, env::vars_os().map(|(name, _)| name));
    command
        .env_remove("JUPYTER_PATH")
        .env_remove("JUPYTER_CONFIG_PATH")
        .env("VIRTUAL_ENV", layout.venv())
        .env("PYTHONNOUSERSITE", "1")
        .env("PYTHONUNBUFFERED", "1")
        .env("PIP_CACHE_DIR", state.join("cache/pip"))
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env("JUPYTER_CONFIG_DIR", jupyter.join("config"))
        .env("JUPYTER_DATA_DIR", jupyter.join("data"))
        .env("JUPYTER_RUNTIME_DIR", jupyter.join("runtime"))
        .env("JUPYTER_PREFER_ENV_PATH", "1")
        // JupyterLab looks for language servers with npm, which keeps a log of every call.
        .env("npm_config_cache", state.join("cache/npm"))
        .env("IPYTHONDIR", state.join("ipython"));
}

/// Removes what would turn another Python, or pip, into what its user wants in general.
fn without_the_users_python(command: &mut Command, variables: impl Iterator<Item = OsString>) {
    for variable in variables {
        let name = variable.to_string_lossy();
        let installs_elsewhere = name.starts_with("PIP_") && !PIP_ON_THE_NETWORK.contains(&name.as_ref());
        if installs_elsewhere || name.starts_with("PYTHON") || name == "__PYVENV_LAUNCHER__" {
            command.env_remove(&variable);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_settings_of_python_and_pip_stay_outside_except_those_of_the_network() {
        let removed = |name: &str| {
            let mut command = Command::new("python");
            without_the_users_python(&mut command, [OsString::from(name)].into_iter());
            command.get_envs().any(|(found, value)| found == name && value.is_none())
        };
        for name in
            ["PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_DRY_RUN", "PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS"]
        {
            assert!(removed(name), "{name}");
        }
        for name in ["PIP_INDEX_URL", "PIP_PROXY", "PIP_CERT", "HTTPS_PROXY", "PATH", "PIPELINE"] {
            assert!(!removed(name), "{name}");
        }
    }
}
