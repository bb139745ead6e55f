//! Who wrote an entry, as far as a program can know.

use std::fs;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::plan::record::Label;

/// Who acts. The operator is asked for, since a shared account is not a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The person, as they gave their name.
    #[serde(default)]
    pub operator: Label,
    /// The account that the process runs under.
    #[serde(default)]
    pub os_user: Label,
    /// Where they are logged in from, as sshd says it: two addresses with their ports.
    #[serde(default, skip_serializing_if = "Label::is_empty")]
    pub ssh_connection: Label,
    /// The account on the platform, where it knows accounts.
    #[serde(default, skip_serializing_if = "Label::is_empty")]
    pub platform_user: Label,
}

impl Who {
    /// The account and the login of this process, under the name that the operator gave.
    pub fn here(operator: &str) -> Self {
        Self {
            operator: Label::from(operator),
            os_user: os_user(),
            ssh_connection: std::env::var("SSH_CONNECTION")
                .ok()
                .and_then(|text| login(&text))
                .unwrap_or_default(),
            platform_user: Label::default(),
        }
    }
}

/// The account's name from the password file: `USER` is whatever somebody set it to.
fn os_user() -> Label {
    let uid = rustix::process::getuid().as_raw();
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    accounts
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.get(2).and_then(|id| id.parse().ok()) == Some(uid))
        .map_or_else(
            || Label::from(format!("uid {uid}")),
            |fields| Label::from(fields[0]),
        )
}

/// The addresses and ports alone, written anew: a variable can hold anything.
fn login(text: &str) -> Option<Label> {
    let mut fields = text.split(' ');
    let mut end = || {
        let ip: IpAddr = fields.next()?.split('%').next()?.parse().ok()?;
        let port: u16 = fields.next()?.parse().ok()?;
        Some((ip, port))
    };
    let ((from, from_port), (to, to_port)) = (end()?, end()?);
    fields
        .next()
        .is_none()
        .then(|| Label::from(format!("{from} {from_port} {to} {to_port}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_login_only_addresses_are_kept() {
        let kept = |text| login(text).map(|label| label.to_string());
        assert_eq!(
            kept("10.1.2.3 50122 10.1.2.4 22").unwrap(),
            "10.1.2.3 50122 10.1.2.4 22"
        );
        assert_eq!(
            kept("fe80::1%hunter2 50122 ::1 22").unwrap(),
            "fe80::1 50122 ::1 22"
        );
        assert_eq!(kept("10.1.2.3 50122 10.1.2.4 22 hunter2"), None);
        assert_eq!(kept("10.1.2.3 50122 10.1.2.4 hunter2"), None);
        assert_eq!(kept("hunter2"), None);
    }
}
