//! `checklist new`: a list to begin with.

use std::{fs, io::Write as _, path::PathBuf};

use clap::{Args, builder::PossibleValuesParser};

use super::known;
use crate::{
    checklist::template::Template,
    cli::{
        arguments::Global,
        exit::{CommandResult, Exit, Fault},
        out,
    },
    domain::service::ServiceKind,
    text::SafeText,
};

/// `quarterdeck checklist new`.
#[derive(Debug, Args)]
pub(super) struct New {
    /// What for
    #[arg(value_parser = PossibleValuesParser::new(Template::all().map(Template::name)))]
    template: String,
    /// Write it to this file, which must not be there yet
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) async fn run(global: &Global, new: New) -> CommandResult {
    let template = Template::named(&new.template)
        .ok_or_else(|| Fault::usage(format!("there is no template {}", new.template)))?;
    let services = match known(global).await {
        Ok(known) => {
            let services = known.services.into_iter().flatten();
            let services = services.filter(|service| service.kind != ServiceKind::Node);
            services.map(|service| service.id.clone()).collect()
        }
        Err(Fault::Said(Exit::Unreachable, why)) => {
            out::say(&format!("{why}\nquarterdeck: no service is filled in"));
            Vec::new()
        }
        Err(fault) => return Err(fault),
    };
    let list = template.filled(&services);
    let Some(path) = new.output else {
        out::print(&list)?;
        return Ok(Exit::Done);
    };
    let name = SafeText::name(path.as_os_str().as_encoded_bytes());
    let written = fs::File::create_new(&path).and_then(|mut file| file.write_all(list.as_bytes()));
    written.map_err(|error| {
        let why = SafeText::line(error.to_string());
        Fault::failed(format!("{name} cannot be written: {why}"))
    })?;
    out::say(&format!(
        "{name} is written; quarterdeck checklist lint checks it"
    ));
    Ok(Exit::Done)
}
