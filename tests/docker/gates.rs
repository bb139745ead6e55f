//! Gates that the console itself holds, in a real terminal, beside a real daemon.

mod canary;
mod flood;
mod hostile;
mod left;
mod read_only;
mod shell;
mod walked;
