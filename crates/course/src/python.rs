//! Python as we run it: the interpreter of `.venv`, with every folder that Jupyter writes to kept inside the checkout.

use std::path::Path;
use std::process::Command;

use crate::layout::Layout;
use crate::process::command;

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
        .args(["--progress-bar", "off", "--requirement"])
        .arg(requirements);
    pip
}

/// Keeps everything that Python, pip and Jupyter write inside the checkout.
pub(crate) fn contain(command: &mut Command, layout: &Layout) {
    let state = layout.state();
    let jupyter = state.join("jupyter");
    command
        .env_remove("PYTHONHOME")
        .env_remove("PYTHONPATH")
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
