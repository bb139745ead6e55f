//! What the certificates of real servers come to: alerts of the checks in the settings, and days in a list.

use std::{fmt::Write as _, fs, net::TcpListener};

use crate::support::{
    bare::{Ran, bare, ran},
    docker_or_skip,
    web::{Authority, Tls, answering, free_port, page},
};

#[test]
fn a_certificate_that_ends_soon_or_is_not_to_be_trusted_is_an_alert() {
    let daemon = docker_or_skip!();
    let authority = Authority::new();
    // Of a day that has begun the rest does not count.
    let here = |days| Tls::signed(&authority, "DNS:localhost,IP:127.0.0.1", days + 1);
    let [fine, renewed_late, last_warning, nearly, over] = [21, 20, 7, 6, -2].map(here);
    let of_nobody = Tls::start(90);
    let of_another = Tls::signed(&authority, "DNS:other.example", 90);
    let (plain, _answer) = answering(&page("200 OK", ""));
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let warning = |words| Some(("warning", words));
    let critical = |words| Some(("critical", words));
    let servers = [
        (fine.port, None),
        (
            renewed_late.port,
            warning("the certificate expires in 20 days, on "),
        ),
        (
            last_warning.port,
            warning("the certificate expires in 7 days, on "),
        ),
        (
            nearly.port,
            critical("the certificate expires in 6 days, on "),
        ),
        (over.port, critical("the certificate expired on ")),
        (
            of_nobody.port,
            critical("the certificate is of nobody whom this system trusts"),
        ),
        (
            of_another.port,
            critical("the certificate is of another host"),
        ),
        (free_port(), critical("refused: nothing listens there")),
        (plain, critical("no TLS is spoken there")),
        (
            silent.local_addr().expect("its number").port(),
            critical("no answer within 2 s"),
        ),
    ];

    let home = tempfile::tempdir().expect("a temporary folder");
    let checks = servers.iter().fold(String::new(), |mut checks, (port, _)| {
        let _ = writeln!(checks, "{{ tls = 'localhost:{port}', timeout = '2s' }},");
        checks
    });
    let settings = format!(
        "[environment.here]\nkind = 'development'\ndocker.projects = ['none']\n[service.api]\ncheck = [\n{checks}]\n"
    );
    fs::write(home.path().join("quarterdeck.toml"), settings).expect("written");
    let run = |code: i32, arguments: &[&str]| -> Ran {
        let mut command = bare(home.path(), arguments);
        command.env("QUARTERDECK_OPERATOR", "ana");
        command.env("DOCKER_HOST", &daemon.host);
        ran(command.env("SSL_CERT_FILE", authority.file())).ends(code)
    };
    let told = run(0, &["alerts", "--json"]).json();
    for (port, expected) in servers {
        let of = format!("api tls localhost:{port}: ");
        let found = told.iter().find_map(|alert| {
            let words = alert["summary"].as_str()?.strip_prefix(&of)?;
            Some((alert["severity"].as_str()?, words))
        });
        let agrees = match (found, expected) {
            (None, None) => true,
            (Some((found, words)), Some((severity, begins))) => {
                found == severity && words.starts_with(begins)
            }
            _ => false,
        };
        assert!(agrees, "{found:?}, and not {expected:?}");
    }

    // Whoever asks for days is told what else is wrong.
    let list = home.path().join("list.md").display().to_string();
    let days = |of: &Tls| format!("cert_days(127.0.0.1:{})", of.port);
    let proved = [
        (format!("{} == 21", days(&fine)), "good for 21 days, until "),
        (format!("{} < 0", days(&over)), "expired on "),
        (
            format!("{} > 30", days(&of_another)),
            "; the certificate is of another host",
        ),
        (
            format!("{} > 30", days(&of_nobody)),
            "; the certificate is of nobody whom this system trusts",
        ),
    ];
    let items = proved
        .iter()
        .fold("# Days\n".to_owned(), |mut list, (check, _)| {
            let _ = writeln!(list, "- [ ] a certificate `check: {check}`");
            list
        });
    fs::write(&list, items).expect("written");
    let told = run(0, &["checklist", "run", &list]).out;
    for (_, words) in proved {
        assert!(told.contains(words), "{words}: {told}");
    }
}
