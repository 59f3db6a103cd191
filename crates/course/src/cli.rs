//! The commands and their arguments.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::bench::Part;

/// Sets up, opens, runs and checks the notebooks of the spectral course
#[derive(Debug, Parser)]
#[command(name = "course", bin_name = "cargo course", disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Set up what the notebooks need: Jupyter, the Rust kernel, the warmed build
    Setup,
    /// Set up what is missing and open a notebook in JupyterLab
    Lab {
        /// A path, a name like 03_estimation, or a number like 3
        notebook: Option<String>,
        /// Arguments passed on to Jupyter
        #[arg(last = true, value_name = "ARGS")]
        arguments: Vec<String>,
    },
    /// Execute notebooks from top to bottom, and fail on anything that is wrong
    Run {
        /// Paths, names like 03_estimation, or numbers like 3; all notebooks if none is given
        #[arg(value_name = "NOTEBOOK")]
        notebooks: Vec<String>,
        /// Run with the reference solutions
        #[arg(long)]
        solutions: bool,
        /// How long a cell may take, in seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..))]
        timeout: u32,
    },
    /// Make a static site of the course in target/course/site: the executed notebooks, the guides, the library's documentation
    Site {
        /// A folder that holds the notebooks executed with solutions, such as target/course; without it, they are executed now
        #[arg(long, value_name = "FOLDER")]
        executed: Option<PathBuf>,
        /// Leave out the library's documentation
        #[arg(long)]
        without_library: bool,
        /// How long a cell may take, in seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..))]
        timeout: u32,
    },
    /// Make the pages of figures to play with: the library, compiled to WebAssembly, behind sliders
    Playground {
        /// The folder to write it to; target/course/playground if none is given
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Tell what is done in your notebooks, as they were last saved, and what is left to do
    Progress {
        /// Paths, names like 03_estimation, or numbers like 3; all notebooks if none is given
        #[arg(value_name = "NOTEBOOK")]
        notebooks: Vec<String>,
    },
    /// Run the notebooks with other seeds, and tell how often each of their claims holds
    Claims {
        /// Paths, names like 03_estimation, or numbers like 3; all notebooks if none is given
        #[arg(value_name = "NOTEBOOK")]
        notebooks: Vec<String>,
        /// How many seeds; the first is the one that the notebooks are read with
        #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..=1000))]
        seeds: u64,
    },
    /// For instructors: make a course folder for nbgrader, or bring one up to date
    Class {
        /// The course folder, outside the checkout; made if it is not there
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Where students have the library, for the first cell of what is handed out; on JupyterHub an absolute path
        #[arg(long, value_name = "PATH")]
        library: Option<String>,
    },
    /// For instructors: grade what is submitted in a course folder, and show the points
    Grade {
        /// The course folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// An assignment's name, like 03_estimation, or its number, like 3; all that have submissions if none is given
        assignment: Option<String>,
        /// Only this student
        #[arg(long, value_name = "ID")]
        student: Option<String>,
        /// Only what is not graded yet, or has been submitted again since
        #[arg(long)]
        new: bool,
    },
    /// Check everything: formatting, lints, documentation, tests, notebooks
    Test {
        /// Only the stages with this name; may be repeated
        #[arg(long, value_name = "STAGE")]
        only: Vec<String>,
    },
    /// Measure how fast the course is on this machine; nothing else should be running
    Bench {
        /// Only this part; may be repeated
        #[arg(long, value_name = "PART")]
        only: Vec<Part>,
    },
    /// Run a kernel; called by Jupyter
    #[command(hide = true)]
    Kernel {
        /// The file in which Jupyter gives the ports
        #[arg(long, value_name = "FILE")]
        control_file: PathBuf,
        /// Run with the reference solutions
        #[arg(long)]
        solutions: bool,
    },
    /// Wait for the end of a kernel's launcher, and clean up; called by `kernel`
    #[command(hide = true)]
    Watch {
        /// The launcher's copy of the warmed build
        copy: PathBuf,
    },
}
