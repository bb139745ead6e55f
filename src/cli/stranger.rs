//! A word that is no command, where there is no terminal to open the console at a service of that name.

use clap::CommandFactory as _;

use super::{
    arguments::Arguments,
    context::Context,
    exit::{CommandResult, Exit, Fault},
};
use crate::text::SafeText;

/// Says what the word may have been meant to be, and `why` no console opens.
///
/// # Errors
/// Always: nothing was done.
pub(super) async fn run(context: &Context, name: &str, why: &str) -> CommandResult {
    let shown = SafeText::name(name);
    let again = &context.again;
    let (services, unseen) = match context.reach().await {
        Ok(reached) => {
            let services = reached.state().snapshot.services.clone();
            if let Ok(service) = reached.service(name) {
                let id = service.id.to_string();
                let (status, logs) = (format!("status {id}"), format!("logs {id}"));
                return Err(Fault::usage(format!(
                    "{why}; of {id} tell\n  {}\n  {}",
                    again.command(&status),
                    again.command(&logs)
                )));
            }
            let names = services.iter().map(|s| s.id.name.to_string()).collect();
            (names, false)
        }
        Err(Fault::Said(Exit::Unreachable, _)) => (Vec::new(), true),
        Err(other) => return Err(other),
    };
    let commands: Vec<String> = Arguments::command()
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    let near = nearest(name, commands.iter().chain(&services));
    let what = if unseen {
        format!(
            "there is no command {shown}, and no platform answers that may have a service of that name"
        )
    } else {
        format!("there is neither a command nor a service {shown}")
    };
    let hint = match near.as_slice() {
        [] => format!(
            "the commands are {}; {} shows the services",
            commands.join(", "),
            again.command("status")
        ),
        near => format!("did you mean {}?", near.join(" or ")),
    };
    Err(Fault::usage(format!("{what}: {hint}")))
}

/// Those of `known` that `name` was probably meant to be, the likeliest first.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    // Far longer than any name: not worth comparing, and comparing takes the square of the length.
    if name.len() > 64 {
        return Vec::new();
    }
    let mut near: Vec<_> = known
        .map(|known| (strsim::osa_distance(known, name), known.as_str()))
        .filter(|(far, known)| *far <= 2 && far * 2 < known.len())
        .collect();
    near.sort_unstable();
    near.dedup();
    near.truncate(3);
    near.into_iter().map(|(_, known)| known).collect()
}
