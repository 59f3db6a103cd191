//! The command `cargo course`, which does everything that is not mathematics: it sets up Jupyter and the Rust kernel inside the checkout, opens the
//! notebooks, executes and judges them, and runs all checks of the project.
//!
//! Where to begin: [`cli`] has the commands, [`setup`] what they have in common, [`kernel`] what Jupyter starts, [`warmed_build`] how a kernel's build is
//! laid out and why, [`run`] how a notebook is judged. Of the other crates, this one knows only [`course_protocol`], because it is
//! compiled before anything else can happen.

mod bench;
mod browser;
mod cargo_progress;
mod claims;
mod class;
mod cli;
mod dependency;
mod evcxr_tools;
mod exercises;
mod filelock;
mod grade;
mod jobs;
mod kernel;
mod lab;
mod layout;
mod live;
mod nbgrader;
mod notebook;
mod packages;
mod playground;
mod process;
mod progress;
mod python;
mod report;
mod run;
mod session;
mod setup;
mod site;
mod stamp;
mod test;
mod toolchain;
mod warmed_build;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use cli::{Cli, Command};
use layout::Layout;
use run::{Mode, Options};
use setup::WhenBuildFails;

fn main() -> ExitCode {
    match run_command(Cli::parse().command) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{} {error:#}", console::style("error:").for_stderr().red().bold());
            ExitCode::FAILURE
        }
    }
}

fn run_command(command: Command) -> Result<u8> {
    let layout = Layout::discover()?;
    match command {
        Command::Setup => setup::run(&layout, WhenBuildFails::Stop).map(|()| 0),
        Command::Lab { notebook, arguments } => lab::run(&layout, notebook.as_deref(), &arguments),
        Command::Run { notebooks, solutions, timeout } => {
            let mode = if solutions { Mode::Solutions } else { Mode::Student };
            run::run(&layout, &Options { notebooks, mode, timeout }).map(exit_code)
        }
        Command::Site { executed, without_library, timeout } => {
            site::run(&layout, &site::Options { executed, without_library, timeout }).map(|()| 0)
        }
        Command::Playground { folder } => {
            let folder = folder.unwrap_or_else(|| layout.playground());
            playground::build(&layout, &folder).map(|()| 0)
        }
        Command::Claims { notebooks, seeds } => claims::run(&layout, &notebooks, seeds).map(exit_code),
        Command::Class { folder, library } => class::run(&layout, &folder, library.as_deref()).map(|()| 0),
        Command::Grade { folder, assignment, student, new } => {
            let wanted = grade::Wanted { assignment, student, only_new: new };
            grade::run(&layout, &folder, &wanted).map(exit_code)
        }
        Command::Progress { notebooks } => progress::run(&layout, &notebooks).map(|()| 0),
        Command::Bench { only } => bench::run(&layout, &only).map(|()| 0),
        Command::Test { only } => test::run(&layout, &only).map(exit_code),
        Command::Kernel { control_file, solutions } => kernel::run(&layout, &control_file, solutions),
        Command::Watch { copy } => kernel::watch(&layout, &copy),
    }
}

fn exit_code(is_good: bool) -> u8 {
    u8::from(!is_good)
}
