//! Completions and the manual page.

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};
use strum::IntoEnumIterator as _;

use super::{
    arguments::{self, Arguments},
    exit::{CommandResult, Exit},
    out,
};
use crate::config::settings::preferences::PREFERENCES;

/// Completions for a shell.
pub(super) fn completions(shell: Shell) -> CommandResult {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "quarterdeck", &mut script);
    out::print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

/// The manual page: every command with its options, exit codes, variables and files.
pub(super) fn man() -> CommandResult {
    let mut page = Vec::new();
    // Help repeats the exit codes; the page has a section for them.
    let mut command = Arguments::command().after_help("");
    command.build();
    let man = Man::new(command.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    commands().to_writer(&mut page)?;
    tail().to_writer(&mut page)?;
    out::print(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Done)
}

/// Each command, its arguments and what they do; those that every command takes are in the options above.
fn commands() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["COMMANDS"]);
    for sub in arguments::commands() {
        let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
        let usage = sub.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ").to_owned();
        roff.control("TP", []);
        roff.text([bold(usage)]);
        roff.text([roman(about)]);
        let own = sub
            .get_arguments()
            .filter(|a| !a.is_global_set() && !a.is_hide_set());
        for argument in own.filter(|a| !matches!(a.get_id().as_str(), "help" | "version")) {
            roff.control("RS", []);
            roff.control("TP", []);
            roff.text([bold(argument.to_string())]);
            let help = argument.get_help().map(ToString::to_string);
            roff.text([roman(help.unwrap_or_default())]);
            roff.control("RE", []);
        }
    }
    roff
}

fn tail() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for exit in Exit::iter() {
        item(&mut roff, &exit.code().to_string(), exit.meaning());
    }
    item(&mut roff, "128+n", "ended by signal n");
    roff.control("SH", ["ENVIRONMENT"]);
    for preference in &PREFERENCES {
        item(&mut roff, &preference.variable(), preference.help);
    }
    for (name, help) in ELSEWHERE {
        item(&mut roff, name, help);
    }
    roff.control("SH", ["FILES"]);
    for (name, help) in [
        (
            "quarterdeck.toml",
            "The settings: in the working folder or one above it, else in ~/.config/quarterdeck.",
        ),
        (
            "~/.config/quarterdeck/keymaps, themes",
            "Keymaps and themes of your own, by name.",
        ),
        (
            "~/.local/state/quarterdeck",
            "The journal, and what ran, so that it can run again.",
        ),
    ] {
        item(&mut roff, name, help);
    }
    roff
}

fn item(roff: &mut Roff, name: &str, help: &str) {
    roff.control("TP", []);
    roff.text([bold(name)]);
    roff.text([roman(help)]);
}

/// Variables that are no setting of the file.
pub(super) const ELSEWHERE: [(&str, &str); 8] = [
    (
        "QUARTERDECK_CONFIG",
        "The settings to use, instead of those found.",
    ),
    (
        "QUARTERDECK_STATE_DIR",
        "Where the journal is kept (quarterdeck in the XDG state directory).",
    ),
    (
        "DOCKER_HOST",
        "The daemon, where neither the settings nor an option name one.",
    ),
    (
        "DOCKER_CONTEXT",
        "A context of the docker command, the same way.",
    ),
    (
        "KUBECONFIG",
        "Where clusters are, as kubectl has it, where no option names a file.",
    ),
    (
        "DOCKER_TLS_VERIFY, DOCKER_CERT_PATH",
        "TLS towards DOCKER_HOST, as the docker command has it.",
    ),
    ("NO_COLOR", "No colours."),
    (
        "TERM, COLORTERM, LC_ALL, LC_CTYPE, LANG",
        "Which colours and which signs the terminal shows.",
    ),
];
