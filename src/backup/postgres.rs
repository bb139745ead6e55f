//! PostgreSQL's own programs, run inside its container.

use crate::{
    backup::{
        jobs::Database,
        reach::{Reach, output},
    },
    domain::instance::InstanceId,
    safe,
    text::SafeText,
};

/// Takes the password, where one is needed, from the container's own environment or the file that names it, inside the
/// container: it is in no argument, in no request, and never comes here.
const PASSWORD: &str = r#"if [ -z "${PGPASSWORD-}" ]; then
if [ -n "${POSTGRES_PASSWORD-}" ]; then PGPASSWORD=$POSTGRES_PASSWORD
elif [ -r "${POSTGRES_PASSWORD_FILE-}" ]; then PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE"); fi
fi
[ -z "${PGPASSWORD-}" ] || export PGPASSWORD
"#;

/// The program takes the shell's place.
const AT_ONCE: &str = r#"exec "$@""#;

/// The program is ended as soon as its input is closed, which is [`Input::Held`](crate::plan::exec::Input::Held): no
/// platform ends a program whose reader has left, and one that dumps holds locks.
const WHILE_HELD: &str = r#"exec 3<&0
"$@" </dev/null 3<&- &
program=$!
{ while read -r _; do :; done; kill "$program"; } <&3 >/dev/null 2>&1 3<&- &
watch=$!
wait "$program"
code=$?
kill "$watch" 2>/dev/null
exit "$code""#;

/// Ends what `pg_dumpall` writes: plain text, which any cut leaves readable.
pub(super) const GLOBALS_END: &[u8] = b"-- PostgreSQL database cluster dump complete";

/// What is known of a database before it is dumped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// `15.8`.
    pub(super) server: String,
    /// `15.8`.
    pub(super) client: String,
    /// The database's size on disk, in bytes.
    pub(super) bytes: u64,
    /// Databases beside it that hold data.
    pub(super) others: Vec<String>,
}

impl Facts {
    /// Whether the dump will be of the server's own major version.
    pub(super) fn agree(&self) -> bool {
        major(&self.server) == major(&self.client)
    }
}

/// `15` of `15.8`, `9.6` of `9.6.24`.
fn major(version: &str) -> &str {
    let mut dots = version.match_indices('.').map(|(at, _)| at);
    let end = if version.starts_with("9.") {
        dots.nth(1)
    } else {
        dots.next()
    };
    &version[..end.unwrap_or(version.len())]
}

/// A program with its arguments, as it is run inside the container.
pub(super) fn inside(program: &[&str]) -> Vec<String> {
    run(AT_ONCE, program)
}

/// The same for one that takes long: it ends when nobody reads it any more.
fn held(program: &[&str]) -> Vec<String> {
    run(WHILE_HELD, program)
}

fn run(how: &str, program: &[&str]) -> Vec<String> {
    ["sh", "-c", &format!("{PASSWORD}{how}"), "sh"]
        .iter()
        .chain(program)
        .map(|&word| word.to_owned())
        .collect()
}

pub(super) fn dump(database: &Database) -> Vec<String> {
    held(&[
        "pg_dump",
        "-Fc",
        "-w",
        "-U",
        &database.user,
        "-d",
        &database.name,
    ])
}

pub(super) fn globals(database: &Database) -> Vec<String> {
    held(&[
        "pg_dumpall",
        "--globals-only",
        "-w",
        "-U",
        &database.user,
        "-l",
        &database.name,
    ])
}

/// Reads all of a dump and restores it into nothing. `--list` would accept one that is cut to 1 % of its length.
pub(super) fn restore_into_nothing() -> Vec<String> {
    inside(&["pg_restore", "-f", "/dev/null"])
}

/// Prints a dump's table of contents: for counting alone.
pub(super) fn contents() -> Vec<String> {
    inside(&["pg_restore", "-l"])
}

/// Tables in what [`contents`] prints: `215; 1259 16385 TABLE public orders shop`.
pub(super) fn tables(contents: &str) -> u64 {
    let is_table = |line: &&str| {
        let mut words = line.split_whitespace();
        words.next().is_some_and(|id| id.ends_with(';'))
            && words.nth(2) == Some("TABLE")
            && words.next() != Some("DATA")
    };
    contents.lines().filter(is_table).count() as u64
}

/// Asks server and client what they are.
///
/// # Errors
/// In words.
pub(super) async fn facts(
    reach: &dyn Reach,
    instance: &InstanceId,
    database: &Database,
) -> Result<Facts, SafeText> {
    let client = output(reach, instance, inside(&["pg_dump", "--version"])).await?;
    let asked = inside(&[
        "psql",
        "-AtXqw",
        "-U",
        &database.user,
        "-d",
        &database.name,
        "-c",
        "select current_setting('server_version')",
        "-c",
        "select pg_database_size(current_database())",
        "-c",
        "select datname from pg_database where not datistemplate and datname <> current_database() \
         and datname <> 'postgres' order by 1",
    ]);
    parse(&client, &output(reach, instance, asked).await?)
}

fn parse(client: &str, server: &str) -> Result<Facts, SafeText> {
    // `pg_dump (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)`
    let client = client.split_whitespace().nth(2).unwrap_or_default();
    let mut lines = server.lines();
    let version = lines.next().and_then(|line| line.split_whitespace().next());
    let bytes = lines.next().and_then(|line| line.trim().parse().ok());
    let (Some(version), Some(bytes)) = (version, bytes) else {
        return Err(safe!("psql did not say what the database is"));
    };
    Ok(Facts {
        server: version.to_owned(),
        client: client.to_owned(),
        bytes,
        others: lines.map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_agree_by_their_major_part() {
        let facts = |server: &str, client: &str| Facts {
            server: server.to_owned(),
            client: client.to_owned(),
            ..Facts::default()
        };
        assert!(facts("15.8", "15.2").agree());
        assert!(!facts("15.8", "16.1").agree());
        assert!(!facts("9.6.24", "9.5.1").agree());
        assert!(facts("17beta1", "17beta1").agree());
    }

    #[test]
    fn what_the_programs_print_is_read() {
        let facts = parse(
            "pg_dump (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)\n",
            "15.8 (Debian 15.8-0+deb12u1)\n7656239\nstock\n",
        )
        .unwrap();
        assert_eq!(facts.server, "15.8");
        assert_eq!(facts.client, "15.8");
        assert_eq!(
            (facts.bytes, facts.others),
            (7_656_239, vec!["stock".to_owned()])
        );
        assert!(parse("", "").is_err());
    }

    #[test]
    fn tables_are_counted_once() {
        let printed = ";\n; Archive created at 2026-11-21\n215; 1259 16385 TABLE public orders shop\n\
            3320; 0 16385 TABLE DATA public orders shop\n214; 1259 16384 SEQUENCE public orders_id_seq shop\n";
        assert_eq!(tables(printed), 1);
    }

    #[test]
    fn no_argument_holds_a_password() {
        let database = Database {
            name: "orders".to_owned(),
            user: "shop".to_owned(),
        };
        for argv in [dump(&database), globals(&database)] {
            assert!(argv.contains(&"-w".to_owned()), "it may ask nobody");
            assert!(argv.iter().skip(4).all(|word| !word.contains("PASSWORD")));
        }
    }
}
